// The process of a hook as an agent starts it: it answers, or it ends with 0 and not a word, whatever is wrong.
import { once } from 'node:events';
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Listening } from '../../src/entry/cli/machine.ts';
import { listen } from '../../src/platform/listen.ts';
import { createTestApp, type TestApp, tempDir } from '../support/app.ts';
import { engram, freePort, spawnEngram } from '../support/cli.ts';
import { CLAUDE } from './contract-schemas.ts';

let app: TestApp;
let server: Listening;
beforeAll(async () => {
  app = await createTestApp();
  server = await listen(app.fetch, { host: '127.0.0.1', port: 0, maxBodyBytes: 10_000_000 });
  await app.call('POST', '/store', { content: 'The staging database of Harbour listens on port 5433.' });
});
afterAll(async () => {
  await server.close();
  await app.close();
});

const PROMPT = {
  ...{ session_id: 's', transcript_path: '/nowhere.jsonl', cwd: '/home/me/harbour', permission_mode: 'default' },
  ...{ hook_event_name: 'UserPromptSubmit', prompt: 'Which port does the staging database use?' },
};
let sessions = 0;

interface Run {
  words?: readonly string[];
  input?: object | string;
  env?: Record<string, string>;
  cwd?: string;
}
async function hook({
  words = ['claude-code', 'user-prompt-submit'],
  input = {},
  env = {},
  cwd = tempDir(),
}: Run = {}) {
  const stdin =
    typeof input === 'string' ? input : JSON.stringify({ ...PROMPT, session_id: `s${++sessions}`, ...input });
  // Whether it is quick is for the benchmark to say.
  const usual = { ENGRAM_URL: server.url, ENGRAM_API_KEY: app.key, ENGRAM_HOOK_TIMEOUT_MS: '30000' };
  const ran = await engram(['hook', ...words], { env: { ...usual, ...env }, cwd, stdin });
  const path = join(cwd, '.local/state/engram/hooks.log');
  return { ...ran, log: existsSync(path) ? readFileSync(path, 'utf8') : '' };
}
const SILENT = { code: 0, out: '', err: '' };

async function answering<T>(answer: RequestListener, work: (url: string) => Promise<T>): Promise<T> {
  const other = createServer(answer).listen(0, '127.0.0.1');
  await once(other, 'listening');
  try {
    return await work(`http://127.0.0.1:${(other.address() as AddressInfo).port}`);
  } finally {
    other.closeAllConnections();
    other.close();
  }
}

