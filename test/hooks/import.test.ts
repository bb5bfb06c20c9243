// Sessions that agents have kept on disk, brought into a memory that is empty.
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Listening } from '../../src/entry/cli/machine.ts';
import { listen } from '../../src/platform/listen.ts';
import { createTestApp, type TestApp, tempDir } from '../support/app.ts';
import { engram } from '../support/cli.ts';

let app: TestApp;
let server: Listening;
let home: string;
beforeAll(async () => {
  app = await createTestApp();
  server = await listen(app.fetch, { host: '127.0.0.1', port: 0, maxBodyBytes: 10_000_000 });
  home = tempDir();
});
afterAll(async () => {
  await server.close();
  await app.close();
});

const run = async (...words: string[]) => {
  const env = { ENGRAM_URL: server.url, ENGRAM_API_KEY: app.key };
  const { code, out, err } = await engram(['import', ...words, '--json'], { env, cwd: home });
  return { code, err, ...(out === '' ? {} : JSON.parse(out)) };
};
const waiting = async () =>
  (await app.call('GET', '/inbox')).body.pending.map(({ content }: { content: string }) => content).sort();
const claude = (role: string, content: unknown, timestamp: string, more: object = {}) =>
  `${JSON.stringify({ type: role, sessionId: 'one', cwd: '/home/me/harbour', timestamp, message: { role, content }, ...more })}\n`;

describe('engram import claude-code', () => {
  const secret = `ghp_${'a1B2c3D4e5F6'.repeat(3)}`;
  let path: string;
  beforeAll(() => {
    const folder = join(home, '.claude/projects/-home-me-harbour');
    mkdirSync(join(folder, 'one/subagents'), { recursive: true });
    path = join(folder, 'one.jsonl');
    writeFileSync(path, `${JSON.stringify({ type: 'summary', summary: 'Harbour' })}\n`);
    appendFileSync(path, claude('user', 'We decided to use Postgres for the harbour.', '2026-02-01T10:00:00.001Z'));
    appendFileSync(path, claude('assistant', [{ type: 'text', text: 'Postgres it is.' }], '2026-02-01T10:00:01.000Z'));
    appendFileSync(path, '{"type":"user","message":{"content":\n\0garbage\n');
    appendFileSync(
      path,
      claude('user', [{ type: 'tool_result', content: 'We decided to use Oracle.' }], '2026-02-01T10:00:02Z'),
    );
    appendFileSync(path, claude('user', `Remember that the token is ${secret}.`, '2026-02-01T10:00:03.000Z'));
    appendFileSync(path, claude('user', 'We decided to use Mongo.', '2026-02-01T10:00:04Z', { isSidechain: true }));
    const aside = claude('user', 'We decided to use Redis.', '2026-02-01T10:00:05Z', { sessionId: 'aside' });
    writeFileSync(join(folder, 'one/subagents/agent-1.jsonl'), aside);
    writeFileSync(join(folder, 'agent-2.jsonl'), aside);
    writeFileSync(join(folder, 'empty.jsonl'), '');
  });

  it('says what it would do', async () => {
    expect(await run('claude-code', '--dry-run')).toMatchObject({
      code: 0,
      recorded: 3,
      learned: 2,
      malformed: 2,
      dry_run: true,
    });
    expect(await waiting()).toEqual([]);
    expect((await app.call('GET', '/conversations')).body.count).toBe(0);
  });

  it('brings in conversations and what was said in them that is worth remembering', async () => {
    expect(await run('claude-code')).toMatchObject({
      code: 0,
      sessions: 1,
      recorded: 3,
      known: 0,
      learned: 2,
      malformed: 2,
    });
    expect(await waiting()).toEqual([
      'The token is [REDACTED:github-token].',
      'We decided to use Postgres for the harbour.',
    ]);
    const { pending } = (await app.call('GET', '/inbox')).body;
    expect(pending.at(-1)).toMatchObject({
      occurred_at: '2026-02-01 10:00:00',
      source: 'claude-code',
      session_id: 'one',
    });
    const { conversations } = (await app.call('GET', '/conversations')).body;
    expect(conversations).toMatchObject([{ session_id: 'one', agent: 'claude-code', message_count: 3 }]);
    expect(JSON.stringify((await app.call('GET', `/conversations/${conversations[0].id}`)).body)).not.toContain(secret);
  });

  it('brings in only what is new when it is run again', async () => {
    expect(await run('claude-code')).toMatchObject({ recorded: 0, known: 3, learned: 0 });
    appendFileSync(path, claude('user', 'My name is Ada.', '2026-02-02T10:00:00.000Z'));
    expect(await run('claude-code')).toMatchObject({ sessions: 1, recorded: 1, known: 3, learned: 1 });
    expect(await waiting()).toContain('My name is Ada.');
  });

  it('takes a file, and only what was said from a time on', async () => {
    const file = join(home, 'two.jsonl');
    writeFileSync(file, claude('user', 'We decided to sail.', '2026-01-01T00:00:00Z', { sessionId: 'two' }));
    appendFileSync(file, claude('user', 'We decided to row.', '2026-02-01T00:00:00Z', { sessionId: 'two' }));
    expect(await run('claude-code', file, '--since', '2026-01-15')).toMatchObject({ recorded: 1, known: 0 });
    expect(await waiting()).toContain('We decided to row.');
    expect(await waiting()).not.toContain('We decided to sail.');
  });

  it('refuses what it cannot do with a sentence', async () => {
    expect(await run('claude-code', '/nowhere/at/all')).toMatchObject({
      code: 2,
      err: expect.stringContaining('cannot be read (ENOENT)'),
    });
    expect(await run('claude-code', '--since', 'yesterday')).toMatchObject({ code: 2 });
    expect(await run('notes.json', '--since', '2026-01-01')).toMatchObject({
      code: 2,
      err: expect.stringContaining('--since'),
    });
  });
});

it('engram import codex brings in its sessions', async () => {
  const folder = join(home, '.codex/sessions/2026/02/03');
  mkdirSync(folder, { recursive: true });
  const line = (type: string, payload: object) =>
    `${JSON.stringify({ timestamp: '2026-02-03T10:00:00.000Z', type, payload })}\n`;
  const said = (role: string, kind: string, text: string) =>
    line('response_item', { type: 'message', role, content: [{ type: kind, text }] });
  const text = [
    line('session_meta', { id: 'c-1', cwd: '/home/me/lighthouse' }),
    said('user', 'input_text', '<environment_context><cwd>/home/me</cwd></environment_context>'),
    said('user', 'input_text', 'We decided to paint the lighthouse white.'),
    line('event_msg', { type: 'user_message', message: 'We decided to paint the lighthouse white.' }),
    said('assistant', 'output_text', 'White.'),
  ].join('');
  writeFileSync(join(folder, 'rollout-2026-02-03T10-00-00-c-1.jsonl'), text);
  expect(await run('codex')).toMatchObject({ code: 0, sessions: 1, recorded: 2, learned: 1 });
  const { conversations } = (await app.call('GET', '/conversations?agent=codex')).body;
  expect(conversations).toMatchObject([{ session_id: 'c-1', message_count: 2 }]);
  expect(await waiting()).toContain('We decided to paint the lighthouse white.');
});
