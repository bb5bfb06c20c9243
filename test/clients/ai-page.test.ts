// The programs for LangChain.js and the AI SDK in docs/sdk.md compile against the built package and the real ones.
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { installSdkForClients, tsc, tsconfig } from '../sdk/package.ts';

const page = readFileSync(join(import.meta.dirname, '../../docs/sdk.md'), 'utf8');
const programs = [...page.matchAll(/^```ts\n([\s\S]*?)^```$/gm)]
  .map(([, text]) => text!)
  .filter((text) => text.includes("'engram-sdk/"));

it('compile', async () => {
  expect(programs).toHaveLength(2);
  const home = join(dirname(await installSdkForClients()), '..');
  const files = programs.map((program, n) => {
    const model = program.includes("from 'ai'") ? "declare const model: import('ai').LanguageModel;\n" : '';
    writeFileSync(join(home, `program${n}.ts`), `${program}${model}export {};\n`);
    return `program${n}.ts`;
  });
  writeFileSync(join(home, 'package.json'), '{"type":"module"}');
  writeFileSync(join(home, 'tsconfig.json'), tsconfig({ noEmit: true, rootDir: '.', noUnusedLocals: false }, files));
  await tsc(home);
});