describe('a hook', () => {
  it.each([['claude-code', 'user-prompt-submit'], ['user-prompt'], ['claude-code']])(
    '%s %s answers',
    async (...words) => {
      const ran = await hook({ words });
      expect(ran).toMatchObject({ code: 0, err: '', log: '' });
      const answer = JSON.parse(ran.out);
      expect(CLAUDE.UserPromptSubmit!.safeParse(answer).success).toBe(true);
      expect(answer.hookSpecificOutput.additionalContext).toContain('5433');
    },
  );

  it('prints nothing when there is nothing to tell', async () => {
    expect(await hook({ input: { prompt: 'How do penguins hatch?' } })).toEqual({ ...SILENT, log: '' });
  });

  it('reads what was said from the transcript, and learns from it', async () => {
    const cwd = tempDir();
    mkdirSync(join(cwd, 'lighthouse/.git'), { recursive: true });
    mkdirSync(join(cwd, 'lighthouse/src'));
    const path = join(cwd, 'session.jsonl');
    const line = (type: string, content: unknown, more: object = {}) =>
      `${JSON.stringify({ type, message: { role: type, content }, timestamp: '2026-03-02T11:00:00.123Z', ...more })}\n`;
    writeFileSync(path, 'half a line that was cut\n');
    appendFileSync(path, line('user', 'We decided to paint the lighthouse red.'));
    appendFileSync(path, line('user', [{ type: 'tool_result', content: 'We decided to paint it blue.' }]));
    appendFileSync(path, line('user', 'We decided to paint it green.', { isSidechain: true }));
    appendFileSync(
      path,
      line('assistant', [
        { type: 'thinking', thinking: 'x' },
        { type: 'text', text: 'Red it is.' },
      ]),
    );
    const input = {
      hook_event_name: 'Stop',
      session_id: 'lamp',
      transcript_path: path,
      cwd: join(cwd, 'lighthouse/src'),
    };
    expect(await hook({ words: ['claude-code', 'stop'], input })).toMatchObject(SILENT);
    const { pending } = (await app.call('GET', '/inbox')).body;
    expect(pending.map(({ content }: { content: string }) => content)).toEqual([
      'We decided to paint the lighthouse red.',
    ]);
    expect(pending[0].tags).toContain('project:lighthouse');
    const { conversations } = (await app.call('GET', '/conversations')).body;
    expect(conversations.find((one: { session_id: string }) => one.session_id === 'lamp').message_count).toBe(2);
  });

  it('reads settings of its user, and none of the folder it runs in', async () => {
    const settings = tempDir();
    const file = join(settings, 'settings.toml');
    writeFileSync(file, `server_url = "${server.url}"\nclient_key = "${app.key}"\n`);
    const env = { ENGRAM_URL: '', ENGRAM_API_KEY: '', ENGRAM_CONFIG_FILE: file };
    expect((await hook({ env })).out).toContain('5433');
    const seen: string[] = [];
    await answering(
      (request, response) => {
        seen.push(request.headers.authorization ?? '');
        response.end('{}');
      },
      async (url) => {
        const cwd = tempDir();
        writeFileSync(join(cwd, 'engram.toml'), `server_url = "${url}"\n`);
        expect((await hook({ cwd, env })).out).toContain('5433');
      },
    );
    expect(seen).toEqual([]);
  });

  it('is off when it is told so, and for sessions that a program drives, whose commands it still checks', async () => {
    expect(await hook({ env: { ENGRAM_HOOKS: 'off' } })).toEqual({ ...SILENT, log: '' });
    const env = { CLAUDE_CODE_ENTRYPOINT: 'sdk-ts' };
    expect(await hook({ env })).toEqual({ ...SILENT, log: '' });
    const input = { hook_event_name: 'PreToolUse', tool_name: 'Bash', tool_input: { command: 'rm -rf /' } };
    expect((await hook({ words: ['claude-code', 'pre-tool-use'], input, env })).out).toContain('"deny"');
    expect((await hook({ env: { CLAUDE_CODE_ENTRYPOINT: 'cli' } })).out).toContain('5433');
  });

  it('shortens what a tool printed', async () => {
    const stdout = `[main 1a2b3c4] Light the lamp\n${'x'.repeat(5_000_000)}`;
    const input = {
      hook_event_name: 'PostToolUse',
      tool_name: 'Bash',
      tool_input: { command: 'git commit -m x' },
      tool_response: { stdout },
    };
    expect(await hook({ words: ['claude-code', 'post-tool-use'], input })).toMatchObject({ ...SILENT, log: '' });
    const { results } = (await app.call('GET', '/list')).body;
    expect(results[0].content).toBe('Committed in harbour on main: Light the lamp');
  });

  it('shows its help', async () => {
    const { code, out } = await engram(['hook', '--help']);
    expect([code, out]).toEqual([0, expect.stringContaining('ENGRAM_HOOK_TIMEOUT_MS')]);
  });
});

