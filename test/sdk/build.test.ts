// The built package: compiles, depends on nothing, runs under plain Node, and its types hold what they promise.
import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { tempDir } from '../support/app.ts';
import { installSdk, SDK, tsc, tsconfig } from './package.ts';
import { serveApp } from './support.ts';

const run = promisify(execFile);
let home: string;
let built: string;
beforeAll(async () => {
  home = tempDir();
  // What needs packages of others is compiled and tried where these are installed: test/clients.
  built = await installSdk(join(home, 'node_modules'), ['src/index.ts']);
});

/** Under `bun --bun` the first `node` is Bun; behind it stands the real one, where there is one. */
const PATH = (process.env.PATH ?? '').split(':').filter((folder) => !/bun-node/.test(folder));
const node = PATH.map((folder) => join(folder, 'node')).find((file) => existsSync(file));

describe('the built package', () => {
  it('imports nothing but itself', () => {
    const files = readdirSync(join(built, 'dist')).filter((name) => name.endsWith('.js'));
    expect(files).toContain('index.js');
    for (const name of files) {
      const text = readFileSync(join(built, 'dist', name), 'utf8');
      const imported = [...text.matchAll(/^(?:import|export)\b[^;]*?\bfrom ['"]([^'"]+)['"]/gm)].map(
        ([, what]) => what!,
      );
      if (name === 'index.js') expect(imported).toContain('./client.js');
      for (const what of imported) expect(what, name).toMatch(/^\.\/[\w.-]+\.js$/);
    }
    const { dependencies = {}, exports } = JSON.parse(readFileSync(join(SDK, 'package.json'), 'utf8'));
    expect(dependencies).toEqual({});
    expect(Object.keys(exports)).toEqual(['.', './langchain', './ai']);
  });

  it('has types that hold', async () => {
    const sample = readFileSync(join(import.meta.dirname, 'sample.ts'), 'utf8');
    writeFileSync(join(home, 'sample.ts'), sample.replace(/'[^']+\/index\.ts'/, "'engram-sdk'"));
    writeFileSync(join(home, 'package.json'), '{"type":"module"}');
    writeFileSync(
      join(home, 'tsconfig.json'),
      tsconfig({ noEmit: true, skipLibCheck: false, rootDir: '.' }, ['sample.ts']),
    );
    await tsc(home);
  });

  it.skipIf(node === undefined)('runs under plain Node', async () => {
    const served = await serveApp();
    const program = `
      import { EngramClient, EngramError } from 'engram-sdk';
      const engram = new EngramClient({ url: process.env.URL, apiKey: process.env.KEY });
      const { id } = await engram.store({ content: 'Node talks to Engram' });
      const [{ memory }] = await engram.search({ query: 'Node' });
      const events = [];
      for await (const { type } of engram.streamContext({ query: 'Node' })) events.push(type);
      const error = await engram.update(999, { content: 'x' }).catch((error) => error);
      console.log(JSON.stringify({
        same: memory.id === id, last: events.at(-1), status: error.statusCode, known: error instanceof EngramError,
        none: await engram.get(999), bun: typeof Bun,
      }));`;
    writeFileSync(join(home, 'program.mjs'), program);
    const env = { URL: served.url, KEY: served.app.key };
    const { stdout } = await run(node!, [join(home, 'program.mjs')], { cwd: home, env });
    expect(JSON.parse(stdout)).toEqual({
      ...{ same: true, last: 'result', status: 404, known: true, none: null, bun: 'undefined' },
    });
    await served.close();
  });
});
