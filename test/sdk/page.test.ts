// The programs in docs/sdk.md, compiled and run as they stand there. Those for LangChain and the AI SDK: test/clients.
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { tempDir } from '../support/app.ts';
import { installSdk, tsc, tsconfig } from './package.ts';
import { type ServedApp, serveApp } from './support.ts';

const run = promisify(execFile);
const page = readFileSync(join(import.meta.dirname, '../../docs/sdk.md'), 'utf8');
const programs = (language: string): string[] =>
  [...page.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'gm'))].map(([, text]) => text!);

let served: ServedApp;
beforeAll(async () => {
  served = await serveApp();
});
afterAll(() => served.close());
const here = (program: string): string =>
  program.replaceAll('http://localhost:4200', served.url).replaceAll('eg_YOUR_KEY', served.app.key);

it('TypeScript', async () => {
  const home = tempDir();
  await installSdk(join(home, 'node_modules'), ['src/index.ts']);
  const own = programs('ts').filter((program) => !program.includes("'engram-sdk/"));
  expect(own).toHaveLength(3);
  writeFileSync(join(home, 'program.ts'), here(own.join('\n')));
  writeFileSync(join(home, 'package.json'), '{"type":"module"}');
  const options = { noEmit: true, rootDir: '.', noUnusedLocals: false };
  writeFileSync(join(home, 'tsconfig.json'), tsconfig(options, ['program.ts']));
  await tsc(home);
  const { stdout } = await run(process.execPath, [join(home, 'program.ts')], { cwd: home, env: {} });
  expect(stdout).toMatch(/^[\d.]+ The staging server moved to Oslo\n\d+\n1 hello\n$/);
});

it('Python', async (context) => {
  const [program, ...more] = programs('python');
  expect(more).toEqual([]);
  const env = { PATH: process.env.PATH ?? '', PYTHONPATH: join(import.meta.dirname, '../../sdk/python') };
  const args = ['-B', '-c', here(program!)];
  const ran = await run('python3', args, { env }).catch((failed) => failed);
  if (ran.code === 'ENOENT') return context.skip('needs python3');
  expect(ran.stdout).toMatch(/^[\d.]+ Backups lie on the second disk\n[\s\S]+\n404 memory_not_found\n$/);
});