describe('a hook lets the agent go on, and says why in its log alone', () => {
  it('when no server runs', async () => {
    const { log, ...ran } = await hook({ env: { ENGRAM_URL: `http://127.0.0.1:${await freePort()}` } });
    expect(ran).toEqual(SILENT);
    expect(log).toMatch(/^\S+Z claude-code user-prompt-submit: http:\S+ did not answer \(ECONNREFUSED\)\n$/i);
  });

  it('when the server never answers', async () => {
    const { log, ...ran } = await answering(
      () => {},
      (url) => hook({ env: { ENGRAM_URL: url, ENGRAM_HOOK_TIMEOUT_MS: '300' } }),
    );
    expect([ran, log]).toEqual([SILENT, expect.stringContaining('took longer than 300 ms')]);
  });

  it('when the answer never ends', async () => {
    const { log, ...ran } = await answering(
      (_, response) => void response.write('{"hookSpecific'),
      (url) => hook({ env: { ENGRAM_URL: url, ENGRAM_HOOK_TIMEOUT_MS: '300' } }),
    );
    expect([ran, log]).toEqual([SILENT, expect.stringContaining('took longer than 300 ms')]);
  });

  it('when what comes in never ends', async () => {
    const cwd = tempDir();
    const env = { ENGRAM_URL: server.url, ENGRAM_HOOK_TIMEOUT_MS: '300' };
    const child = spawnEngram(['hook', 'claude-code', 'stop'], { env, cwd });
    child.stdin!.on('error', () => {});
    child.stdin!.write('{"hook_event_name":');
    expect(await once(child, 'close')).toEqual([0, null]);
    expect(readFileSync(join(cwd, '.local/state/engram/hooks.log'), 'utf8')).toContain('took longer');
  });

  const ANSWERS: [string, RequestListener, string][] = [
    ['fails', (_, response) => void response.writeHead(500).end('{"error":"x"}'), 'answered 500'],
    ['is another one', (_, response) => void response.end('<html>Hello</html>'), 'not an Engram server'],
    ['wants to stop the agent', (_, response) => void response.end('{"continue":false}'), 'not an Engram server'],
    ['answers a list', (_, response) => void response.end('[1]'), 'not an Engram server'],
    ['hangs up', (request) => void request.socket.destroy(), 'did not answer'],
    [
      'sends it elsewhere',
      (_, response) => void response.writeHead(307, { location: 'http://127.0.0.1:1/' }).end(),
      'did not answer',
    ],
  ];
  it.each(ANSWERS)('when the server %s', async (_, answer, why) => {
    const { log, ...ran } = await answering(answer, (url) => hook({ env: { ENGRAM_URL: url } }));
    expect([ran, log]).toEqual([SILENT, expect.stringContaining(why)]);
  });

  it.each([
    ['no key', { ENGRAM_API_KEY: '' }, 'wants a key: set ENGRAM_API_KEY'],
    ['a wrong key', { ENGRAM_API_KEY: `eg_${'0'.repeat(64)}` }, 'does not accept the key'],
    ['an address that is none', { ENGRAM_URL: 'localhost' }, 'is no http address'],
    ['a limit that is none', { ENGRAM_HOOK_TIMEOUT_MS: 'soon', ENGRAM_API_KEY: '' }, 'wants a key'],
    ['settings that are no TOML', { ENGRAM_API_KEY: '', ENGRAM_CONFIG_FILE: '/proc/self/status' }, 'failed'],
  ])('when there is %s', async (_, env, why) => {
    const { log, ...ran } = await hook({ env });
    expect([ran, log]).toEqual([SILENT, expect.stringContaining(why)]);
  });

  it.each([
    ['nothing', ''],
    ['no JSON', 'garbage \0 {'],
    ['no object', '[1, 2]'],
    ['too much', `{"prompt":"${'x'.repeat(17_000_000)}"}`],
    ['something endlessly deep', `{"tool_input":${'['.repeat(5_000)}${']'.repeat(5_000)}}`],
  ])('when %s comes in', async (_, input) => {
    expect(await hook({ input })).toMatchObject(SILENT);
  });

  it('when its log cannot be written', async () => {
    const env = { ENGRAM_URL: 'http://127.0.0.1:1', ENGRAM_HOOK_LOG: '/proc/nowhere/hooks.log' };
    expect(await hook({ env })).toEqual({ ...SILENT, log: '' });
  });
});

it('200 hooks leave no process behind', async () => {
  const mark = `mark-${process.pid}-${Math.trunc(performance.now())}`;
  const words = ['claude-code', 'user-prompt-submit', mark];
  const down = `http://127.0.0.1:${await freePort()}`;
  for (let i = 0; i < 20; i++) {
    const round = Array.from({ length: 10 }, (_, j) => hook({ words, env: j % 2 ? { ENGRAM_URL: down } : {} }));
    for (const ran of await Promise.all(round)) expect(ran.code).toBe(0);
  }
  const left = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((id) => {
      try {
        return readFileSync(`/proc/${id}/cmdline`, 'utf8').includes(mark);
      } catch {
        return false; // It ended while we looked.
      }
    });
  expect(left).toEqual([]);
});
