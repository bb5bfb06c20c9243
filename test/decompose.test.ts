// Long memories taken apart into facts that stand alone, and what becomes of those.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTestApp, type TestApp } from './support/app.ts';
import { KINDS, onEachDatabase } from './support/databases.ts';
import { store } from './support/memories.ts';

const LONG = [
  'The staging database runs on Postgres 15.4 at 10.0.3.7 and is backed up every night at 03:00 UTC.',
  'Alice Moreno owns the billing service. She lives in Lisbon and works from 8 a.m. to 4 p.m. on weekdays.',
  'The deploy script is scripts/deploy.sh. It needs Node 22.3 and writes its log to /var/log/deploy.log.',
  'We decided to drop the old queue in favour of Kafka before the summer release.',
].join(' ');
const PARTS = [
  'The staging database runs on Postgres 15.4 at 10.0.3.7 and is backed up every night at 03:00 UTC.',
  'Alice Moreno owns the billing service.',
  'Alice Moreno lives in Lisbon and works from 8 a.m. to 4 p.m. on weekdays.',
  'The deploy script is scripts/deploy.sh.',
  'The deploy script needs Node 22.3 and writes its log to /var/log/deploy.log.',
  'We decided to drop the old queue in favour of Kafka before the summer release.',
];
const SHORT = 'The cache lives in Redis 7.2 on port 6379. The API server listens on port 8080.';

