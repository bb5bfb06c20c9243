// `engram mcp` as clients start it: real processes, pipes, and one store that several of them use.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { describe, expect, it } from 'vitest';
import { tempDir } from '../support/app.ts';
import { engram, freePort, serve } from '../support/cli.ts';
import { INITIALIZE, pipe } from './processes.ts';
import { given, optionsOf, said } from './support.ts';

const PLAIN = { ENGRAM_EMBEDDING_MODEL: 'none', ENGRAM_UNDERSTANDING: '0' };
const place = async () => {
  const cwd = tempDir();
  const port = String(await freePort());
  return { cwd, env: { ...PLAIN, ENGRAM_PORT: port, ENGRAM_DATA_DIR: join(cwd, 'data') } };
};
const keyFile = (cwd: string, port: string) => join(cwd, '.local/state/engram', `local-${port}.key`);

describe('a store of its own', () => {
  it('is used by a second client, by commands, and taken over when the first one ends', async () => {
    const here = await place();
    const first = pipe([], here);
    const hello = await first.ask('initialize', INITIALIZE);
    expect(hello.result).toMatchObject({ protocolVersion: '2025-11-25', serverInfo: { name: 'engram' } });
    await first.tool('memory_store', { content: 'The spare key is under the third stone' });

    const second = pipe([], here);
    expect(said(await second.tool('memory_search', { query: 'spare key' }))).toContain('third stone');
    expect((await engram(['list'], here)).out).toContain('third stone');
    const stored = await second.tool('memory_store', { content: 'The boat needs a new rope' });
    expect((await engram(['list', '--json'], here)).out).toContain('"agent":"a-client"');
    expect(given(stored).created).toBe(true);
    const prompt = {
      session_id: 's',
      cwd: here.cwd,
      hook_event_name: 'UserPromptSubmit',
      prompt: 'where is the spare key?',
    };
    const hooked = await engram(['hook', 'claude-code'], { ...here, stdin: JSON.stringify(prompt) });
    expect(hooked.out).toContain('third stone');
    expect(existsSync(keyFile(here.cwd, here.env.ENGRAM_PORT))).toBe(true);

    expect(await first.end()).toBe(0);
    expect(existsSync(keyFile(here.cwd, here.env.ENGRAM_PORT))).toBe(false);
    expect(said(await second.tool('memory_list'))).toContain('new rope');
    // Now the second one has the store, and lets others in as the first one did.
    expect((await engram(['search', 'rope'], here)).out).toContain('new rope');
    const third = pipe([], here);
    expect(said(await third.tool('memory_list'))).toContain('third stone');
    expect(await second.stop('SIGTERM')).toBe(0);
    expect(await third.end()).toBe(0);
  });

  it('opens for nobody without a key, or with one that a killed program left behind', async () => {
    const here = await place();
    const url = `http://127.0.0.1:${here.env.ENGRAM_PORT}`;
    const first = pipe([], here);
    await first.ask('initialize', INITIALIZE);
    expect((await fetch(`${url}/list`)).status).toBe(401);
    const old = await Bun.file(keyFile(here.cwd, here.env.ENGRAM_PORT)).text();
    await first.stop('SIGKILL');
    const second = pipe([], here);
    await second.tool('memory_store', { content: 'After the crash' });
    const showing = (key: string) => fetch(`${url}/list`, { headers: { authorization: `Bearer ${key.trim()}` } });
    expect((await showing(old)).status).toBe(401);
    expect((await showing(await Bun.file(keyFile(here.cwd, here.env.ENGRAM_PORT)).text())).status).toBe(200);
    expect(await second.end()).toBe(0);
  });

  it('holds a client to the key it was given', async () => {
    const here = await place();
    const first = pipe([], { ...here, env: { ...here.env, ENGRAM_API_KEY: `eg_${'a'.repeat(64)}` } });
    // As for a server: the first key there is becomes that of the first user.
    expect(given(await first.tool('memory_store', { content: 'With a key' })).created).toBe(true);
    await first.end();
    const wrong = pipe([], { ...here, env: { ...here.env, ENGRAM_API_KEY: `eg_${'b'.repeat(64)}` } });
    const refused = await wrong.ask('initialize', INITIALIZE);
    expect(refused.error.message).toMatch(/not valid here.*ENGRAM_API_KEY/s);
    await wrong.end();
  });
});

describe('a server', () => {
  it('is used when it is up, also after it was restarted', async () => {
    const cwd = tempDir();
    const dir = join(cwd, 'data');
    const port = String(await freePort());
    const env = { ...PLAIN };
    const server = await serve(dir, { env, cwd, args: ['--port', port] });
    const key = (await server.call(['bootstrap', '--quiet'])).out.trim();
    const client = pipe(['--tools', 'graph'], { cwd, env: { ...env, ENGRAM_URL: server.url, ENGRAM_API_KEY: key } });
    await client.ask('initialize', INITIALIZE);
    expect((await client.ask('tools/list')).result.tools).toHaveLength(12);
    await client.tool('memory_store', { content: 'Before the restart' });
    expect(await server.stop()).toBe(0);
    const down = await client.tool('memory_list');
    expect(down.isError).toBe(true);
    expect(said(down)).toContain('Nothing answers at');
    expect((await client.ask('resources/list')).error.message).toContain('Nothing answers at');
    const again = await serve(dir, { env, cwd, args: ['--port', port] });
    expect(said(await client.tool('memory_list'))).toContain('Before the restart');
    expect(await client.end()).toBe(0);
    await again.stop();
  });
});

