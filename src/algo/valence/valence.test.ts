import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { VALENCE } from '../../../test/fixtures/valence.ts';
import { EMOTIONS } from './lexicon.ts';
import { readFeeling } from './valence.ts';

const valence = (text: string): number => readFeeling(text).valence ?? 0;
const arousal = (text: string): number => readFeeling(text).arousal ?? 0;

describe('readFeeling', () => {
  it('agrees with readers on the side and the emotion of the labelled sentences', () => {
    const sides = VALENCE.filter(([text, side]) => Math.sign(valence(text)) !== side).map(([text]) => text);
    const named = VALENCE.filter(([, , emotion]) => emotion !== null);
    const emotions = named.filter(([text, , emotion]) => readFeeling(text).dominant_emotion !== emotion);
    expect(VALENCE.length).toBeGreaterThanOrEqual(120);
    expect(1 - sides.length / VALENCE.length, sides.join('\n')).toBeGreaterThanOrEqual(0.97);
    expect(1 - emotions.length / named.length, emotions.join('\n')).toBeGreaterThanOrEqual(0.95);
  });

  it('is null, not zero, where no feeling is told', () => {
    for (const text of ['', '   ', 'Redis listens on port 6379', '```\nlove = hate()\n```', '東京'])
      expect(readFeeling(text)).toMatchObject({ valence: null, arousal: null, dominant_emotion: null, emotions: [] });
  });

  it('is no division by zero where only surprise is told', () => {
    expect(readFeeling('Wow!')).toMatchObject({ dominant_emotion: 'surprise', valence: 0.2 });
  });

  it('turns what is denied, and makes it weaker', () => {
    expect(valence('I am not happy')).toBeLessThan(0);
    expect(valence('I am not happy')).toBeGreaterThan(valence('I am miserable'));
    expect(valence('It was not bad')).toBeGreaterThan(0);
    expect(valence('It could not be better, I am happy')).toBeGreaterThan(0.5);
    expect(valence('Not now, I am happy')).toBeGreaterThan(0.5);
  });

  it('weighs how strongly a thing is meant', () => {
    expect(valence('extremely sad')).toBeLessThan(valence('sad'));
    expect(valence('slightly sad')).toBeGreaterThan(valence('sad'));
    expect(arousal('I am happy!')).toBeGreaterThan(arousal('I am happy'));
    expect(arousal('I am HAPPY')).toBeGreaterThan(arousal('I am happy'));
  });

  it('lets what comes after "but" decide', () => {
    expect(valence('The food was great, but the evening was terrible')).toBeLessThan(0);
    expect(valence('The evening was terrible, but the food was great')).toBeGreaterThan(0);
    expect(valence('Although the food was great, the evening was terrible')).toBeLessThan(0);
  });

  it('takes the words of machines as such, and of people as theirs', () => {
    expect(readFeeling('The worker process died and its packets were lost').valence).toBeNull();
    expect(valence('My grandmother died')).toBeLessThan(0);
    expect(valence('I lost my ring')).toBeLessThan(0);
  });

  it('reads emoji and stretched words', () => {
    expect(readFeeling('See you 😢').dominant_emotion).toBe('sadness');
    expect(readFeeling('Off we go 🎉').dominant_emotion).toBe('excitement');
    expect(valence('I am sooooo happyyyy')).toBeGreaterThan(0);
  });

  it('is fainter where little of a long text tells it', () => {
    const report = Array.from({ length: 60 }, (_, n) => `Row ${n} was copied to the table.`).join(' ');
    expect(valence(`${report} I am happy.`)).toBeLessThan(valence('I am happy.') / 2);
  });

  it('stays within its bounds for any text', () => {
    const words = fc.constantFrom(
      'happy',
      'NOT',
      'hate',
      '!',
      '.',
      'but',
      'wow',
      '😡',
      'very',
      'never',
      'é',
      '\n',
      'like',
    );
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(words).map((all) => all.join(' ')),
    );
    fc.assert(
      fc.property(text, (some) => {
        const feeling = readFeeling(some);
        const { valence, arousal, dominant_emotion, sum } = feeling;
        expect(Number.isFinite(sum)).toBe(true);
        expect(readFeeling(some)).toEqual(feeling);
        expect([arousal === null, dominant_emotion === null]).toEqual([valence === null, valence === null]);
        if (valence === null) return;
        expect(Math.abs(valence)).toBeLessThanOrEqual(1);
        expect(arousal).toBeGreaterThanOrEqual(0);
        expect(arousal).toBeLessThanOrEqual(1);
        expect(EMOTIONS).toContain(dominant_emotion);
      }),
    );
  });
});
