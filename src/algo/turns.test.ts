// What the form of a text tells, and that no text takes long.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { asksAboutSelf, asksForHelp, isAnswer, isStandingWish, speakerNames, turnSigns } from './turns.ts';

describe('speakerNames', () => {
  it.each([
    ['Caroline: I went to the park', ['caroline']],
    ['Dr. Ann Lee: take two', ['dr', 'ann', 'lee']],
    ['  Jürgen: ja', ['jurgen']],
    ["O'Brien: hi", ['o', 'brien']],
    ['caroline: lower case is no name', []],
    ['https://example.com', []],
    ['10:30: meeting', []],
    ['Meeting at 10:30 with Bob', []],
    ['We all agreed on the following five things: one', []],
    ['Reminder: call Bob', []],
    ['', []],
  ])('reads %j as %j', (opening, expected) => {
    expect(speakerNames(opening)).toEqual(expected);
  });
});

describe('turnSigns', () => {
  const NONE = { brief: 0, asks: 0 };

  it.each([
    'Wifi password: hunter2',
    'Reminder: call Bob?',
    'TODO: ask Ann?',
    'Bug Report: why does it crash?',
    'Meeting at 10:30?',
    'https://example.com/?q=1',
    'The user: who is it?',
    'is this a turn?',
    '',
  ])('says nothing about %j, which is no turn', (text) => {
    expect(turnSigns(text)).toEqual(NONE);
  });

  it.each(['user: ok', 'Human: ok', 'ASSISTANT: ok', 'agent: ok', 'Ann: ok', 'Dr. Ann Lee: ok', '  Ann: ok'])(
    'knows %j for a turn that says little',
    (text) => {
      expect(turnSigns(text)).toEqual({ brief: Math.log(10 / 160), asks: 0 });
    },
  );

  it('counts a turn as full from 160 characters on, without who says it', () => {
    const of = (length: number) => turnSigns(`Ann: ${'x'.repeat(length)}`).brief;
    expect(of(160)).toBe(0);
    expect(of(159)).toBeLessThan(0);
    expect(of(80)).toBeCloseTo(-Math.LN2, 12);
    expect(of(5_000)).toBe(0);
    expect(of(0)).toBe(of(10));
  });

  it('leaves out what is shared along with the words', () => {
    const shared = `Ann: Look! [shares ${'a photo of a lake '.repeat(20)}]`;
    expect(turnSigns(shared).brief).toBe(turnSigns('Ann: Look!').brief);
  });

  it('tells which share of a short turn only asks', () => {
    expect(turnSigns('Ann: Where have you been?').asks).toBe(1);
    expect(turnSigns('Ann: I was at the lake.').asks).toBe(0);
    const half = turnSigns('Ann: I was at the lake. Where were you then?').asks;
    expect(half).toBeGreaterThan(0.3);
    expect(half).toBeLessThan(0.6);
    expect(turnSigns(`Ann: ${'I was at the lake. '.repeat(12)}And you?`).asks).toBe(0);
  });

  it('stays in range whatever it reads', () => {
    const text = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 400 }), fc.stringMatching(/^[a ?.![\]:]{0,300}$/));
    fc.assert(
      fc.property(fc.constantFrom('', 'Ann: ', 'user: ', 'Note: '), text, (opening, rest) => {
        const { brief, asks } = turnSigns(opening + rest);
        expect(brief).toBeGreaterThanOrEqual(-3);
        expect(brief).toBeLessThanOrEqual(0);
        expect(asks).toBeGreaterThanOrEqual(0);
        expect(asks).toBeLessThanOrEqual(1);
      }),
    );
  });
});

const table = (cases: Readonly<Record<'yes' | 'no', readonly string[]>>) =>
  (['yes', 'no'] as const).flatMap((answer) => cases[answer].map((text) => [answer, text] as const));

describe('asksAboutSelf', () => {
  it.each(
    table({
      yes: [
        'Which database did I choose?',
        'What’s my favourite colour?',
        'My dentist, when was it?',
        'when have i been to Lisbon',
        'Who drove me home?',
        "What I'd planned for May",
        'Did I fix it myself?',
        'Is that car mine?',
        'Remind me what I said',
      ],
      no: [
        'Which database did Ann choose?',
        'Tell me about the trip to Lisbon',
        'Remind me of the deadline',
        'How is I/O done here?',
        'the imy protocol, i.e. what it does',
        'What did you recommend to me?',
        'What were your suggestions for my garden?',
        'Which steps did you give me?',
        '',
      ],
    }),
  )('%s: %j', (answer, question) => {
    expect(asksAboutSelf(question)).toBe(answer === 'yes');
  });
});

describe('isAnswer', () => {
  it.each(
    table({
      yes: ['assistant: use an index', 'Assistant: yes', '  AI: no', 'agent: done'],
      no: ['user: use an index', 'Human: yes', 'Ann: no', 'The assistant: a novel', 'assistant:no blank', 'ok', ''],
    }),
  )('%s: %j', (answer, text) => {
    expect(isAnswer(text)).toBe(answer === 'yes');
  });
});

describe('asksForHelp', () => {
  it.each(
    table({
      yes: [
        'Can you show me how to log in users?',
        'How should I store passwords?',
        'What do you recommend for dinner?',
        'I’m looking for a hotel in Rome',
        'Suggest a book',
        'which libraries are good for charts',
      ],
      no: [
        'What can Ann cook?',
        'When could Bob come?',
        'How did I get home?',
        'Who showed the film?',
        'Which suggestion won?',
        'What did she need?',
        '',
      ],
    }),
  )('%s: %j', (answer, question) => {
    expect(asksForHelp(question)).toBe(answer === 'yes');
  });
});

describe('isStandingWish', () => {
  it.each(
    table({
      yes: [
        'user: Always include error codes when I ask about logging in.',
        'Never send mails if it is Sunday',
        'user: I prefer tabs',
        'I don’t like mushrooms',
        "user: I'd rather walk",
        'please always answer in German',
        'never use semicolons',
      ],
      no: [
        'assistant: I prefer tabs too',
        'Ann: she was always kind',
        'It never rained. When did you leave?',
        'He prefers tabs',
        'I like walking',
        'the always-on display',
        '',
      ],
    }),
  )('%s: %j', (answer, text) => {
    expect(isStandingWish(text)).toBe(answer === 'yes');
  });
});

describe('100 KB', () => {
  const fill = (part: string) => part.repeat(Math.ceil(102_400 / part.length));
  const TEXTS = [
    'x', ' ', '?', 'a?', 'always ', 'never always ', '[shares ', 'Ann ', 'Ann: ', 'A.', '\t\n', 'you ', 'I ', '’', '漢',
  ].flatMap((part) => [fill(part), `Ann: ${fill(part)}`, `${fill(part)}: hi?`]); // biome-ignore format: a list

  it('are read no further than they matter', () => {
    for (const text of TEXTS) {
      // The end of a text has no say.
      for (const read of [speakerNames, turnSigns, asksAboutSelf, isAnswer, asksForHelp, isStandingWish])
        expect(read(text), `${read.name} of ${text.slice(0, 20)}`).toEqual(read(`${text} can I? always if: please?`));
    }
  });
});
