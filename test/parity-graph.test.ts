// Cases the first Engram's own suites assert over HTTP on ranks, entities and projects, re-expressed as in parity.test.ts.
// The number in a title is the case it answers; `U` are its unit tests seen through HTTP.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Caller, createTestApp, type TestApp } from './support/app.ts';
import { KINDS, onEachDatabase } from './support/databases.ts';

const MINUTE_MS = 60_000;

onEachDatabase(
  (kind) => {
    let app: TestApp;
    let call: Caller;
    beforeEach(async () => {
      const env = { ENGRAM_OPEN_ACCESS: '0', ENGRAM_BOOTSTRAP_SECRET: 'test-bootstrap-secret' };
      app = await createTestApp({ env, ports: { database: await (await kind.place()).open() } });
      call = app.call;
    });
    afterEach(() => app.close());

    async function store(content: string, as: Caller = call): Promise<number> {
      const answer = await as('POST', '/store', { content, category: 'test' });
      expect(answer.status, JSON.stringify(answer.body)).toBe(201);
      return answer.body.id;
    }

    describe('PageRank', () => {
      const ranked = async (as: Caller = call): Promise<number> =>
        (await as('GET', '/graph/pagerank')).body.nodes.filter((one: { pagerank: number }) => one.pagerank > 0).length;

      it('C28 is worked out for one user', async () => {
        await store('the ferry leaves at six');
        await store('bread is baked at four');
        expect(await ranked()).toBe(0);
        const { status, body } = await call('POST', '/admin/pagerank/rebuild?user_id=1', {});
        expect(status).toBe(200);
        expect(body).toMatchObject({ success: true, users_updated: 1 });
        expect(body.memories_updated).toBeGreaterThanOrEqual(2);
        expect(await ranked()).toBe(2);
      });

      it('C29 is worked out for all users', async () => {
        const other = await app.newUser('second');
        await store('the ferry leaves at six');
        await store('bread is baked at four', other);
        const { status, body } = await call('POST', '/admin/pagerank/rebuild', {});
        expect([status, body.success]).toEqual([200, true]);
        expect(body.users_updated).toBeGreaterThanOrEqual(2);
        expect([await ranked(), await ranked(other)]).toEqual([1, 1]);
      });

      it('U counts what changed on store and delete, and nothing once it was worked out', async () => {
        const waiting = async () => (await call('GET', '/graph/pagerank')).body.waiting;
        await call('POST', '/graph/pagerank');
        expect(await waiting()).toBe(0);
        const id = await store('the ferry leaves at six');
        expect(await waiting()).toBe(1);
        await call('DELETE', `/memory/${id}`);
        expect(await waiting()).toBe(2);
        await store('bread is baked at four');
        await call('POST', '/graph/pagerank');
        expect(await waiting()).toBe(0);
      });

      it('U is there for searches without anybody asking for it', async () => {
        await app.jobs.drain();
        await store('the ferry leaves at six');
        await store('the ferry is blue');
        app.clock.advance(6 * MINUTE_MS);
        await app.jobs.drain();
        expect(await ranked()).toBe(2);
      });
    });

    describe('entities', () => {
      const make = () =>
        call('POST', '/entities', { name: 'Terraform', entity_type: 'tool', description: 'makes servers' });

      it('C44 are made', async () => {
        const { status, body } = await make();
        expect(status).toBe(201);
        expect(Number.isInteger(body.id)).toBe(true);
      });

      it('C45 are read', async () => {
        const { id } = (await make()).body;
        const { status, body } = await call('GET', `/entities/${id}`);
        expect([status, body.id, body.name]).toEqual([200, id, 'Terraform']);
        expect(body).toMatchObject({ entity_type: 'tool', description: 'makes servers' });
      });

      it('C46 are deleted', async () => {
        const { id } = (await make()).body;
        const { status, body } = await call('DELETE', `/entities/${id}`);
        expect([status, body.deleted]).toEqual([200, true]);
        expect((await call('GET', `/entities/${id}`)).status).toBe(404);
      });
    });

    it('X1 lists to each user their own projects, and reads nobody else’s', async () => {
      const other = await app.newUser('second');
      const made = await call('POST', '/projects', { name: 'harbour' });
      expect(made.body).toMatchObject({ created: true, name: 'harbour', status: 'active' });
      const theirs = (await other('POST', '/projects', { name: 'bakery' })).body.id;
      const names = async (as: Caller) =>
        (await as('GET', '/projects')).body.projects.map(({ name }: { name: string }) => name);
      expect([await names(call), await names(other)]).toEqual([['harbour'], ['bakery']]);
      expect((await other('GET', `/projects/${made.body.id}`)).status).toBe(404);
      expect((await call('GET', `/projects/${theirs}`)).status).toBe(404);
    });
  },
  KINDS.filter(({ shared }) => !shared),
);