describe('the pipe', () => {
  it('speaks with the official client in every protocol', async () => {
    const here = await place();
    const keeper = pipe([], here);
    await keeper.ask('initialize', INITIALIZE);
    for (const era of ['2025-06-18', '2025-11-25', '2026-07-28'] as const) {
      const transport = new StdioClientTransport({
        command: process.execPath,
        args: [join(import.meta.dirname, '../../src/main.ts'), 'mcp'],
        env: { ...here.env, HOME: here.cwd },
        cwd: here.cwd,
      });
      const client = new Client({ name: `client of ${era}`, version: '1.0.0' }, optionsOf(era));
      await client.connect(transport);
      expect((await client.listTools()).tools).toHaveLength(8);
      await client.callTool({ name: 'memory_store', arguments: { content: `Said in ${era}` } });
      expect(said(await client.callTool({ name: 'memory_list', arguments: {} }))).toContain(`Said in ${era}`);
      expect((await client.listPrompts()).prompts).toHaveLength(3);
      expect((await client.readResource({ uri: 'engram://stats' })).contents).toHaveLength(1);
      await client.close();
    }
    expect((await engram(['list', '--json'], here)).out).toContain('"agent":"client of 2026-07-28"');
    await keeper.end();
  });

  it('takes and gives messages behind headers, as clients of older Engrams send them', async () => {
    const client = pipe([], { ...(await place()), headed: true });
    const hello = await client.ask('initialize', { ...INITIALIZE, protocolVersion: '2024-11-05' });
    expect(hello.result.protocolVersion).toBe('2024-11-05');
    const made = await client.tool('memory.store', { content: 'Größe: 42 µm' });
    expect(given(made).created).toBe(true);
    expect(given(await client.tool('memory.list')).results[0].content).toBe('Größe: 42 µm');
    expect(await client.end()).toBe(0);
  });

  it('answers what it can, whatever comes', async () => {
    const client = pipe([], await place());
    client.raw('{"jsonrpc": "2.0", "id": 1,\n');
    expect((await client.until(({ error }) => error?.code === -32_700)).id).toBe(null);
    client.raw('[1, 2]\n"text"\n\n  \r\n');
    await client.until(({ error }) => error?.code === -32_600);
    client.raw(`${'x'.repeat(10 * 1024 * 1024 + 10)}\n`);
    await client.until(({ error }) => /longer than any/.test(error?.message ?? ''));
    client.send({ jsonrpc: '2.0', id: 'é', method: 'no/such' });
    expect((await client.until(({ id }) => id === 'é')).error.code).toBe(-32_601);
    client.send({ jsonrpc: '2.0', method: 'notifications/initialized' });
    const large = await client.tool('memory_store', { content: 'y'.repeat(3 * 1024 * 1024) });
    expect(said(large)).toContain('larger than');
    expect((await client.ask('ping')).result).toEqual({});
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, i) => client.tool('memory_store', { content: `No. ${i}` })),
    );
    expect(new Set(answers.map((one) => given(one).id)).size).toBe(40);
    client.send({ jsonrpc: '2.0', id: 'c', method: 'tools/call', params: { name: 'memory_list', arguments: {} } });
    client.send({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 'c' } });
    expect((await client.ask('ping')).result).toEqual({});
    expect(client.messages.every((message) => message.jsonrpc === '2.0')).toBe(true);
    expect(await client.end()).toBe(0);
  });

  it('writes nothing but messages, and answers what is under way when its input ends', async () => {
    const here = await place();
    const said_ = [
      { jsonrpc: '2.0', id: 1, method: 'initialize', params: INITIALIZE },
      {
        jsonrpc: '2.0',
        id: 2,
        method: 'tools/call',
        params: { name: 'memory_store', arguments: { content: 'Piped in' } },
      },
    ];
    const stdin = said_.map((message) => `${JSON.stringify(message)}\n`).join('');
    const { code, out } = await engram(['mcp', '--log-level', 'debug'], { ...here, stdin });
    expect(code).toBe(0);
    const answers = out
      .trim()
      .split('\n')
      .map((text) => JSON.parse(text));
    expect(answers.map(({ id }) => id).sort()).toEqual([1, 2]);
  });
});

describe('--print-config', () => {
  it.each(['claude-code', 'claude-desktop', 'cursor', 'vscode', 'gemini', 'windsurf', 'zed', 'opencode'])(
    '%s',
    async (name) => {
      const local = await engram(['mcp', '--print-config', name, '--data-dir', '/somewhere']);
      expect(local.code).toBe(0);
      expect(JSON.stringify(JSON.parse(local.out))).toContain('"mcp","--data-dir","/somewhere"');
      const remote = await engram(['mcp', '--print-config', name, '--server', 'https://engram.example']);
      expect(JSON.stringify(JSON.parse(remote.out))).toContain('https://engram.example');
    },
  );
  it('codex, and clients that are not known', async () => {
    const { out, err } = await engram(['mcp', '--print-config', 'codex', '--tools', 'graph']);
    expect(out).toMatch(
      /^\[mcp_servers\.engram\]\ncommand = ".*"\nargs = \[.*"mcp", "--data-dir", ".*", "--tools", "graph"\]\n$/,
    );
    expect(err).toContain('~/.codex/config.toml');
    const unknown = await engram(['mcp', '--print-config', 'cursr']);
    expect(unknown.code).toBe(2);
    expect(unknown.err).toContain('did you mean cursor?');
    expect((await engram(['mcp', '--tools', 'magic'])).err).toContain('names no groups');
    expect((await engram(['mcp', '--transport', 'http'])).err).toContain('engram serve');
  });
});
