// Without a server the commands open the store themselves, if no other server was named.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { tempDir } from '../support/app.ts';
import { engram, freePort, serve } from '../support/cli.ts';

let port: number;
beforeAll(async () => {
  port = await freePort();
});
const env = () => ({ ENGRAM_PORT: String(port) });

describe('without a server', () => {
  it('every command works on the configured folder, no key needed', async () => {
    const cwd = tempDir();
    const run = async (...args: string[]) => {
      const { code, out, err } = await engram(args, { cwd, env: { ...env(), ENGRAM_DATA_DIR: join(cwd, 'memories') } });
      expect({ args, code, err }).toEqual({ args, code: 0, err: '' });
      return out;
    };
    expect(await run('store', 'Bob runs on Tuesdays', '--tags', 'bob')).toBe('Stored memory #1\n');
    expect(await run('store', 'Bob runs on Tuesdays')).toBe('Duplicate of #1\n');
    expect(JSON.parse(await run('store', 'Bob swims on Fridays', '--json'))).toMatchObject({ id: 2, stored: true });
    expect(await run('list')).toBe('#2 [general] Bob swims on Fridays\n#1 [general] Bob runs on Tuesdays\n');
    expect(await run('search', 'when does Bob run')).toMatch(/^#1 \[/m);
    expect(await run('recall', 'swims')).toContain('#2 [');
    expect(JSON.parse(await run('recall', '1'))).toMatchObject({ id: 1, tags: ['bob'], user_id: 1 });
    expect(await run('context', 'Bob')).toContain('Bob swims on Fridays');
    expect(await run('delete', '1')).toBe('Deleted memory #1\n');
    expect(await run('bootstrap')).toMatch(/^eg_[0-9a-f]{64}\n$/);
    expect(existsSync(join(cwd, 'memories', 'engram.db'))).toBe(true);
  });

  it('what was stored that way belongs to the first user of a server started later', async () => {
    const dir = tempDir();
    const at = { env: { ...env(), ENGRAM_DATA_DIR: dir } };
    await engram(['store', 'Written before any server'], at);
    const key = (await engram(['bootstrap'], at)).out.trim();
    const server = await serve(dir);
    expect(server.seen.out).not.toContain('Nobody has a key yet');
    expect((await server.call(['list', '--key', key])).out).toBe('#1 [general] Written before any server\n');
    await server.stop();
  });

  it("does not hand the caller's own key to a new store", async () => {
    const at = { cwd: tempDir(), env: { ...env(), ENGRAM_API_KEY: `eg_${'a'.repeat(32)}` } };
    expect((await engram(['store', 'x'], at)).code).toBe(0);
    expect((await engram(['bootstrap'], at)).out).not.toContain('aaaa');
  });

  it('commands that come at the same time wait for each other', async () => {
    const at = { cwd: tempDir(), env: env() };
    const all = await Promise.all([1, 2, 3, 4].map((n) => engram(['store', `burst ${n}`], at)));
    expect(all.map(({ code }) => code)).toEqual([0, 0, 0, 0]);
    expect((await engram(['list'], at)).out.trim().split('\n')).toHaveLength(4);
  });

  it('only reading where there is no store is an error and makes none', async () => {
    const cwd = tempDir();
    const { code, err } = await engram(['list'], { cwd, env: env() });
    expect({ code, err }).toEqual({
      code: 3,
      err: `Error: Nothing answers at http://127.0.0.1:${port}, and there is no store at ${cwd}/data/engram.db. Start the server with "engram serve", or name another with --server or --data-dir.\n`,
    });
    expect(existsSync(join(cwd, 'data'))).toBe(false);
  });

  it('errors are the same as over HTTP', async () => {
    const at = { cwd: tempDir(), env: env() };
    await engram(['store', 'x'], at);
    const { code, err } = await engram(['recall', '99', '--json'], at);
    expect(code).toBe(4);
    expect(JSON.parse(err)).toMatchObject({ code: 'memory_not_found' });
  });

  it('an encrypted store without its key is not opened, nor made in the clear', async () => {
    const cwd = tempDir();
    const encrypted = { ...env(), ENGRAM_ENCRYPTION_MODE: 'env' };
    const { code, err } = await engram(['store', 'x'], { cwd, env: encrypted });
    expect(code).toBe(2);
    expect(err).toContain('ENGRAM_DB_KEY must hold the key');
    expect(existsSync(join(cwd, 'data'))).toBe(false);
    const withKey = { cwd, env: { ...encrypted, ENGRAM_DB_KEY: 'ab'.repeat(32) } };
    expect((await engram(['store', 'secret'], withKey)).out).toBe('Stored memory #1\n');
    const without = await engram(['list'], { cwd, env: env() });
    expect(without.code).toBe(1);
    expect(without.err).toContain('it is encrypted (set ENGRAM_ENCRYPTION_MODE and ENGRAM_DB_KEY)');
  });
});

describe('with a server elsewhere', () => {
  it('a store that it has open is not touched, and the command says who has it', async () => {
    const dir = tempDir();
    const server = await serve(dir);
    const { code, err } = await engram(['list'], { env: { ...env(), ENGRAM_DATA_DIR: dir } });
    expect(code).toBe(1);
    expect(err).toMatch(
      new RegExp(
        `^Error: Nothing answers at http://127.0.0.1:${port}, and ${dir}/engram.db is in use by another Engram\\.`,
      ),
    );
    await server.stop();
  });

  it('the port of the settings is where commands look for it', async () => {
    const dir = tempDir();
    const server = await serve(dir);
    const { code, err } = await engram(['list'], { env: { ENGRAM_PORT: String(server.port) } });
    expect(code).toBe(5);
    expect(err).toContain(`${server.url} wants a key`);
    await server.stop();
  });
});
