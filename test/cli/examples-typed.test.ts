// The examples that need more than a store to look at, typed into a shell as they stand, in a home of their own. What stands for
// somebody else's machine or disk is put there first, and its address exchanged.
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { COMMANDS } from '../../src/entry/cli/commands/index.ts';
import { createTestApp, tempDir } from '../support/app.ts';
import { freePort, type Running, serve } from '../support/cli.ts';
import { olderStore } from '../support/older-store.ts';

const MAIN = join(import.meta.dirname, '../../src/main.ts');
const PHRASE = 'correct horse battery';

let template: string;
let backup: string;
let key: string;
let programs: string;
/** A server whose administrator's key is `key`, for what talks to one. */
let other: Running;

beforeAll(async () => {
  const app = await createTestApp();
  key = app.key;
  await app.call('POST', '/store', { content: 'The harbour opens at nine.' });
  backup = (await app.call('POST', '/backup')).body.path;
  await app.call('POST', '/store', { content: 'The ferry leaves at ten.' });
  await app.close();
  template = join(app.dir, 'engram.db');
  const served = tempDir();
  copyFileSync(template, join(served, 'engram.db'));
  other = await serve(served);
  programs = tempDir();
  // As an installed program is found, and as one that is not there yet would be.
  writeFileSync(join(programs, 'engram'), `#!/bin/sh\nexec '${process.execPath}' --no-env-file '${MAIN}' "$@"\n`);
  chmodSync(join(programs, 'engram'), 0o755);
});
afterAll(async () => {
  await other.stop();
});

interface Typed {
  /** Commands before it. */
  before?: string;
  env?: Record<string, string>;
  /** Asks the other server. */
  asks?: true;
  /** What it must have printed. */
  says?: RegExp;
  code?: number;
}

const BY_FILE = { ENGRAM_ENCRYPTION_MODE: 'keyfile' };
const BY_PHRASE = { ENGRAM_ENCRYPTION_MODE: 'passphrase', ENGRAM_DB_PASSPHRASE: PHRASE };
const ENCRYPTED = 'engram encrypt';

