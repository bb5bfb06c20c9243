// What README.md and docs/ name in passing is there: endpoints, commands, scripts, settings.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { SETTINGS } from '../../src/config/settings.ts';
import { ENDPOINTS } from '../../src/entry/contracts.ts';
import { dryRun } from '../support/cli.ts';
import { blocksOf } from './blocks.ts';

const ROOT = join(import.meta.dirname, '../..');
/** Pages that are written from the contracts need no look, and decisions speak of what was, too. */
const LEFT_OUT = new Set(['errors.md']);
const pages = [
  'README.md',
  ...readdirSync(join(ROOT, 'docs'))
    .filter((name) => name.endsWith('.md') && !LEFT_OUT.has(name))
    .map((name) => `docs/${name}`),
];
const VARIABLE = /\bENGRAM_[A-Z][A-Z0-9_]*[A-Z0-9]\b/g;
const text = (page: string): string => readFileSync(join(ROOT, page), 'utf8');
/** Pieces of code inside sentences, one line each. */
const spans = (page: string): string[] =>
  [
    ...text(page)
      .replace(/^(```|~~~)[\s\S]*?^\1/gm, '')
      .matchAll(/`([^`\n]+)`/g),
  ].map(([, span]) => span!);

/** `/memory/{id}/update` and `/memory/17/update` are the same to a reader, and the server passes over a last slash. */
const shape = (path: string): string => path.replace(/(?<=\w|\})\/$/, '').replace(/\{\w+\}|(?<=\/)\d+(?=\/|$)/g, '{}');
const known = new Set(
  ENDPOINTS.flatMap(({ method, path, aliases = [] }) => [path, ...aliases].map((one) => `${method} ${shape(one)}`)),
);

describe.each(pages)('%s', (page) => {
  it('names endpoints that are there', () => {
    const named = spans(page).flatMap((span) => /^(?:GET|POST|PUT|PATCH|DELETE) \/\S*$/.exec(span)?.[0] ?? []);
    const missing = named.filter((one) => !known.has(shape(one.replace(/\?.*$/, ''))));
    expect(missing.filter((one) => !one.includes('*'))).toEqual([]);
  });

  it('names commands that are there', async () => {
    const missing: string[] = [];
    const lines = blocksOf(page, text(page)).flatMap(({ script }) => script.split('\n'));
    for (const span of [...spans(page), ...lines]) {
      const [, words] = /^engram ([a-z][a-z-]*(?: [a-z][a-z-]*)?)/.exec(span) ?? [];
      if (words === undefined) continue;
      const [command, sub] = words.split(' ');
      const alone = await dryRun([command!, '--help']);
      // The second word may be a subcommand or what the command is about; help of the first tells which it knows.
      const both = sub === undefined ? alone : await dryRun([command!, sub, '--help']);
      if (alone.code !== 0 || both.code !== 0) missing.push(span);
    }
    expect(missing).toEqual([]);
  });

  it('names scripts that are there', () => {
    const named = [...text(page).matchAll(/\b(?:npm|bun) run ([\w:]+)/g)].map(([, script]) => script!);
    expect(named.filter((script) => !(script in packageJson.scripts))).toEqual([]);
  });

  it('names settings that are there', () => {
    // The program's, and those of the scripts that install it.
    const scripts = readdirSync(join(ROOT, 'scripts')).filter((name) => /\.(?:sh|ps1)$/.test(name));
    const read = scripts.flatMap((name) => text(`scripts/${name}`).match(VARIABLE) ?? []);
    const variables = new Set([...Object.values(SETTINGS).flatMap(({ env }) => env), ...read]);
    expect([...new Set(text(page).match(VARIABLE))].filter((name) => !variables.has(name))).toEqual([]);
  });
});
