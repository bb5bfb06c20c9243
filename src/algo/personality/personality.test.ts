import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { extractSignals } from './extract.ts';
import { askOf, type MatchableSignal, matchSignal } from './match.ts';
import { isPerson, personOf, speakerOf } from './people.ts';
import { fadedIntensity, HALF_LIFE_DAYS, type ProfileSignal, profileOf, summaryOf } from './profile.ts';
import { SIGNAL_TYPES } from './types.ts';

const told = (text: string) =>
  extractSignals(text).map(({ type, subject, polarity, topic }) => `${type} ${subject} ${polarity} ${topic}`);

describe('signals', () => {
  it('know what is negated, and what is liked less', () => {
    expect(told("I don't like olives.")).toEqual(['preference user -1 olives']);
    expect(told("I don't hate olives.")).toEqual(['preference user 1 olives']);
    expect(told('Ann no longer enjoys chess.')).toEqual(['preference Ann -1 chess']);
    expect(told('I prefer tea to coffee.')).toEqual(['preference user 1 tea', 'preference user -1 coffee']);
    expect(told("I'm not worried about it.")).toEqual([]);
    expect(told("i don't like olives")).toEqual(['preference user -1 olives']);
  });

  it('are stronger the more they are stressed', () => {
    const intensity = (text: string) => extractSignals(text)[0]!.intensity;
    const plain = intensity('I like olives.');
    expect(intensity('I really like olives.')).toBeGreaterThan(plain);
    expect(intensity('I absolutely love olives.')).toBeGreaterThan(intensity('I really like olives.'));
    expect(intensity('I like olives!')).toBeGreaterThan(plain);
    expect(intensity('I LOVE olives, REALLY.'.replace('LOVE', 'love NOTHING but'))).toBeGreaterThan(plain);
    expect(intensity('I somewhat like olives.')).toBeLessThan(plain);
  });

  it('follow who speaks and who is spoken of', () => {
    expect(told('Caroline: I love tea.\nMelanie: I hate tea.')).toEqual([
      'preference Caroline 1 tea',
      'preference Melanie -1 tea',
    ]);
    expect(told('Ann moved here. Ann loves it here. She hates rain.')).toContain('preference Ann -1 rain');
    expect(told('She hates rain.')).toEqual([]);
    expect(told('Evan:\nI love rain.')).toEqual(['preference Evan 1 rain']);
    expect(told('Jill will be delighted.')).toEqual([]);
    expect(told('User: I love tea.\nAssistant: I love tea too, of course.')).toEqual(['preference user 1 tea']);
  });

  it('do not come from quotes, code, questions or what might be', () => {
    expect(told('He said "I hate Mondays".')).toEqual([]);
    expect(told('Run `I love tea` or\n```\nI hate tea\n```')).toEqual([]);
    expect(told('Do I love tea?')).toEqual([]);
    expect(told('If I loved tea, I would prefer green tea.')).toEqual([]);
    expect(told('I might like it. I could love tea.')).toEqual([]);
  });

  const word = fc.constantFrom(
    ...'I we Ann user really not never love loved prefer to over because and , . ! ? " : so that is are was proud of a nurse want decided want to my favorite tea important me makes feel\n'.split(
      ' ',
    ),
  );
  it('quote the text they come from, within bounds', () => {
    fc.assert(
      fc.property(fc.array(word, { maxLength: 60 }), (parts) => {
        const text = parts.join(' ');
        const signals = extractSignals(text);
        expect(signals.length).toBeLessThanOrEqual(40);
        for (const { at, evidence, intensity, topic } of signals) {
          expect(text.slice(at, at + evidence.length)).toBe(evidence);
          expect(intensity).toBeGreaterThan(0);
          expect(intensity).toBeLessThanOrEqual(1);
          expect(topic.length).toBeGreaterThan(1);
          expect(topic.length).toBeLessThanOrEqual(120);
        }
      }),
    );
  });
  it('are found in any text at all', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (text) => void extractSignals(text)));
  });
});

describe('people', () => {
  it.each(['Ann', 'Caroline', "O'Brien", 'Mary Ann Lee', 'McDonald', 'Jean-Luc', 'Zoë'])('%s is one', (name) => {
    expect(isPerson(name)).toBe(true);
  });
  it.each(['PostgreSQL', 'Redis', 'API', 'Maybe', 'Kubernetes', 'Server', 'iPhone', 'Deployment'])(
    '%s is none',
    (name) => {
      expect(isPerson(name)).toBe(false);
    },
  );
  it('are told from pronouns by who speaks and who was mentioned', () => {
    const voices = { speaker: 'Caroline', mentioned: 'Ann' };
    expect(personOf('I', voices)).toBe('Caroline');
    expect(personOf('our', voices)).toBe('Caroline');
    expect(personOf('she', voices)).toBe('Ann');
    expect(personOf('The user', voices)).toBe('user');
    expect(personOf("Tom's", voices)).toBe('Tom');
    expect(personOf('she', { ...voices, mentioned: null })).toBeNull();
    expect(speakerOf('Assistant')).toEqual({ person: null });
    expect(speakerOf('Decision')).toBeUndefined();
  });
});

