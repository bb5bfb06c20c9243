// The first day of somebody who has downloaded one file: nothing else is installed, and nothing answers on the network.

import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import {
  BINARY,
  type BinaryOptions,
  type BinaryServer,
  emptyFolder,
  named,
  run,
  serve,
  VERSION,
} from '../support/binary.ts';

const running: BinaryServer[] = [];
const up = async (options: Parameters<typeof serve>[0]): Promise<BinaryServer> => {
  const server = await serve(options);
  running.push(server);
  return server;
};
afterEach(async () => {
  for (const server of running.splice(0)) await server.stop();
});

const TOLD = 'The user takes the tram to the office every morning.';
const ASKED = 'How does he commute to work?';
const OTHERS = ['The cat is called Minka.', 'Lunch is at noon.', 'The router in the hall needs a restart at times.'];

/** Told as it comes back when asked in other words. */
async function found(server: BinaryServer): Promise<void> {
  const { status, body } = await server.call('POST', '/search', { query: ASKED, limit: 3 });
  expect(status).toBe(200);
  expect(body.degraded).toEqual([]);
  expect(body.results[0].content).toBe(TOLD);
}

describe('an empty folder', () => {
  it.runIf(process.env.ENGRAM_TEST_OFFLINE === '1')('is on a machine without a network', () => {
    expect(Object.keys(networkInterfaces())).toEqual(['lo']);
  });

  it('says its version without writing anything', async () => {
    const cwd = emptyFolder();
    expect(await run(['--version'], { cwd })).toEqual({ code: 0, out: `engram ${VERSION}\n`, err: '' });
    expect(readdirSync(cwd)).toEqual([]);
  });

  it('stores, finds by paraphrase, and still does after a restart', async () => {
    const cwd = emptyFolder();
    const first = await up({ cwd });
    const key = await first.bootstrap();
    for (const content of [...OTHERS, TOLD])
      expect((await first.call('POST', '/store', { content })).status).toBeLessThan(300);
    await found(first);
    expect(await first.stop()).toBe(0);
    await found(await up({ cwd, key }));
    // Logs are for what is wrong.
    expect(first.seen.err).toBe('');
  });

  it('is a command line as well, without a server', async () => {
    const options = { cwd: emptyFolder() };
    expect(await run(['store', TOLD], options)).toMatchObject({ code: 0 });
    const { out } = await run(['search', ASKED, '--json'], options);
    expect(JSON.parse(out)).toMatchObject({ degraded: [], results: [{ content: TOLD }] });
  });

  it('keeps backups and takes them back', async () => {
    const cwd = emptyFolder();
    expect(await run(['store', TOLD], { cwd })).toMatchObject({ code: 0 });
    expect(await run(['backup', 'copy.db'], { cwd })).toMatchObject({ code: 0 });
    expect(await run(['verify', 'copy.db'], { cwd })).toMatchObject({ code: 0 });
    rmSync(join(cwd, 'data'), { recursive: true });
    expect(await run(['restore', 'copy.db'], { cwd })).toMatchObject({ code: 0 });
    expect(await run(['compact'], { cwd })).toMatchObject({ code: 0 });
    expect((await run(['search', ASKED], { cwd })).out).toContain(TOLD);
  });
});

describe('an encrypted store', () => {
  const env = { ENGRAM_ENCRYPTION_MODE: 'env', ENGRAM_DB_KEY: 'ab'.repeat(32) };

  it('opens with its key and with no other', async () => {
    const options: BinaryOptions = { cwd: emptyFolder(), env };
    expect(await run(['store', TOLD], options)).toMatchObject({ code: 0 });
    expect((await run(['search', ASKED], options)).out).toContain(TOLD);
    const wrong = await run(['search', ASKED], { ...options, env: { ...env, ENGRAM_DB_KEY: 'cd'.repeat(32) } });
    expect(wrong).toMatchObject({ code: 1, out: '' });
    expect(wrong.err).toContain('cannot be opened with this key');
  });
});

describe('what lies around', () => {
  it('is none of its business: .env, bunfig.toml, tsconfig.json, package.json', async () => {
    const cwd = emptyFolder();
    writeFileSync(join(cwd, '.env'), 'ENGRAM_PORT=4999\nENGRAM_LOG_LEVEL=nonsense\n');
    writeFileSync(join(cwd, 'bunfig.toml'), 'preload = ["./loaded.ts"]\n');
    writeFileSync(join(cwd, 'loaded.ts'), `require('node:fs').writeFileSync('was-loaded', '');`);
    writeFileSync(join(cwd, 'tsconfig.json'), '{ this is no JSON');
    writeFileSync(join(cwd, 'package.json'), '{ nor is this');
    const { code, out } = await run(['config', '--json'], { cwd });
    expect(code).toBe(0);
    expect(out).not.toContain('4999');
    expect(existsSync(join(cwd, 'was-loaded'))).toBe(false);
  });
});

describe('other names', () => {
  it('engram-server runs the server', async () => {
    const cwd = emptyFolder();
    const server = await up({ cwd, file: named('engram-server', cwd), args: [] });
    expect((await fetch(`${server.url}/health`)).status).toBe(200);
  });

  it.each(['link', 'copy'] as const)('engram-cli, a %s, is the command line', async (how) => {
    const cwd = emptyFolder();
    expect(await run(['--version'], { cwd, file: named('engram-cli', cwd, how) })).toMatchObject({
      code: 0,
      out: `engram ${VERSION}\n`,
    });
  });

  it('an agent is told to start this very file', async () => {
    const cwd = emptyFolder();
    expect(await run(['hooks', 'install', 'claude-code'], { cwd })).toMatchObject({ code: 0 });
    const settings = readFileSync(join(cwd, '.claude', 'settings.json'), 'utf8');
    expect(settings).toContain(JSON.stringify(BINARY));
    expect(settings).not.toContain('$bunfs');
  });

  it('a folder that cannot be written to is named', async () => {
    const cwd = emptyFolder();
    mkdirSync(join(cwd, 'nowhere'));
    const { code, err } = await run(['serve', '--data-dir', '/proc/engram', '--port', '0'], { cwd, file: BINARY });
    expect(code).toBe(1);
    expect(err).toContain('/proc/engram');
  });
});
