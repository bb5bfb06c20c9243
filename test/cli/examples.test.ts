// Help cannot lie: every example it shows is read as it stands, and done on a store where that can be done here.
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Driver from 'better-sqlite3-multiple-ciphers';
import { beforeAll, describe, expect, it } from 'vitest';
import { zipWriter } from '../../src/algo/zip.ts';
import type { Command } from '../../src/entry/cli/command.ts';
import { COMMANDS, GROUPS } from '../../src/entry/cli/commands/index.ts';
import { createTestApp, tempDir } from '../support/app.ts';
import { dryRun, type Ran } from '../support/cli.ts';
import { type CommandLine, commandLine } from '../support/cli-app.ts';
import { commandsIn } from '../support/shell-lines.ts';

const EXAMPLES = COMMANDS.flatMap((command) => command.examples.map((line) => [line, command] as const));

/** Commands that need more than a store: examples-typed.test.ts types theirs into a shell. */
const ELSEWHERE = new Set([
  ...['bootstrap', 'serve', 'health', 'doctor', 'config', 'version', 'models', 'import', 'sync'],
  ...['backup', 'restore', 'verify', 'encrypt', 'decrypt', 'rekey', 'slots'],
]);
/** Of them, those whose examples are shell more than commands of ours. */
const OWN_TESTS = new Set(['service', 'completions', 'mcp', 'hook', 'hooks']);

const FETCHES = /https?:\/\//;

