// What sentences say about two of the names in them.
import { describe, expect, it } from 'vitest';
import { namesOf } from './extract.ts';
import { relationsIn, sameIn } from './statements.ts';

const told = (text: string) =>
  relationsIn(text, namesOf(text)).map(({ source, type, target }) => `${source.name} ${type} ${target.name}`);
const same = (text: string) => sameIn(text, namesOf(text)).map(({ one, other }) => `${one.name} = ${other.name}`);

describe('relations', () => {
  it.each([
    ['Ann Lee works at Acme Inc.', 'Ann Lee works_at Acme Inc.'],
    ['Anna Schmidt is the CTO of Brightwave.', 'Anna Schmidt works_at Brightwave'],
    ['Carlos is a member of the Rotary Club.', 'Carlos member_of Rotary Club'],
    ['Redis 7.2 runs on cache.example.com:6379.', 'Redis runs_on cache.example.com'],
    ['Engram depends on SQLite.', 'Engram depends_on SQLite'],
    ['Priya leads project Phoenix.', 'Priya leads Phoenix'],
    ['Tom reports to Priya.', 'Tom reports_to Priya'],
    ['John is married to Sarah.', 'John married_to Sarah'],
    ['Emma’s sister Elena called.', 'Emma sibling_of Elena'],
    ['Acme Inc. is based in Berlin.', 'Acme Inc. located_in Berlin'],
  ])('%s', (text, relation) => {
    expect(told(text)).toEqual([relation]);
  });
  it.each([
    'Tom does not work at Google.',
    'If Tom works at Google, we win.',
    'Tom and Priya like Google.',
    'Tom left. Google works at scale.',
  ])('none: %s', (text) => {
    expect(told(text)).toEqual([]);
  });
});

describe('other names', () => {
  it.each([
    ['Robert, also known as Bob, left.', 'Robert = Bob'],
    ['Melanie (Mel) came.', 'Melanie = Mel'],
    ['The host db-01.prod (10.0.0.12) is down.', 'db-01.prod = 10.0.0.12'],
  ])('%s', (text, pair) => {
    expect(same(text)).toEqual([pair]);
  });
  it.each(['We replaced Postgres (MySQL) last week.', 'Tom (Priya) called.'])('none: %s', (text) => {
    expect(same(text)).toEqual([]);
  });
});