const TYPED: Readonly<Record<string, Typed>> = {
  'engram import claude-code --dry-run': { says: /1 session|1 conversation|turns?/i },
  'engram import conversations.json --dry-run': { says: /would/i },
  'engram import ~/old/engram.db': { says: /import|new/i },
  'engram import notes/': { says: /import|new/i },
  'engram sync push http://192.168.1.5:4200 --peer-key-file other.key --state sync.json': { says: /./ },
  'engram sync pull http://192.168.1.5:4200 --peer-key-file other.key --state sync.json': { says: /./ },
  'engram backup': { says: /Backed up 2 memories/ },
  'engram backup /mnt/usb/': { says: /Backed up everything/ },
  'engram backup before-the-move.db': { says: /before-the-move\.db/ },
  'engram restore data/backups/engram-20260302-120000-daily.db': { says: /restore|place/i },
  'engram restore --data-dir ~/engram backup.db': { says: /restore|place/i },
  'engram verify': { says: /sound|ok/i },
  'engram verify /mnt/usb/engram-backup-20260302-120000.db': { says: /sound|ok/i },
  'engram verify --drill': { says: /restore/i },
  'engram encrypt --mode keyfile': { says: /is encrypted/ },
  'engram encrypt --mode passphrase --recovery': {
    env: { ENGRAM_DB_PASSPHRASE: PHRASE },
    says: /Recovery key: /,
  },
  'ENGRAM_ENCRYPTION_MODE=keyfile engram decrypt': { before: 'engram encrypt --mode keyfile', says: /in the clear/ },
  'engram rekey': { before: ENCRYPTED, env: BY_FILE, says: /a new key/ },
  'engram rekey --mode passphrase --recovery': {
    before: ENCRYPTED,
    env: { ...BY_FILE, ENGRAM_DB_PASSPHRASE: PHRASE },
    says: /Recovery key: /,
  },
  'engram slots': { before: ENCRYPTED, env: BY_PHRASE, says: /passphrase/ },
  'engram slots add recovery': { before: ENCRYPTED, env: BY_PHRASE, says: /Recovery key: / },
  'engram slots add passphrase && engram slots remove 1': {
    before: `env -u ENGRAM_DB_NEW_PASSPHRASE ${ENCRYPTED}`,
    env: { ...BY_PHRASE, ENGRAM_DB_NEW_PASSPHRASE: 'another horse battery' },
    says: /./,
  },
  'engram slots remove 1': {
    before: `${ENCRYPTED} && ENGRAM_DB_NEW_PASSPHRASE='another horse battery' engram slots add passphrase`,
    env: BY_PHRASE,
    says: /./,
  },
  'engram slots key': { before: ENCRYPTED, env: BY_PHRASE, says: /\b[0-9a-f]{64}\b/ },
  'engram health': { asks: true, says: /0\.\d+\.\d+|healthy|up/i },
  'engram health --server http://127.0.0.1:4200 --json': { asks: true, says: /^\{/ },
  'engram doctor': { says: /database/ },
  'engram doctor --data-dir ~/engram --json': { says: /^[[{]/ },
  'engram doctor --fix': { says: /database/ },
  'engram config --explain': { says: /ENGRAM_PORT|port/ },
  'engram config --json': { says: /^[[{]/ },
  'engram version': { says: /\d+\.\d+\.\d+/ },
  'engram models list': { says: /engram-mini/ },
  'engram models use engram-mini': { env: { ENGRAM_EMBEDDING_MODEL: '' }, says: /engram-mini/ },
  'engram models use none --kind reranker': { says: /./ },
  'engram mcp --print-config cursor': { says: /mcpServers/ },
  'engram service install --port 4300 --print': { says: /4300/ },
  'engram hooks install claude-code --mcp': { says: /settings\.json/ },
  'engram hooks install codex gemini': { says: /codex[\s\S]*gemini/ },
  'engram hooks install cursor --project': { says: /cursor/ },
  'engram hooks uninstall claude-code': { before: 'engram hooks install claude-code', says: /settings\.json/ },
  'engram hooks status': { says: /not installed/ },
  'engram hooks test': { asks: true, says: /session-start/ },
  'engram hook claude-code user-prompt-submit < input.json': { asks: true },
  'engram hook session-start < input.json': { asks: true, says: /additionalContext/ },
  'source <(engram completions bash)': {},
  'engram completions fish > ~/.config/fish/completions/engram.fish': { before: 'mkdir -p ~/.config/fish/completions' },
};

/** Run elsewhere, for they go on until they are stopped, or need another program or a hub of models. */
const ELSEWHERE: Readonly<Record<string, readonly string[]>> = {
  'serve.test.ts': [
    'engram serve',
    'engram serve --port 4300 --data-dir ~/engram',
    'ENGRAM_ENCRYPTION_MODE=env ENGRAM_DB_KEY=… engram serve',
  ],
  'memories.test.ts': ['engram bootstrap', 'export ENGRAM_API_KEY=$(engram bootstrap)'],
  'models.test.ts': [
    'engram models pull bge-m3 --use',
    'engram models pull owner/name --kind reranker --file onnx/model_int8.onnx',
    'ENGRAM_MODEL_HUB=file:///media/models engram models pull bge-m3',
    'engram models verify bge-m3',
    'engram models remove bge-m3',
  ],
  'service.test.ts': [
    'engram service install',
    'engram service uninstall',
    'engram service status',
    'engram service logs',
    'engram service logs --follow',
  ],
  '../mcp': [
    'claude mcp add engram -- engram mcp',
    'ENGRAM_URL=https://engram.example.com ENGRAM_API_KEY=eg_… engram mcp --tools graph,memory',
  ],
};

/** One conversation as ChatGPT exports it. */
const CHATGPT = {
  title: 'Harbour',
  create_time: 1_772_359_200,
  mapping: {
    a: { id: 'a', parent: null, children: ['b'], message: null },
    b: {
      id: 'b',
      parent: 'a',
      children: [],
      message: {
        id: 'b',
        author: { role: 'user' },
        create_time: 1_772_359_200,
        content: { content_type: 'text', parts: ['I moved to Lisbon in March.'] },
      },
    },
  },
};

/** A home with everything that the examples speak of. */
function home(): string {
  const dir = tempDir();
  for (const name of ['data/backups', 'engram', 'usb', 'notes', 'old', '.claude/projects/harbour'])
    mkdirSync(join(dir, name), { recursive: true });
  for (const to of ['data/engram.db', 'engram/engram.db']) copyFileSync(template, join(dir, to));
  for (const to of [
    'data/backups/engram-20260302-120000-daily.db',
    'usb/engram-backup-20260302-120000.db',
    'backup.db',
  ])
    copyFileSync(backup, join(dir, to));
  olderStore(join(dir, 'old/engram.db'));
  const turn = {
    ...{ type: 'user', sessionId: 's1', cwd: '/home/ann/harbour', timestamp: '2026-03-01T10:00:00.000Z', uuid: 'u1' },
    message: { role: 'user', content: 'We decided to use Postgres 16 for billing.' },
  };
  const files: Record<string, string> = {
    'notes/one.md': 'The staging server runs in Oslo.\n',
    'conversations.json': JSON.stringify([CHATGPT]),
    'other.key': `${key}\n`,
    'input.json': JSON.stringify({ session_id: 'a', cwd: dir, prompt: 'When does the harbour open?' }),
    '.claude/projects/harbour/s1.jsonl': `${JSON.stringify(turn)}\n`,
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(dir, name), text);
  return dir;
}

const NEEDY = new Set(
  'bootstrap serve health doctor config version models import sync backup restore verify encrypt decrypt rekey slots service completions mcp hook hooks'.split(
    ' ',
  ),
);
const EXAMPLES = COMMANDS.filter(({ name }) => NEEDY.has(name)).flatMap(({ examples }) => examples);

describe('examples that need more than a store', () => {
  it('are each typed here or run by tests of their own', () => {
    const told = [...Object.keys(TYPED), ...Object.values(ELSEWHERE).flat()];
    expect(told.sort()).toEqual([...EXAMPLES].sort());
    const there = readdirSync(import.meta.dirname);
    for (const file of Object.keys(ELSEWHERE)) if (file.endsWith('.ts')) expect(there).toContain(file);
  });

  it.each(Object.entries(TYPED))('%s', async (line, { before, env = {}, asks, says, code = 0 }) => {
    const dir = home();
    const free = await freePort();
    const port = asks ? other.port : free;
    const typed = line
      .replaceAll('http://192.168.1.5:4200', other.url)
      .replaceAll('127.0.0.1:4200', `127.0.0.1:${port}`)
      .replaceAll('/mnt/usb/', join(dir, 'usb/'));
    const variables = {
      ...{ HOME: dir, PATH: `${programs}:/usr/bin:/bin`, ENGRAM_UNDERSTANDING: '0', ENGRAM_EMBEDDING_MODEL: 'none' },
      ...(asks ? { ENGRAM_URL: other.url, ENGRAM_API_KEY: key } : { ENGRAM_PORT: String(port) }),
      ...env,
    };
    const shell = (text: string) =>
      spawnSync('bash', ['-c', text], { cwd: dir, env: variables, encoding: 'utf8', input: '' });
    if (before !== undefined) execFileSync('bash', ['-c', before], { cwd: dir, env: variables, stdio: 'pipe' });
    const { status, stdout, stderr } = shell(typed);
    expect([status, stderr.slice(0, 2_000)], stdout).toEqual([code, expect.any(String)]);
    if (says) expect(`${stdout}${stderr}`).toMatch(says);
  });
});
