// Writes what is derived from the contracts: docs/openapi.json and docs/errors.md. `--check` writes nothing and fails
// when a committed file differs.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import packageJson from '../package.json' with { type: 'json' };
import { FEATURES } from '../src/entry/contracts.ts';
import { errorsPage } from '../src/entry/errors-page.ts';
import { openApiDocument } from '../src/entry/http/openapi.ts';

const root = join(import.meta.dirname, '..');
const check = process.argv.includes('--check');

const files: Record<string, string> = {
  'docs/openapi.json': `${JSON.stringify(openApiDocument(FEATURES, packageJson.version), null, 2)}\n`,
  'docs/errors.md': errorsPage(FEATURES),
};

/** What a reviewer wants to know: operations for the document, lines for the rest. */
function entries(path: string, text: string): Map<string, string> {
  if (!path.endsWith('.json')) return new Map(text.split('\n').map((line) => [line, line]));
  const { paths = {}, components = {} } = JSON.parse(text) as Record<'paths' | 'components', Record<string, object>>;
  const flat = [paths, components].flatMap((part) =>
    Object.entries(part).flatMap(([name, group]) =>
      Object.entries(group).map(([key, value]): [string, string] => [
        part === paths ? `${key.toUpperCase()} ${name}` : `${name} ${key}`,
        JSON.stringify(value),
      ]),
    ),
  );
  return new Map(flat);
}

function describe(path: string, before: string, after: string): string[] {
  const [old, now] = [entries(path, before), entries(path, after)];
  const lines = [
    ...[...now.keys()].filter((key) => !old.has(key)).map((key) => `  + ${key}`),
    ...[...old.keys()].filter((key) => !now.has(key)).map((key) => `  - ${key}`),
    ...[...now].filter(([key, value]) => old.has(key) && old.get(key) !== value).map(([key]) => `  ~ ${key}`),
  ];
  return lines.length > 0 ? lines : ['  ~ details'];
}

const out = (line: string) => process.stdout.write(`${line}\n`);
let stale = 0;
for (const [path, text] of Object.entries(files)) {
  const full = join(root, path);
  const before = existsSync(full) ? readFileSync(full, 'utf8') : '';
  if (before === text) {
    out(`${path} is up to date`);
    continue;
  }
  stale++;
  out(check ? `${path} is out of date; run "npm run gen"` : before === '' ? `${path} written` : `${path} changed`);
  if (before !== '') for (const line of describe(path, before, text)) out(line);
  if (!check) writeFileSync(full, text);
}
if (check && stale > 0) process.exitCode = 1;
