// engram hooks, as people call it.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Listening } from '../../src/entry/cli/machine.ts';
import { listen } from '../../src/platform/listen.ts';
import { createTestApp, type TestApp, tempDir } from '../support/app.ts';
import { engram, freePort } from '../support/cli.ts';

let app: TestApp;
let server: Listening;
beforeAll(async () => {
  app = await createTestApp();
  server = await listen(app.fetch, { host: '127.0.0.1', port: 0, maxBodyBytes: 10_000_000 });
});
afterAll(async () => {
  await server.close();
  await app.close();
});

const hooks = async (cwd: string, words: string[], env: Record<string, string> = {}) => {
  const { code, out, err } = await engram(['hooks', ...words, '--json'], { cwd, env });
  return { code, err, body: out === '' ? null : JSON.parse(out) };
};

describe('engram hooks', () => {
  it('installs, says so, and takes it back', async () => {
    const home = tempDir();
    mkdirSync(join(home, '.claude'));
    const [settings, claude] = [join(home, '.claude/settings.json'), join(home, '.claude.json')];
    writeFileSync(settings, '{\n\t"model": "opus"\n}');
    const { body } = await hooks(home, ['install', 'claude-code', '--mcp']);
    expect(body.files).toEqual([
      { agent: 'claude-code', path: settings, outcome: 'written', backup: `${settings}.engram-backup` },
      { agent: 'claude-code', path: claude, outcome: 'written', backup: null },
    ]);
    const { command, args } = JSON.parse(readFileSync(settings, 'utf8')).hooks.Stop[0].hooks[0];
    expect([command, ...args]).toEqual([
      ...[process.execPath, '--no-env-file', expect.stringMatching(/main\.ts$/), 'hook', 'claude-code', 'stop'],
    ]);
    const { agents } = (await hooks(home, ['status'])).body;
    expect(agents[0]).toEqual({ agent: 'claude-code', path: settings, state: 'installed', mcp: true });
    expect(agents.slice(1).map(({ state }: { state: string }) => state)).toEqual(Array(4).fill('not installed'));
    // Once more for another way: the MCP server stays.
    await hooks(home, ['install', 'claude-code', '--http']);
    expect(readFileSync(settings, 'utf8')).toContain('/hooks/claude-code"');
    expect((await hooks(home, ['status', 'claude-code'])).body.agents[0]).toMatchObject({
      state: 'installed',
      mcp: true,
    });
    await hooks(home, ['uninstall', 'claude-code']);
    expect(readFileSync(settings, 'utf8')).toBe('{\n\t"model": "opus"\n}');
    expect([existsSync(claude), existsSync(`${settings}.engram-backup`)]).toEqual([false, false]);
  });

  it('keeps to a project when asked, in the file that is not shared', async () => {
    const home = tempDir();
    await hooks(home, ['install', 'claude-code', 'codex', '--project']);
    expect(existsSync(join(home, '.claude/settings.local.json'))).toBe(true);
    expect(existsSync(join(home, '.codex/config.toml'))).toBe(true);
    expect(existsSync(join(home, '.claude/settings.json'))).toBe(false);
  });

  it('knows hooks and server in one file apart', async () => {
    const home = tempDir();
    const path = join(home, '.gemini/settings.json');
    await hooks(home, ['install', 'gemini', '--mcp']);
    expect((await hooks(home, ['status', 'gemini'])).body.agents[0]).toMatchObject({ state: 'installed', mcp: true });
    const before = readFileSync(path, 'utf8');
    const { body } = await hooks(home, ['install', 'gemini']);
    expect([body.files[0].outcome, readFileSync(path, 'utf8')]).toEqual(['unchanged', before]);
    writeFileSync(
      path,
      before.replaceAll('hook gemini stop', 'hook gemini stop').replace('"timeout": 5000', '"timeout": 900'),
    );
    expect((await hooks(home, ['status', 'gemini'])).body.agents[0].state).toBe('other version');
    writeFileSync(path, '{');
    expect((await hooks(home, ['status', 'gemini'])).body.agents[0].state).toBe('unreadable');
    expect(await hooks(home, ['uninstall', 'gemini'])).toMatchObject({ code: 1, err: expect.stringContaining(path) });
  });

  it('asks what an agent would ask', async () => {
    const home = tempDir();
    const env = { ENGRAM_URL: server.url, ENGRAM_API_KEY: app.key, ENGRAM_HOOK_TIMEOUT_MS: '30000' };
    const { code, body } = await hooks(home, ['test'], env);
    expect([code, body.tried.map((one: { event: string }) => one.event)]).toEqual([
      ...[0, ['session-start', 'user-prompt-submit', 'pre-tool-use']],
    ]);
    expect(body.tried.at(-1)).toMatchObject({ answered: true, problem: null });
    expect((await app.call('GET', '/conversations')).body.count).toBe(0);
    const down = await hooks(home, ['test', 'codex'], { ENGRAM_URL: `http://127.0.0.1:${await freePort()}` });
    expect([down.code, down.body.tried[0].problem]).toEqual([1, expect.stringContaining('did not answer')]);
  });

  it.each([
    [['install'], 'needs an agent'],
    [['install', 'clippy'], 'is not an agent whose hooks are known'],
    [['install', 'codex', '--http'], '--http goes with claude-code only'],
    [['remove', 'codex'], 'hooks has no action'],
  ])('refuses %j with a sentence', async (words, sentence) => {
    expect(await hooks(tempDir(), words)).toMatchObject({ code: 2, err: expect.stringContaining(sentence) });
  });
});
