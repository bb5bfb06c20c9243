// What kind of question a wording suggests, and that look-alike words suggest nothing.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { classifyQuestion, QUESTION_TYPES } from './question.ts';

describe('classifyQuestion', () => {
  it.each([
    ['When did I move to Berlin?', 'temporal'],
    ['WHEN WAS THE LAUNCH', 'temporal'],
    ['Show the history of the project', 'temporal'],
    ['How long ago was the trip?', 'temporal'],
    ['Where I used to live', 'temporal'],
    ['What happened on May 8, 2023?', 'temporal'],
    ['who called yesterday', 'temporal'],
    ['What is my dog’s name?', 'fact_recall'],
    ["what's my password hint", 'fact_recall'],
    ['the talks Ana attended', 'fact_recall'],
    ['Where does Ana work?', 'fact_recall'],
    ['Why did Ana leave?', 'reasoning'],
    ['What led to the outage, and the trade-off', 'reasoning'],
    ['She decided', 'reasoning'],
    ['Should I buy a bike?', 'generalization'],
    ['does it make sense', 'generalization'],
    ['Recommend a restaurant', 'preference'],
    ['films she loves', 'preference'],
    ['his favourite band', 'preference'],
    ['her favorite color', 'preference'],
    ['what kind of tea', 'preference'],
  ])('reads %j as %s', (query, type) => {
    expect(classifyQuestion(query).type).toBe(type);
  });

  it.each([
    'my glove',
    'a reasonable idealist',
    'whatever',
    'Maylike',
    'beloved cloven hated-not',
    'disinterested inn',
    'sweekend',
    'undecided',
    '',
  ])('finds no cue in %j', (query) => {
    const wanted = query.includes('hated') ? 'preference' : 'fact_recall';
    expect(classifyQuestion(query).type).toBe(wanted);
  });

  it('shares the weight by the groups hit, each once', () => {
    expect(classifyQuestion('What is my favourite food, what are my loved ones').weights).toEqual({
      fact_recall: 0.45,
      preference: 0.55,
      reasoning: 0,
      generalization: 0,
      temporal: 0,
    });
    // 0.6 + 0.4 against 0.6: 62.5 and 37.5 hundredths
    expect(classifyQuestion('Why did she move, what led her, should I').weights).toMatchObject({
      reasoning: 0.63,
      generalization: 0.37,
    });
  });

  it('adds a date only to a question', () => {
    expect(classifyQuestion('why do cats, what about 2023-05-08').weights).toMatchObject({
      reasoning: 0.67,
      temporal: 0.33,
    });
    expect(classifyQuestion('why do cats about 2023-05-08').weights).toMatchObject({ reasoning: 1, temporal: 0 });
  });

  it('is fact recall, fully, without a cue', () => {
    expect(classifyQuestion('blue bicycle')).toEqual({
      type: 'fact_recall',
      weights: { fact_recall: 1, preference: 0, reasoning: 0, generalization: 0, temporal: 0 },
    });
  });

  it('breaks ties in one fixed order', () => {
    expect(classifyQuestion('why did she when did she should i prefer').type).toBe('temporal');
    expect(classifyQuestion('should i prefer because').type).toBe('reasoning');
    expect(classifyQuestion('I prefer what should I').type).toBe('generalization');
    expect(classifyQuestion('recently suggested').type).toBe('preference');
  });

  it('gives weights that sum to 1 with the type on top, for any mix of cues', () => {
    const cue = fc.constantFrom(
      'when did',
      'used to',
      'recently',
      'what did I',
      'why did',
      'what led',
      'should I',
      'ideas',
      'prefer',
      'what',
      'today',
      'x',
    );
    fc.assert(
      fc.property(fc.array(cue, { maxLength: 8 }), (cues) => {
        const { type, weights } = classifyQuestion(cues.join(' '));
        expect(QUESTION_TYPES.reduce((sum, each) => sum + weights[each], 0)).toBeCloseTo(1, 9);
        for (const each of QUESTION_TYPES) expect(weights[type]).toBeGreaterThanOrEqual(weights[each]);
      }),
    );
  });
});