const NOW = Date.UTC(2026, 2, 2);
const DAY_MS = 86_400_000;
const signal = (more: Partial<ProfileSignal>): ProfileSignal => ({
  id: 1,
  type: 'preference',
  polarity: 1,
  topic: 'tea',
  intensity: 0.6,
  evidence: 'I like tea.',
  memory_id: 1,
  said: NOW,
  ...more,
});

describe('a profile', () => {
  it('counts what is old less, by the half-life of its kind', () => {
    for (const type of SIGNAL_TYPES) {
      const half = fadedIntensity({ type, intensity: 0.8, said: NOW - HALF_LIFE_DAYS[type] * DAY_MS }, NOW);
      expect(half).toBeCloseTo(0.4);
      expect(fadedIntensity({ type, intensity: 0.8, said: NOW + DAY_MS }, NOW)).toBe(0.8);
    }
  });

  it('takes the newest side of a contradiction, but lets feelings change', () => {
    const old = signal({ id: 1, said: NOW - DAY_MS });
    const now = signal({ id: 2, polarity: -1 });
    for (const order of [
      [old, now],
      [now, old],
    ]) {
      const { traits, contradictions } = profileOf(order, NOW);
      expect(traits.preference).toMatchObject([{ topic: 'tea', polarity: -1, signals: 1 }]);
      expect(contradictions).toHaveLength(1);
    }
    const feelings = [old, now].map((one) => ({ ...one, type: 'emotion' as const }));
    expect(profileOf(feelings, NOW).contradictions).toEqual([]);
  });

  it('keeps things apart that share a word only', () => {
    const { traits } = profileOf([signal({ id: 1, topic: 'green tea' }), signal({ id: 2, topic: 'black tea' })], NOW);
    expect(traits.preference).toHaveLength(2);
  });

  it('is empty without signals', () => {
    const none = profileOf([], NOW);
    expect(none).toMatchObject({ themes: [], strong: [], top_preferences: [], contradictions: [], signals: 0 });
    expect(summaryOf(none)).toBeNull();
  });

  it('does not depend on the order of the signals, and has strengths of 0 to 1', () => {
    const one = fc.record({
      type: fc.constantFrom(...SIGNAL_TYPES),
      polarity: fc.constantFrom(1 as const, -1 as const),
      topic: fc.constantFrom('tea', 'green tea', 'go climbing', 'climbing', 'the sea', 'chess'),
      intensity: fc.double({ min: 0.05, max: 1, noNaN: true }),
      said: fc.integer({ min: NOW - 900 * DAY_MS, max: NOW }),
    });
    fc.assert(
      fc.property(fc.array(one, { maxLength: 30 }), (some) => {
        const signals = some.map((each, i) => signal({ ...each, id: i + 1 }));
        const profile = profileOf(signals, NOW);
        expect(profileOf([...signals].reverse(), NOW)).toEqual(profile);
        for (const { strength } of [...Object.values(profile.traits).flat(), ...profile.themes]) {
          expect(strength).toBeGreaterThanOrEqual(0);
          expect(strength).toBeLessThanOrEqual(1);
        }
      }),
    );
  });
});

describe('matching a question', () => {
  const painting: MatchableSignal = {
    type: 'preference',
    subject_key: 'caroline',
    topic: 'painting sunsets',
    evidence: 'I love painting sunsets.',
    intensity: 0.6,
  };
  const ask = (question: string) => askOf(question, 'preference')!;
  const score = (question: string, more: Partial<MatchableSignal> = {}) =>
    matchSignal({ ...painting, ...more }, ask(question));

  it('reads who and what is asked about', () => {
    expect(ask('What does Caroline like to do?')).toMatchObject({ people: ['caroline'], stems: [] });
    expect(ask('Would I enjoy painting?')).toMatchObject({ people: ['user'], stems: ['paint'] });
    expect(askOf('What does Caroline like?', 'fact_recall')).toBeNull();
    expect(askOf('What is preferred?', 'preference')).toBeNull();
  });

  it('wants the right person, and the kind that is asked for', () => {
    expect(score('What does Caroline like?')).toBeGreaterThan(0.3);
    expect(score('What does Melanie like?')).toBe(0);
    expect(score('What does Caroline like?', { type: 'identity' })).toBeLessThan(score('What does Caroline like?'));
  });

  it('wants words of the topic when the question has any', () => {
    expect(score('Does Caroline like painting sunsets?')).toBeGreaterThan(score('Does Caroline like painting horses?'));
    expect(score('Does Caroline like skiing?')).toBe(0);
  });

  it('stays within 0 and 1', () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.string(),
        fc.string(),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (question, topic, evidence, intensity) => {
          const asked = askOf(`${question} Ann`, 'generalization');
          if (!asked) return;
          const match = matchSignal({ type: 'value', subject_key: 'ann', topic, evidence, intensity }, asked);
          expect(match).toBeGreaterThanOrEqual(0);
          expect(match).toBeLessThanOrEqual(1);
        },
      ),
    );
  });
});
