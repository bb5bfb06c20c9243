import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inLongForm, withAliases } from './aliases.ts';
import { parseLexicalQuery, termCoverage } from './text.ts';

const termsOf = (query: string) => withAliases(parseLexicalQuery(query)).terms;

describe('withAliases', () => {
  it.each([
    ['database connection info', ['database', 'connection', 'info', 'db', 'information']],
    ['DBs in prod', ['dbs', 'prod', 'database', 'production']],
    ['the db of the database', ['db', 'database']],
    ['green tea', ['green', 'tea']],
    ['', []],
  ])('%s', (query, terms) => {
    expect(termsOf(query)).toEqual(terms);
  });

  it('only adds, keeps stems beside terms, and never twice', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('db', 'databases', 'auth', 'id', 'tea', 'config', 'walks'), { maxLength: 8 }),
        (list) => {
          const plain = parseLexicalQuery(list.join(' '));
          const more = withAliases(plain);
          expect(more.terms.slice(0, plain.terms.length)).toEqual(plain.terms);
          expect(more.stems.length).toBe(more.terms.length);
          expect(new Set(more.stems).size).toBe(more.stems.length);
          expect(withAliases(more).terms).toEqual(more.terms);
        },
      ),
    );
  });
});

describe('inLongForm', () => {
  it('makes texts that differ in short forms the same', () => {
    expect(inLongForm('Prod DB is up')).toBe('production database is up');
    const query = parseLexicalQuery(inLongForm('database connection info'));
    expect(termCoverage(query, inLongForm('Production DB at db.example.com'))).toBeCloseTo(1 / 3);
  });
});
