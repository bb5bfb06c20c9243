// What tests of the benchmarks share: files of a folder that goes at the end, retrieval sets, and a benchmark run.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll } from 'vitest';
import { bench } from '../../bench/main.ts';

export const folder = mkdtempSync(join(tmpdir(), 'engram-bench-test-'));
/** Removes the folder when the tests of the file have ended. */
export const removeAfterAll = () => afterAll(() => rmSync(folder, { recursive: true, force: true }));
export const file = (name: string, content: string | Uint8Array): string => {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
};

export const jsonLines = (rows: readonly object[]): Uint8Array =>
  gzipSync(rows.map((row) => JSON.stringify(row)).join('\n'));
export const doc = (id: string, text: string, group?: string) => ({ type: 'doc', id, text, ...(group && { group }) });
export const query = (id: string, text: string, group?: string) => ({
  type: 'query',
  id,
  text,
  ...(group && { group }),
});
export const qrel = (of: string, document: string, score = 1) => ({ type: 'qrel', query: of, doc: document, score });

export const run = async (...argv: string[]) => {
  const printed: string[] = [];
  const report = await bench(argv, (text) => void printed.push(text));
  return { report: report!, printed: printed.join('\n') };
};
// biome-ignore lint/suspicious/noExplicitAny: figures differ from benchmark to benchmark
export const figuresOf = async (...argv: string[]): Promise<any> => (await run(...argv)).report.figures;