/** What has to be so before an example makes sense, as SQL on a copy of the prepared store. */
const BEFORE: readonly (readonly [RegExp, string])[] = [
  [/^engram (trash (restore|purge)|restore-memory)/, 'update memories set is_forgotten = 1 where id = 42'],
  [/^engram inbox (approve|reject|edit)/, `update memories set status = 'pending' where id in (42, 43)`],
  [/^engram spaces create/, `delete from spaces where name = 'work'`],
  [/^engram unarchive/, 'update memories set is_archived = 1 where id = 42'],
];
/** Examples that are meant to end with something else than 0. */
const ENDS: readonly (readonly [RegExp, number])[] = [
  [/^engram guard "rm -rf/, 2],
  [/^engram guard "git push/, 2],
];

let template: string;
let docx: Uint8Array;

beforeAll(async () => {
  const app = await createTestApp();
  const post = async (path: string, body: object, times = 1) => {
    for (let n = 1; n <= times; n++) {
      const answer = await app.call('POST', path, JSON.parse(JSON.stringify(body).replaceAll('%', String(n))));
      expect(answer.status, `${path}: ${JSON.stringify(answer.body)}`).toBeLessThan(300);
    }
  };
  await post('/store', { content: 'Note % is about the number % and nothing else, word%', tags: ['db'] }, 45);
  await post('/episodes', { title: 'Episode %' }, 7);
  await post('/entities', { name: 'Thing%', type: 'tool' }, 2);
  await post('/entities', { name: 'Postgres', type: 'tool' });
  await post('/spaces', { name: 'work' });
  await post('/spaces', { name: 'scratch' });
  await post('/users', { username: 'somebody' });
  await post('/keys', { name: 'key%' }, 3);
  await app.close();
  template = join(app.dir, 'engram.db');
  const db = new Driver(template);
  db.exec(`insert into jobs (id, kind, lane, dedupe_key, payload, status, attempts, max_attempts, run_at, created_at, finished_at, error)
    values (12, 'memory.embed_missing', 'inference', 'x', '{"model":"none"}', 'failed', 3, 3,
      '2026-03-01 12:00:00', '2026-03-01 12:00:00', '2026-03-01 12:00:00', 'no model')`);
  db.pragma('wal_checkpoint(truncate)');
  db.close();
  const zip = zipWriter();
  const encode = (text: string) => new TextEncoder().encode(text);
  const text = '<w:document><w:body><w:p><w:r><w:t>Deploys happen on Tuesdays.</w:t></w:r></w:p></w:body></w:document>';
  const parts = [
    zip.file('[Content_Types].xml', encode('<x/>')),
    zip.file('word/document.xml', encode(text)),
    zip.end(),
  ];
  docx = Buffer.concat(parts);
});

/** A folder with the files that examples speak of. */
function folder(): string {
  const dir = tempDir();
  for (const inside of ['notes', 'old', '.claude/projects', '.codex/sessions'])
    mkdirSync(join(dir, inside), { recursive: true });
  const files: Record<string, string | Uint8Array> = {
    'handbook.docx': docx,
    'notes.md': '# Notes\n\nThe staging server runs in Oslo.\n',
    'notes/one.md': 'A note.\n',
    'standup.txt': 'Alice: I work at Acme now.\nBob: We decided to use Postgres 16 for billing.\n',
    'chat.json': JSON.stringify([{ role: 'user', content: 'I live in Berlin.' }]),
    'conversations.json': '[]',
    'old/engram.db': '',
    'other.key': 'eg_0\n',
  };
  for (const [name, content] of Object.entries(files)) writeFileSync(join(dir, name), content);
  return dir;
}

async function preparedStore(line: string): Promise<CommandLine> {
  const dir = folder();
  copyFileSync(template, join(dir, 'engram.db'));
  const db = new Driver(join(dir, 'engram.db'));
  for (const [pattern, sql] of BEFORE) if (pattern.test(line)) db.exec(sql);
  db.close();
  return commandLine(dir);
}

const runsHere = ({ name }: Command, line: string) =>
  !OWN_TESTS.has(name) && !ELSEWHERE.has(name) && !FETCHES.test(line);

describe('every example', () => {
  it.each(EXAMPLES.filter(([, { name }]) => !OWN_TESTS.has(name)))('%s is read as it stands', async (line) => {
    const commands = commandsIn(line);
    expect(commands.length).toBeGreaterThan(0);
    const cwd = folder();
    for (const { args } of commands) {
      const { err } = await dryRun(['--json', ...args.map((word) => word.replace(/^~/, cwd))], { cwd });
      // It fails, for there is nothing to do it with; but not for how it is written.
      const code: unknown = err === '' ? null : JSON.parse(err.trim().split('\n').at(-1)!).code;
      expect(['usage', 'config'], err).not.toContain(code);
    }
  });

  it.each(EXAMPLES.filter(([line, command]) => runsHere(command, line)))('%s does what it says', async (line) => {
    const engram = await preparedStore(line);
    const expected = ENDS.find(([pattern]) => pattern.test(line))?.[1] ?? 0;
    for (const { args, piped } of commandsIn(line)) {
      const ran: Ran = await engram(args, piped ? { stdin: 'Piped in: the retro is on Friday.' } : {});
      expect(ran).toMatchObject({ code: expected, err: '' });
      expect(ran.out).not.toBe('');
    }
  });

  it('is done here or elsewhere, and no list names what is gone', () => {
    const names = COMMANDS.map(({ name }) => name);
    for (const name of [...ELSEWHERE, ...OWN_TESTS]) expect(names).toContain(name);
    for (const [pattern] of [...BEFORE, ...ENDS])
      expect(EXAMPLES.filter(([line]) => pattern.test(line))).not.toEqual([]);
  });
});

describe('the tables', () => {
  it('name every command once, in one group', () => {
    const names = COMMANDS.flatMap(({ name, aliases = [] }) => [name, ...aliases]);
    expect(new Set(names).size).toBe(names.length);
    expect(GROUPS.every(({ commands }) => commands.length > 0)).toBe(true);
  });
  it('never point from the name of a command to another one', () => {
    const names = new Set(COMMANDS.flatMap(({ name, aliases = [] }) => [name, ...aliases]));
    const misleading = COMMANDS.flatMap(({ name, sought_as = [] }) =>
      sought_as.filter((word) => names.has(word)).map((word) => `${word} would lead to ${name}`),
    );
    expect(misleading).toEqual([]);
  });
  it('give a flag one letter and one kind of value in all actions of a command', () => {
    for (const { name, actions = [] } of COMMANDS) {
      const seen = new Map<string, string>();
      for (const flag of actions.flatMap(({ flags = [] }) => flags)) {
        const shape = `${flag.short ?? ''}/${flag.value === undefined}`;
        expect(`${name} --${flag.name} ${seen.get(flag.name) ?? shape}`).toBe(`${name} --${flag.name} ${shape}`);
        seen.set(flag.name, shape);
      }
    }
  });
  it.each(COMMANDS.map((command) => [command.name, command] as const))(
    '%s explains itself and its actions',
    async (name, command) => {
      const whole = await dryRun([name, '--help']);
      expect(whole).toMatchObject({ code: 0, err: '' });
      for (const action of command.actions ?? []) {
        const part = await dryRun(['help', name, action.name]);
        expect(part).toMatchObject({ code: 0, err: '' });
        expect(part.out).toContain(`engram ${name} ${action.name}`);
        expect((await dryRun([name, action.name, '--help'])).out).toBe(part.out);
      }
    },
  );
});