onEachDatabase(
  (kind) => {
    let app: TestApp;
    let env: Record<string, string>;
    const start = async (more: Record<string, string> = {}) => {
      env = { ENGRAM_UNDERSTANDING: '1', ...more };
      app = await createTestApp({ env, ports: { database: await (await kind.place()).open() } });
    };
    beforeEach(() => start());
    afterEach(() => app.close());

    const memory = async (id: number) => (await app.call('GET', `/memory/${id}`)).body;
    const say = async (content: string, more: object = {}): Promise<number> => {
      const id = await store(app, { content, ...more });
      await app.jobs.drain();
      return id;
    };
    const children = async () => (await app.call('GET', '/list?source=decomposition&limit=100')).body.results.reverse();
    const childTexts = async (): Promise<string[]> =>
      (await children()).map((child: { content: string }) => child.content);
    const parentsOf = async (id: number): Promise<number[]> =>
      (await app.call('GET', `/links/${id}`)).body.links
        .filter((link: { type: string }) => link.type === 'has_fact')
        .map((link: { id: number }) => link.id);
    const trash = async () => (await app.call('GET', '/memory/trash')).body;
    /** What follows by itself has its turn. */
    const later = async () => {
      app.clock.advance(300_000);
      await app.jobs.drain();
    };

    describe('on store', () => {
      it('takes a long memory apart, links its facts by has_fact and leaves it intact', async () => {
        const id = await store(app, {
          content: LONG,
          importance: 8,
          session_id: 's',
          occurred_at: '2026-02-01',
          tags: ['infra'],
        });
        const before = await memory(id);
        await app.jobs.drain();
        expect(await childTexts()).toEqual(PARTS);
        // How often it was read is no part of what it is.
        const { access_count: _n, last_accessed_at: _at, is_decomposed: _was, ...kept } = before;
        expect(await memory(id)).toMatchObject({ ...kept, is_decomposed: true });
        for (const child of await children()) {
          expect(child).toMatchObject({
            category: 'fact',
            source: 'decomposition',
            is_fact: true,
            is_decomposed: false,
            importance: 8,
            session_id: null,
            parent_memory_id: null,
            occurred_at: '2026-02-01 00:00:00',
            tags: ['infra'],
            version: 1,
          });
          const { links } = (await app.call('GET', `/links/${child.id}`)).body;
          expect(links).toContainEqual(expect.objectContaining({ id, type: 'has_fact', similarity: 1 }));
          expect(links.some((link: { type: string }) => link.type === 'follows')).toBe(false);
        }
      });

      it('can be found by a fact, and children yield no facts twice', async () => {
        await say(LONG);
        const { body } = await app.call('POST', '/search', { query: 'where does Alice Moreno live' });
        // The whole says what its part says, and more.
        expect(body.results.map((result: { content: string }) => result.content)).toEqual([LONG]);
        expect((await app.call('GET', '/facts?predicate=lives_in')).body.total).toBe(1);
      });

      it('leaves short ones, facts and what was derived alone, and never takes parts apart', async () => {
        await say(SHORT);
        await say(LONG, { category: 'fact' });
        await say(LONG, { source: 'consolidation', session_id: 'other' });
        expect(await childTexts()).toEqual([]);
        await say(LONG, { session_id: 'third' });
        await app.call('POST', '/understanding');
        await app.jobs.drain();
        expect(await childTexts()).toEqual(PARTS);
      });

      it('stays in its space', async () => {
        const space = (await app.call('POST', '/spaces', { name: 'work' })).body.id;
        await say(LONG, { space_id: space });
        const all = await children();
        expect(all.length).toBe(PARTS.length);
        for (const child of all) expect(child.space_id).toBe(space);
      });

      it('can be turned off', async () => {
        await app.close();
        await start({ ENGRAM_AUTO_DECOMPOSE: '0' });
        const id = await say(LONG);
        expect(await childTexts()).toEqual([]);
        expect((await app.call('POST', `/intelligence/decompose/${id}`)).body.child_ids.length).toBe(PARTS.length);
      });
    });

    describe('POST /intelligence/decompose/{memory_id}', () => {
      it('takes shorter ones apart, once', async () => {
        const id = await say(SHORT);
        const { body } = await app.call('POST', `/intelligence/decompose/${id}`);
        expect(body).toMatchObject({ memory_id: id, facts_created: 2 });
        expect(await childTexts()).toEqual([
          'The cache lives in Redis 7.2 on port 6379.',
          'The API server listens on port 8080.',
        ]);
        expect((await app.call('POST', `/intelligence/decompose/${id}`)).body).toMatchObject({
          child_ids: body.child_ids,
          facts_created: 0,
        });
      });

      it('finds nothing in a single fact, a short one or a part, and refuses what is not there', async () => {
        const one = await say('The staging database runs on Postgres 15 and nothing else.');
        const tiny = await say('It rains. It pours.');
        for (const id of [one, tiny])
          expect((await app.call('POST', `/intelligence/decompose/${id}`)).body.child_ids).toEqual([]);
        expect(await memory(one)).toMatchObject({ is_decomposed: false });
        const other = await app.newUser('other');
        expect((await other('POST', `/intelligence/decompose/${one}`)).body.code).toBe('memory_not_found');
        expect((await app.call('POST', '/intelligence/decompose/999')).status).toBe(404);
        const id = await say(LONG);
        const part = (await children())[0].id;
        expect((await app.call('POST', `/intelligence/decompose/${part}`)).body.child_ids).toEqual([]);
        await app.call('POST', `/memory/${id}/forget`);
        expect((await app.call('POST', `/intelligence/decompose/${id}`)).status).toBe(404);
      });
    });

    describe('parts follow their memory', () => {
      it('to its new version: what it no longer says goes, the rest stays the same', async () => {
        const id = await say(LONG);
        const before = new Map(
          (await children()).map((child: { content: string; id: number }) => [child.content, child.id]),
        );
        const next = (
          await app.call('POST', `/memory/${id}/update`, { content: LONG.replace('Postgres 15.4', 'Postgres 16.1') })
        ).body.new_id;
        await app.jobs.drain();
        const after = await children();
        expect(after.map((child: { content: string }) => child.content).sort()).toEqual(
          [PARTS[0]!.replace('15.4', '16.1'), ...PARTS.slice(1)].sort(),
        );
        for (const child of after.filter((one: { content: string }) => before.has(one.content)))
          expect(child.id).toBe(before.get(child.content));
        for (const child of after) expect(await parentsOf(child.id)).toEqual([next]);
        expect(await trash()).toMatchObject({
          memories: [{ content: PARTS[0], forget_reason: 'its memory no longer says so' }],
        });
      });

      it('to a new version that is too short to be taken apart', async () => {
        const id = await say(LONG);
        const next = (await app.call('POST', `/memory/${id}/update`, { content: 'Nothing of it is true.' })).body
          .new_id;
        await app.jobs.drain();
        expect(await childTexts()).toEqual([]);
        expect(await memory(next)).toMatchObject({ is_decomposed: false });
      });

      it('into the trash and back', async () => {
        const id = await say(LONG);
        await app.call('POST', `/memory/${id}/forget`);
        await later();
        expect(await childTexts()).toEqual([]);
        expect(
          (await trash()).memories.filter((one: { source: string }) => one.source === 'decomposition')[0],
        ).toMatchObject({
          forget_reason: 'its memory was forgotten, archived or erased',
        });
        await app.call('POST', `/memory/${id}/restore`);
        await later();
        expect((await childTexts()).sort()).toEqual([...PARTS].sort());
      });

      it('when it is archived, and when it is erased', async () => {
        const archived = await say(LONG);
        await app.call('POST', `/memory/${archived}/archive`);
        await later();
        expect(await childTexts()).toEqual([]);
        await app.call('POST', `/memory/${archived}/unarchive`);
        await later();
        expect((await childTexts()).length).toBe(PARTS.length);
        await app.call('DELETE', `/memory/${archived}`);
        await later();
        expect(await childTexts()).toEqual([]);
      });

      it('at once when a contradiction is settled', async () => {
        const ids = [];
        for (const port of [6379, 6380]) {
          const id = await say(`Redis listens on port ${port}. Its log lies in /var/log/redis-${port}.log.`);
          expect((await app.call('POST', `/intelligence/decompose/${id}`)).body.facts_created).toBe(2);
          ids.push(id);
        }
        const [memory_a_id, memory_b_id] = ids;
        const settled = { memory_a_id, memory_b_id, resolution: 'keep_b' };
        expect((await app.call('POST', '/contradictions/resolve', settled)).status).toBe(200);
        const texts = await childTexts();
        expect(texts.length).toBe(2);
        for (const text of texts) expect(text).toContain('6380');
      });

      it('to the memory that theirs is merged into', async () => {
        const kept = await say(SHORT);
        const other = await say(SHORT, { session_id: 'another' });
        const { child_ids } = (await app.call('POST', `/intelligence/decompose/${other}`)).body;
        expect((await app.call('POST', '/admin/dedup', { dry_run: false })).body).toMatchObject({
          merges: [{ kept, archived: [other] }],
        });
        expect((await children()).map(({ id }: { id: number }) => id)).toEqual(child_ids);
        for (const child of child_ids) expect(await parentsOf(child)).toContain(kept);
        await app.call('POST', `/memory/${kept}/forget`);
        expect(await childTexts()).toEqual([]);
      });

      it('but not while another memory states the same, nor when somebody else stored it', async () => {
        const own = await say(PARTS[3]!, { category: 'fact', is_fact: true });
        const a = await say(LONG);
        const b = await say(`${LONG} The office is on Main Street 12 in Porto.`, { session_id: 'another' });
        expect((await childTexts()).length).toBe(PARTS.length);
        expect((await parentsOf(own)).sort()).toEqual([a, b].sort());
        await app.call('POST', `/memory/${a}/forget`);
        await later();
        expect((await childTexts()).length).toBe(PARTS.length);
        await app.call('DELETE', `/memory/${b}`);
        await later();
        expect(await childTexts()).toEqual([]);
        expect(await memory(own)).toMatchObject({ is_forgotten: false });
      });
    });

    describe('POST /admin/decompose-sweep', () => {
      it('takes apart what was stored before, some at a time', async () => {
        await app.close();
        await start({ ENGRAM_AUTO_DECOMPOSE: '0' });
        const other = await app.newUser('other');
        await say(LONG);
        await say(LONG.replaceAll('Alice', 'Bob').replaceAll('Postgres 15.4', 'MySQL 8.1'));
        await say('word '.repeat(80));
        expect((await other('POST', '/store', { content: LONG })).status).toBe(201);
        const sweep = async (body: object) => (await app.call('POST', '/admin/decompose-sweep', body)).body;
        expect(await sweep({ dry_run: true })).toEqual({
          processed: 4,
          decomposed: 3,
          facts_created: 18,
          skipped: 1,
          errors: 0,
          dry_run: true,
        });
        expect(await childTexts()).toEqual([]);
        expect(await sweep({ limit: 1, user_id: 1 })).toMatchObject({ processed: 1, decomposed: 1, facts_created: 6 });
        // Three of the six are facts that are known already.
        expect(await sweep({ user_id: 1 })).toMatchObject({
          processed: 2,
          decomposed: 1,
          facts_created: 3,
          skipped: 1,
        });
        expect(await sweep({})).toMatchObject({ processed: 2, decomposed: 1, facts_created: 6, skipped: 1 });
        expect(await sweep({})).toMatchObject({ processed: 1, decomposed: 0, skipped: 1 });
        expect((await other('POST', '/admin/decompose-sweep')).status).toBe(403);
      });
    });
  },
  KINDS.filter(({ shared }) => !shared),
);
