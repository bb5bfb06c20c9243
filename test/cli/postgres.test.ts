// The command line over Postgres, where the machine has one.
import { describe, expect, it } from 'vitest';
import { tempDir } from '../support/app.ts';
import { engram, freePort, serve } from '../support/cli.ts';
import { freshSchemaUrl, postgresUrl } from '../support/databases.ts';
import { asSuperuser, ordinaryRole } from '../support/ordinary-role.ts';

describe.skipIf(postgresUrl() === null)('with ENGRAM_DATABASE_URL', () => {
  it('serves, stops, and finds everything again without a server', async () => {
    const env = { ENGRAM_DATABASE_URL: await freshSchemaUrl() };
    const port = String(await freePort());
    const doctor = async () => {
      const { out } = await engram(['doctor', '--json'], { env: { ...env, ENGRAM_PORT: port } });
      return JSON.parse(out).checks.find(({ name }: { name: string }) => name === 'database');
    };
    expect(await doctor()).toMatchObject({
      state: 'ok',
      found: expect.stringContaining('schema 0, on its own server; the next'),
    });

    const server = await serve(tempDir(), { env });
    expect(server.seen.out).toMatch(/^ {2}database +Postgres \d+.* at 127\.0\.0\.1/m);
    const key = (await server.call(['bootstrap'])).out.trim();
    expect((await server.call(['store', 'Kept in Postgres', '--key', key])).out).toBe('Stored memory #1\n');
    expect(await server.stop()).toBe(0);

    expect(await doctor()).toMatchObject({ state: 'ok', found: expect.stringMatching(/^Postgres .*, schema [1-9]/) });
    const local = await engram(['search', 'kept', '--log-level', 'error'], { env: { ...env, ENGRAM_PORT: port } });
    expect(local.err).toBe('');
    expect(local.out).toMatch(/^#1 \[\d\.\d{3}\] Kept in Postgres$/m);
  });

  it('says whether its role is held to the rows of each user', async () => {
    const ordinary = await ordinaryRole();
    const guards = async () => {
      const { out } = await engram(['doctor', '--json'], {
        env: { ENGRAM_DATABASE_URL: ordinary.url, ENGRAM_PORT: '0' },
      });
      return JSON.parse(out).checks.find(({ name }: { name: string }) => name === 'guards');
    };
    expect(await guards()).toMatchObject({ state: 'ok', advice: null });
    await asSuperuser(`alter role ${new URL(ordinary.url).username} bypassrls`);
    expect(await guards()).toMatchObject({ state: 'warning', found: expect.stringContaining('BYPASSRLS') });
    await ordinary.remove();
  });
});

describe('a Postgres that cannot be reached', () => {
  it('is told without its password', async () => {
    const port = await freePort();
    const env = { ENGRAM_DATABASE_URL: `postgres://someone:hunter2@127.0.0.1:${port}/engram`, ENGRAM_PORT: '0' };
    const [served, examined] = await Promise.all([engram(['serve'], { env }), engram(['doctor'], { env })]);
    expect(served.code).toBe(1);
    expect(served.err).toMatch(
      /^Error: Postgres cannot be reached at 127\.0\.0\.1:\d+\/engram \(ECONNREFUSED\)\. [^\n]+\n$/,
    );
    expect(examined.code).toBe(1);
    expect(examined.out).toMatch(/^✗ database +Postgres cannot be reached/m);
    expect(served.err + examined.out + examined.err).not.toContain('hunter2');
  });
});
