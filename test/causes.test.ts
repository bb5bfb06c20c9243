// What came of what: read in memories by itself, set by hand, walked back.
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Caller, createTestApp, type TestApp } from './support/app.ts';
import { KINDS, onEachDatabase } from './support/databases.ts';
import { type Stored, storeAll, store as storeOne } from './support/memories.ts';

interface Link {
  cause_memory_id: number;
  effect_memory_id: number;
  strength: number;
  order_index: number;
  cause: { role: string; text: string };
  effect: { role: string; text: string };
}

onEachDatabase(
  (kind) => {
    let app: TestApp;
    beforeEach(async () => {
      const place = await kind.place();
      app = await createTestApp({
        env: { ENGRAM_UNDERSTANDING: '1', ENGRAM_EMBEDDING_MODEL: '' },
        ports: { database: await place.open() },
      });
    });
    afterEach(() => app.close());

    async function storeRead(...all: Stored[]): Promise<number[]> {
      const ids: number[] = [];
      for (const one of all) {
        ids.push(await storeOne(app, one));
        app.clock.advance(60_000);
      }
      await app.jobs.drain();
      return ids;
    }
    const chains = async (call: Caller = app.call) => (await call('GET', '/intelligence/causal/chains')).body.chains;
    const between = (links: Link[]) =>
      links
        .filter(({ cause_memory_id, effect_memory_id }) => cause_memory_id !== effect_memory_id)
        .map(({ cause_memory_id, effect_memory_id }) => [cause_memory_id, effect_memory_id]);
    const make = async (body: object = {}) => (await app.call('POST', '/intelligence/causal/chains', body)).body;
    const link = (chain_id: number, cause_memory_id: number, effect_memory_id: number, more: object = {}) =>
      app.call('POST', '/intelligence/causal/links', { chain_id, cause_memory_id, effect_memory_id, ...more });
    const backward = (id: number, body?: object, call: Caller = app.call) =>
      call('POST', `/intelligence/causal/backward/${id}`, body);

    const DISK = 'The log disk of the payment server ran full';
    const OUTAGE = 'Payment checkout failed because the log disk of the payment server ran full';
    const FIX = 'Fixed the failed payment checkout by rotating the logs daily';

    it('is read within a new memory', async () => {
      const [id] = await storeRead('Ann missed the train because the alarm did not ring');
      expect(await chains()).toEqual([
        expect.objectContaining({
          origin: 'read',
          root_memory_id: id,
          description: 'the alarm did not ring → Ann missed the train',
          links: [
            expect.objectContaining({
              cause_memory_id: id,
              effect_memory_id: id,
              cause: { role: 'trigger', text: 'the alarm did not ring' },
              effect: { role: 'failure', text: 'Ann missed the train' },
            }),
          ],
        }),
      ]);
    });

    it('chains memories, with what each of them is', async () => {
      const [disk, outage, fix] = await storeRead(DISK, OUTAGE, FIX);
      const all = await chains();
      expect(all).toHaveLength(1);
      const { links, root_memory_id, id } = all[0];
      expect(between(links)).toEqual([
        [disk, outage],
        [outage, fix],
      ]);
      expect(root_memory_id).toBe(disk);
      const apart = links.filter((one: Link) => one.cause_memory_id !== one.effect_memory_id);
      expect(apart.map((one: Link) => [one.cause.role, one.effect.role])).toEqual([
        ['trigger', 'failure'],
        ['failure', 'resolution'],
      ]);
      expect(links.map((one: Link) => one.order_index)).toEqual(links.map((_: Link, at: number) => at));
      expect((await app.call('GET', `/intelligence/causal/chains/${id}`)).body).toEqual(all[0]);
      expect((await backward(fix!)).body.ancestors.map((one: { memory_id: number }) => one.memory_id)).toEqual([
        outage,
        disk,
      ]);
    });

    it('finds the root cause that is told later', async () => {
      const [outage, cause] = await storeRead(
        'Search outage for all customers',
        'The root cause of the search outage was an expired certificate',
      );
      expect(between((await chains())[0].links)).toEqual([[cause, outage]]);
    });

    it('leaves apart what happened at other times', async () => {
      await storeRead(DISK);
      app.clock.advance(3 * 86_400_000);
      await storeRead(OUTAGE);
      expect((await chains()).flatMap(({ links }: { links: Link[] }) => between(links))).toEqual([]);
    });

    it('says the same when all is read again', async () => {
      await storeRead(DISK, OUTAGE, FIX);
      const before = await chains();
      await app.call('POST', '/understanding');
      await app.jobs.drain();
      expect(await chains()).toEqual(before);
    });

    it('follows a new version, and what is erased', async () => {
      const [disk, outage, fix] = await storeRead(DISK, OUTAGE, FIX);
      const { new_id } = (await app.call('POST', `/memory/${outage}/update`, { content: `${OUTAGE} at noon` })).body;
      await app.jobs.drain();
      expect(between((await chains())[0].links)).toEqual([
        [disk, new_id],
        [new_id, fix],
      ]);
      await app.call('POST', `/memory/${disk}/archive`);
      expect((await chains()).flatMap(({ links }: { links: Link[] }) => between(links))).toEqual([[new_id, fix]]);
      await app.call('POST', `/memory/${disk}/unarchive`);
      await app.call('POST', `/memory/${new_id}/update`, { content: 'Lunch was at noon' });
      await app.jobs.drain();
      expect((await chains()).flatMap(({ links }: { links: Link[] }) => between(links)).flat()).not.toContain(disk);
    });

    it('is set by hand', async () => {
      const [a, b, c] = await storeAll(app, ['one', 'two', 'three']);
      const chain = await make({ root_memory_id: a, description: 'why' });
      expect(chain).toMatchObject({
        root_memory_id: a,
        description: 'why',
        confidence: 1,
        origin: 'manual',
        links: [],
      });
      const made = await link(chain.id, b!, c!, { strength: 0.5, order_index: 1 });
      expect(made.status).toBe(201);
      expect(made.body).toEqual({
        id: expect.any(Number),
        chain_id: chain.id,
        cause_memory_id: b,
        effect_memory_id: c,
        strength: 0.5,
        order_index: 1,
        created_at: expect.any(String),
      });
      await link(chain.id, a!, b!);
      const { body } = await app.call('GET', `/intelligence/causal/chains/${chain.id}`);
      expect(body.links.map((one: Link) => [one.cause_memory_id, one.strength, one.order_index])).toEqual([
        [a, 1, 0],
        [b, 0.5, 1],
      ]);
    });

    it('refuses chains and memories that are not there', async () => {
      const [a, b] = await storeAll(app, ['one', 'two']);
      const { id } = await make();
      expect((await app.call('GET', '/intelligence/causal/chains/999')).body.code).toBe('chain_not_found');
      expect((await link(999, a!, b!)).body.code).toBe('chain_not_found');
      expect((await link(id, a!, 999)).body.code).toBe('memory_not_found');
      expect((await link(id, a!, b!, { strength: 2 })).status).toBe(400);
      expect((await app.call('POST', '/intelligence/causal/chains', { root_memory_id: 999 })).status).toBe(404);
      expect((await backward(999)).status).toBe(404);
      const other = await app.newUser('other');
      expect((await other('GET', `/intelligence/causal/chains/${id}`)).status).toBe(404);
      expect((await backward(a!, undefined, other)).status).toBe(404);
      expect(await chains(other)).toEqual([]);
    });

    it('walks back by steps, passes circles once, and stops where asked', async () => {
      const [a, b, c, d] = await storeAll(app, ['one', 'two', 'three', 'four']);
      expect((await backward(d!)).body).toEqual({ ancestors: [], max_depth: 5, count: 0 });
      const { id } = await make();
      await link(id, c!, d!, { strength: 0.9 });
      await link(id, b!, c!, { strength: 0.4 });
      await link(id, d!, b!);
      await app.call('POST', '/batch', {
        ops: [{ op: 'link', body: { source_id: c, target_id: a, type: 'caused_by', similarity: 0.7 } }],
      });
      const steps = async (body?: object) =>
        (await backward(d!, body)).body.ancestors.map(
          (one: { memory_id: number; depth: number; strength_min: number }) => [
            one.memory_id,
            one.depth,
            one.strength_min,
          ],
        );
      expect(await steps()).toEqual([
        [c, 1, 0.9],
        [a, 2, 0.7],
        [b, 2, 0.4],
      ]);
      expect(await steps({ max_depth: 1 })).toEqual([[c, 1, 0.9]]);
      expect((await backward(d!, { max_depth: 50 })).body.max_depth).toBe(20);
      expect((await backward(d!, { max_depth: 0 })).status).toBe(400);
    });

    it('shows of a space only what lies in it', async () => {
      const space = (await app.call('POST', '/spaces', { name: 'work' })).body.id;
      const inWork: Caller = (method, path, body) => app.call(method, path, body, { 'x-space': 'work' });
      const [outside] = await storeRead('Ann was late because of the rain');
      const [inside] = await storeRead({ content: 'The demo broke because of the network', space_id: space });
      expect((await chains(inWork)).map((one: { root_memory_id: number }) => one.root_memory_id)).toEqual([inside]);
      const { id } = await make();
      await link(id, outside!, inside!);
      expect((await backward(inside!)).body.count).toBe(1);
      expect((await backward(inside!, undefined, inWork)).body.count).toBe(0);
      expect((await backward(outside!, undefined, inWork)).status).toBe(404);
    });
  },
  KINDS.filter(({ name }) => name !== 'Postgres'),
);
