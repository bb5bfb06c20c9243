// Dates in questions, read on Wednesday 12 June 2024.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EARLIEST, LATEST, MAX_DATE_TEXT, parseTimeRange } from './temporal.ts';

const NOW = Date.parse('2024-06-12T15:00:00Z');
const dayOf = (ms: number) => new Date(ms).toISOString().slice(0, 10);

describe('parseTimeRange', () => {
  it.each([
    ['what happened on 2023-05-08?', '2023-05-08', '2023-05-09', '2023-05-08'],
    ['at 2023-05-08T10:20:30Z', '2023-05-08', '2023-05-09', '2023-05-08T10:20:30Z'],
    ['2023/5/8', '2023-05-08', '2023-05-09', '2023/5/8'],
    ['in 2023-05', '2023-05-01', '2023-06-01', '2023-05'],
    ['May 8, 2023', '2023-05-08', '2023-05-09', 'May 8, 2023'],
    ['8 may 2023', '2023-05-08', '2023-05-09', '8 may 2023'],
    ['the 8th of May, 2023', '2023-05-08', '2023-05-09', '8th of May, 2023'],
    ['Monday, May 8, 2023', '2023-05-08', '2023-05-09', 'May 8, 2023'],
    ['Nov. 5th', '2023-11-05', '2023-11-06', 'Nov. 5th'],
    ['May 8', '2024-05-08', '2024-05-09', 'May 8'],
    ['on may 8 people came', '2024-05-08', '2024-05-09', 'may 8'],
    ['Feb 29', '2024-02-29', '2024-03-01', 'Feb 29'],
    ['May 3-8, 2023', '2023-05-03', '2023-05-09', 'May 3-8, 2023'],
    ['between May 3 and 8, 2023', '2023-05-03', '2023-05-09', 'between May 3 and 8, 2023'],
    ['in May 2023', '2023-05-01', '2023-06-01', 'May 2023'],
    ['December of 2022', '2022-12-01', '2023-01-01', 'December of 2022'],
    ['what did we do in may', '2024-05-01', '2024-06-01', 'may'],
    ['in June', '2024-06-01', '2024-07-01', 'June'],
    ['in september', '2023-09-01', '2023-10-01', 'september'],
    ['last May', '2024-05-01', '2024-06-01', 'May'],
    ['last June', '2023-06-01', '2023-07-01', 'June'],
    ['next May', '2025-05-01', '2025-06-01', 'May'],
    ['the January meeting', '2024-01-01', '2024-02-01', 'January'],
    ['in 2023', '2023-01-01', '2024-01-01', '2023'],
    ['in mid-2023', '2023-01-01', '2024-01-01', '2023'],
    ['today', '2024-06-12', '2024-06-13', 'today'],
    ['Last  night', '2024-06-11', '2024-06-12', 'Last  night'],
    ['yesterday', '2024-06-11', '2024-06-12', 'yesterday'],
    ['the day before yesterday', '2024-06-10', '2024-06-11', 'day before yesterday'],
    ['tomorrow', '2024-06-13', '2024-06-14', 'tomorrow'],
    ['this week', '2024-06-10', '2024-06-17', 'this week'],
    ['last week', '2024-06-03', '2024-06-10', 'last week'],
    ['next week', '2024-06-17', '2024-06-24', 'next week'],
    ['this month', '2024-06-01', '2024-07-01', 'this month'],
    ['last month', '2024-05-01', '2024-06-01', 'last month'],
    ['this year', '2024-01-01', '2025-01-01', 'this year'],
    ['last year', '2023-01-01', '2024-01-01', 'last year'],
    ['last quarter', '2024-01-01', '2024-04-01', 'last quarter'],
    ['last weekend', '2024-06-08', '2024-06-10', 'last weekend'],
    ['the past week', '2024-06-05', '2024-06-13', 'past week'],
    ['last 3 days', '2024-06-09', '2024-06-13', 'last 3 days'],
    ['past two weeks', '2024-05-29', '2024-06-13', 'past two weeks'],
    ['over the past 6 months', '2023-12-12', '2024-06-13', 'past 6 months'],
    ['last twelve years', '2012-06-12', '2024-06-13', 'last twelve years'],
    ['last couple of days', '2024-06-10', '2024-06-13', 'last couple of days'],
    ['3 days ago', '2024-06-09', '2024-06-10', '3 days ago'],
    ['two weeks ago', '2024-05-27', '2024-06-03', 'two weeks ago'],
    ['a month ago', '2024-05-01', '2024-06-01', 'a month ago'],
    ['five years ago', '2019-01-01', '2020-01-01', 'five years ago'],
    ['on Monday', '2024-06-10', '2024-06-11', 'Monday'],
    ['on Wednesday', '2024-06-05', '2024-06-06', 'Wednesday'],
    ['last Friday', '2024-06-07', '2024-06-08', 'last Friday'],
    ['this Friday', '2024-06-14', '2024-06-15', 'this Friday'],
    ['next Wednesday', '2024-06-19', '2024-06-20', 'next Wednesday'],
    ['Q3 2024', '2024-07-01', '2024-10-01', 'Q3 2024'],
    ['2023-Q4', '2023-10-01', '2024-01-01', '2023-Q4'],
    ['in q3', '2023-07-01', '2023-10-01', 'q3'],
    ['the first quarter of 2024', '2024-01-01', '2024-04-01', 'first quarter of 2024'],
    ['since May 2023', '2023-05-01', '2024-06-13', 'since May 2023'],
    ['since Monday', '2024-06-10', '2024-06-13', 'since Monday'],
    ['since 2030', '2030-01-01', '2031-01-01', 'since 2030'],
    ['from yesterday onwards', '2024-06-11', '2024-06-13', 'from yesterday'],
    ['before May 8, 2023', '0001-01-01', '2023-05-08', 'before May 8, 2023'],
    ['prior to 2023', '0001-01-01', '2023-01-01', 'prior to 2023'],
    ['until yesterday', '0001-01-01', '2024-06-12', 'until yesterday'],
    ['after last week', '2024-06-10', '9999-12-31', 'after last week'],
    ['between 2023-05-01 and 2023-05-08', '2023-05-01', '2023-05-09', 'between 2023-05-01 and 2023-05-08'],
    ['between May 8 2023 and May 1 2023', '2023-05-01', '2023-05-09', 'between May 8 2023 and May 1 2023'],
    ['from March to May', '2024-03-01', '2024-06-01', 'from March to May'],
    ['between May and July', '2023-05-01', '2023-08-01', 'between May and July'],
    ['from May 1 to June 3, 2023', '2023-05-01', '2023-06-04', 'from May 1 to June 3, 2023'],
    ['from November to Feb 2023', '2022-11-01', '2023-03-01', 'from November to Feb 2023'],
    ['from Nov 2022 to February', '2022-11-01', '2023-03-01', 'from Nov 2022 to February'],
    ['from May 8 to 9 June', '2024-05-08', '2024-06-10', 'from May 8 to 9 June'],
    ['between 2020 and 2022', '2020-01-01', '2023-01-01', 'between 2020 and 2022'],
    ['2023-05-01 to 2023-05-31', '2023-05-01', '2023-06-01', '2023-05-01 to 2023-05-31'],
    ['between friends in May', '2024-05-01', '2024-06-01', 'May'],
    ['I may go in 2023', '2023-01-01', '2024-01-01', '2023'],
    ['8 may?', '2024-05-08', '2024-05-09', '8 may'],
  ])('reads %j', (query, from, until, text) => {
    const range = parseTimeRange(query, NOW);
    expect(range && [dayOf(range.from), dayOf(range.until), range.text]).toEqual([from, until, text]);
  });

  it.each([
    'I may go',
    'may I ask',
    'you may 3 times',
    'may 8 people come',
    'march 10 miles',
    'March on',
    'marching',
    'Maylike',
    'room 2023',
    '2023 files',
    'in 20235',
    'every Monday',
    'Good Friday',
    'Mondays',
    '2023-02-30',
    '2023-13-01',
    'May 32, 2023',
    'Feb 30',
    '550-2023-05-08',
    'half a year ago',
    'April said',
    'August ideas',
    'Q5 2023',
    'latest weeks',
    'a day',
    '',
  ])('finds no date in %j', (query) => {
    expect(parseTimeRange(query, NOW)).toBeNull();
  });

  it('takes the first of several dates', () => {
    expect(parseTimeRange('after today or in 2020', NOW)).toMatchObject({ text: 'after today', until: LATEST });
  });

  it('begins and ends on whole UTC days, also just before and after midnight', () => {
    for (const now of ['2024-02-29T00:00:00Z', '2024-02-29T23:59:59.999Z'].map(Date.parse)) {
      expect(parseTimeRange('today', now)).toMatchObject({
        from: Date.parse('2024-02-29'),
        until: Date.parse('2024-03-01'),
      });
      expect(parseTimeRange('last 12 months', now)?.from).toBe(Date.parse('2023-02-28'));
      expect(parseTimeRange('this week', now)?.from).toBe(Date.parse('2024-02-26'));
    }
  });

  it('counts Sunday as the end of the week', () => {
    const sunday = Date.parse('2024-06-16T12:00:00Z');
    expect(parseTimeRange('this week', sunday)?.from).toBe(Date.parse('2024-06-10'));
    expect(parseTimeRange('last Sunday', sunday)?.from).toBe(Date.parse('2024-06-09'));
  });

  it('reads every day of every year back from three spellings', () => {
    const day = fc.integer({ min: Date.parse('1900-01-01') / 86_400_000, max: Date.parse('2099-12-31') / 86_400_000 });
    fc.assert(
      fc.property(day, (number) => {
        const from = number * 86_400_000;
        const date = new Date(from);
        const month = date.toLocaleString('en', { month: 'long', timeZone: 'UTC' });
        const spellings = [
          dayOf(from),
          `${month} ${date.getUTCDate()}, ${date.getUTCFullYear()}`,
          `${date.getUTCDate()} ${month.slice(0, 3)} ${date.getUTCFullYear()}`,
        ];
        for (const text of spellings)
          expect(parseTimeRange(`what about ${text}?`, NOW)).toEqual({ from, until: from + 86_400_000, text });
      }),
    );
  });

  it('gives for any words null or a range that can be written down, whose words are in the query', () => {
    const word = fc.constantFrom(
      ...[
        'since',
        'before',
        'after',
        'between',
        'from',
        'and',
        'to',
        'may',
        'May',
        'march',
        'in',
        'last',
        'next',
        'this',
      ],
      ...[
        '2023',
        '9999-12-31',
        '1000-01-01',
        '8',
        '31st',
        'Monday',
        'week',
        'year',
        'ago',
        '999',
        'years',
        'Q2',
        '-',
        ',',
        'x',
      ],
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 10 }), (parts) => {
        const query = parts.join(' ');
        const range = parseTimeRange(query, NOW);
        if (!range) return;
        expect(range.from).toBeGreaterThanOrEqual(EARLIEST);
        expect(range.until).toBeLessThanOrEqual(LATEST);
        expect(range.from).toBeLessThan(range.until);
        expect(query).toContain(range.text);
        // Whether there is a date does not depend on today.
        expect(parseTimeRange(query, 0)).not.toBeNull();
      }),
      { numRuns: 3_000 },
    );
  });

  it('looks at the start of a long text only, and fast', () => {
    expect(parseTimeRange(`${'x '.repeat(MAX_DATE_TEXT)}today`, NOW)).toBeNull();
    const start = performance.now();
    for (const piece of ['last ', 'may ', '1 ', '2023-', ' ', 'between ', 'a couple of '])
      parseTimeRange(piece.repeat(100_000), NOW);
    expect(performance.now() - start).toBeLessThan(1_000);
  });
});
