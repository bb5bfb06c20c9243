// Holds the arrows of docs/architecture.md, and shows that each rule would notice when broken.
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { importsOf, readTree, violations } from './support/arrows.ts';

const root = join(import.meta.dirname, '..');

describe('the tree', () => {
  it('keeps every arrow', () => {
    expect(violations(readTree(root, ['src', 'migrations']))).toEqual([]);
  });
});

describe('the rules notice', () => {
  const broken: [string, string, string][] = [
    ['src/algo/a.ts', "import { z } from 'zod';", 'may not import zod'],
    ['src/algo/a.ts', "import { formatTime } from '../core/clock.ts';", 'may not import src/core/clock.ts'],
    ['src/core/a.ts', "import { sql } from 'kysely';", 'may not import kysely'],
    ['src/core/a.ts', "import type { MemoryStore } from '../features/memory/store.ts';", 'may not import src/features'],
    ['src/features/memory/service.ts', "import { sql } from 'kysely';", 'may not import kysely'],
    [
      'src/features/memory/service.ts',
      "import { openSqlite } from '../../platform/db/sqlite/open.ts';",
      'may not import src/platform',
    ],
    ['src/features/memory/service.ts', "import { readFileSync } from 'node:fs';", 'may not import node:fs'],
    [
      'src/features/search/service.ts',
      "import { memoryStore } from '../memory/store.ts';",
      'may not import src/features/memory/store.ts',
    ],
    ['src/features/search/routes.ts', "import { Hono } from 'hono';", 'may not import hono'],
    [
      'src/platform/x.ts',
      "import { createMemory } from '../features/memory/service.ts';",
      'may not import src/features',
    ],
    [
      'src/entry/http/x.ts',
      "import { openSqlite } from '../../platform/db/sqlite/open.ts';",
      'may not import src/platform',
    ],
    ['src/entry/cli/x.ts', "import Database from 'better-sqlite3-multiple-ciphers';", 'native and heavy packages'],
    ['src/features/memory/service.ts', 'const now = Date.now();', 'the clock outside platform'],
    ['src/features/memory/service.ts', 'const key = process.env.KEY;', 'process.env'],
    ['src/entry/http/x.ts', "console.log('hello');", 'console'],
    ['src/features/memory/store.ts', 'const q = sql`select bm25(t) from t`;', 'dialect SQL'],
    ['src/core/long.ts', 'x\n'.repeat(401), 'at most 400'],
  ];
  it.each(broken)('%s: %s', (path, text, sentence) => {
    const found = violations(new Map([[path, text]]));
    expect(found.join('\n')).toContain(sentence);
  });

  it('two homes for one table', () => {
    const write = "db.insertInto('memories').values(row)";
    const tree = new Map([
      ['src/features/memory/store.ts', write],
      ['src/features/search/store.ts', write],
    ]);
    expect(violations(tree).join()).toContain('one home per table');
  });

  it('a cycle', () => {
    const tree = new Map([
      ['src/core/a.ts', "import { b } from './b.ts';"],
      ['src/core/b.ts', "import { a } from './a.ts';"],
    ]);
    expect(violations(tree).join()).toContain('cycle: src/core/a.ts -> src/core/b.ts -> src/core/a.ts');
  });

  it('routes without a contract', () => {
    expect(violations(new Map([['src/features/x/routes.ts', '']])).join()).toContain('no contract.ts');
  });
});

describe('reading imports', () => {
  it('tells types from values, and sees exports and dynamic imports', () => {
    const text = `import type { A } from './a.ts';\nimport { type B, type C } from './b.ts';\nimport { type D, e } from './d.ts';\nexport { f } from './f.ts';\nconst g = await import('./g.ts');\n// import { h } from './h.ts';`;
    expect(importsOf('src/core/x.ts', text).map(({ to, typeOnly }) => [to, typeOnly])).toEqual([
      ['src/core/a.ts', true],
      ['src/core/b.ts', true],
      ['src/core/d.ts', false],
      ['src/core/f.ts', false],
      ['src/core/g.ts', false],
    ]);
  });
});
