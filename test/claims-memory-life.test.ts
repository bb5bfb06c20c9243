// What the README promises about repeats, about memories that end by themselves and about the scratchpad, as seen from
// outside.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Caller, createTestApp, type TestApp } from './support/app.ts';
import { KINDS, onEachDatabase } from './support/databases.ts';
import { found, idsOf, sorted, store, storeAll } from './support/memories.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

/** 160 words, so many that a fingerprint can hardly tell when one of them is another. */
const REPORT = Array.from(
  { length: 160 },
  (_, i) => `m${i.toString(2).replaceAll('0', 'a').replaceAll('1', 'o')}`,
).join(' ');
const OTHER_REPORT = REPORT.replace('moaaooao', 'sunset');

onEachDatabase(
  (kind) => {
    let app: TestApp;
    beforeEach(async () => {
      app = await createTestApp({ ports: { database: await (await kind.place()).open() } });
    });
    afterEach(() => app.close());

    const post = (content: string, more: object = {}, call: Caller = app.call) =>
      call('POST', '/store', { content, ...more });
    const read = (id: number) => app.call('GET', `/memory/${id}`);
    const listed = async (): Promise<number[]> => idsOf((await app.call('GET', '/list?limit=1000')).body.results);
    /** Lets the time come, and the background jobs that are due then run. */
    async function later(ms: number): Promise<void> {
      await app.jobs.drain();
      app.clock.advance(ms);
      await app.jobs.drain();
    }

    describe('auto-deduplication', () => {
      it('catches near-identical memories: other case, spacing, punctuation or phrases around the same words', async () => {
        const id = await store(app, 'The billing service listens on port 8443');
        const repeats = [
          'the BILLING service listens on port 8443!',
          '  The billing\n service  listens on port 8443 ',
          '"The billing service listens on port 8443" (see above)',
        ];
        for (const repeat of repeats) {
          const { status, body } = await post(repeat);
          expect([status, body.created, body.duplicate_of], repeat).toEqual([200, false, id]);
        }
        expect(await listed()).toEqual([id]);
        expect((await read(id)).body).toMatchObject({ version: 1, source_count: 4 });
      });

      it.each([
        ['another number', 'Use port 80', 'Use port 81'],
        ['another time', 'The backup runs at 10:30', 'The backup runs at 22:45'],
        ['another order', 'Alice owes Bob', 'Bob owes Alice'],
        ['a negation', 'The gate is locked', 'The gate is not locked'],
        ['another script', '東京は雨', '京都は雨'],
        ['one word of 160', REPORT, OTHER_REPORT],
      ])('never takes a different statement for a repeat: %s', async (_difference, first, second) => {
        await store(app, first);
        const { status, body } = await post(second);
        expect([status, body.created, body.duplicate_of]).toEqual([201, true, null]);
        expect(await listed()).toHaveLength(2);
      });

      it('loses nothing that a repeat brings: tags and weight go over to the memory that is there', async () => {
        const id = await store(app, { content: 'The harbour is deep', tags: ['sea'], importance: 3 });
        await post('The harbour is deep.', { tags: ['port'], importance: 9 });
        expect((await read(id)).body).toMatchObject({ tags: ['sea', 'port'], importance: 9 });
        expect(await found(app, 'port')).toEqual([id]);
      });

      it('shows memories that are alike but not the same, says what keeps them apart, and merges none of them', async () => {
        const ids = await storeAll(app, [REPORT, OTHER_REPORT]);
        const { duplicates } = (await app.call('GET', '/duplicates')).body;
        expect(duplicates).toEqual([
          expect.objectContaining({ id_a: ids[0], id_b: ids[1], differs: ['words'], mergeable: false }),
        ]);
        expect(duplicates[0].similarity).toBeGreaterThan(0.9);
        expect((await app.call('POST', '/deduplicate', { dry_run: false })).body.merged).toBe(0);
        expect(sorted(await listed())).toEqual(ids);
      });

      it('finds the repeat however many memories came between', async () => {
        const id = await store(app, 'The harbour is deep');
        const count = kind.family === 'sqlite' ? 1_100 : 150;
        await storeAll(
          app,
          Array.from({ length: count }, (_, i) => `Boat ${i} lies at berth ${i * 7}`),
        );
        expect((await post('The HARBOUR is deep!')).body.duplicate_of).toBe(id);
      });

      it('keeps users apart: what one said is no repeat for the other', async () => {
        await store(app, 'The harbour is deep');
        const other = await app.newUser('other');
        const { status, body } = await post('The harbour is deep', {}, other);
        expect([status, body.duplicate_of]).toEqual([201, null]);
      });
    });

    describe('auto-forget', () => {
      it('takes a memory out of recall in the very second its time is over, before any sweep', async () => {
        const [brief, timed, lasting] = await storeAll(app, [
          { content: 'The harbour code is 1234', ttl: 90 },
          { content: 'The harbour gate is open', forget_after: '2026-03-02T13:01:30+01:00' },
          'The harbour is deep',
        ]);
        app.clock.advance(89_000);
        expect(sorted(await found(app, 'harbour'))).toEqual([brief, timed, lasting]);
        app.clock.advance(1_000);
        expect(await found(app, 'harbour')).toEqual([lasting]);
        expect(await listed()).toEqual([lasting]);
        expect([(await read(brief!)).status, (await read(timed!)).status]).toEqual([404, 404]);
        for (const path of ['/recall', '/context']) {
          const { body } = await app.call('POST', path, { query: 'harbour' });
          expect(JSON.stringify(body)).not.toMatch(/1234|gate is open/);
          expect(JSON.stringify(body)).toContain('The harbour is deep');
        }
      });

      it('sweeps what is over into the trash in the background, and erases it there after 30 days', async () => {
        const [brief, lasting] = await storeAll(app, [{ content: 'The code is 1234', ttl: 60 }, 'The harbour is deep']);
        await later(5 * MINUTE_MS);
        const trash = async () => (await app.call('GET', '/memory/trash')).body.memories;
        expect(await trash()).toEqual([expect.objectContaining({ id: brief, forget_reason: 'expired' })]);
        await later(31 * DAY_MS);
        expect(await trash()).toEqual([]);
        expect((await app.call('POST', `/memory/${brief}/restore`)).status).toBe(404);
        expect(await listed()).toEqual([lasting]);
      });

      it('lets the time of a memory be set, moved and lifted by an update', async () => {
        const id = await store(app, 'The code is 1234');
        const timed = (await app.call('POST', `/memory/${id}/update`, { ttl: 60 })).body;
        expect(timed.forget_after).toBe('2026-03-02 12:01:00');
        const moved = (await app.call('POST', `/memory/${timed.id}/update`, { forget_after: '2026-03-03' })).body;
        expect(moved.forget_after).toBe('2026-03-03 00:00:00');
        const lifted = (await app.call('POST', `/memory/${moved.id}/update`, { forget_after: null })).body;
        await later(400 * DAY_MS);
        expect(await found(app, 'code')).toEqual([lifted.id]);
      });

      it.each<[string, (id: number) => [string, object]]>([
        ['an update', (id) => [`/memory/${id}/update`, { content: 'The code is 5678' }]],
        ['a correction', (id) => ['/correct', { memory_id: id, content: 'The code is 5678' }]],
        ['a next version', (id) => ['/store', { content: 'The code is 5678', parent_memory_id: id }]],
        ['approval', (id) => [`/inbox/${id}/approve`, {}]],
      ])('refuses %s of a memory whose time is over, swept or not', async (what, request) => {
        const approving = what === 'approval';
        const status = approving ? 'pending' : 'approved';
        const id = await store(app, { content: 'The code is 1234', ttl: 60, status });
        app.clock.advance(MINUTE_MS);
        expect((await app.call('POST', ...request(id))).status).toBe(approving ? 400 : 404);
      });
    });

    describe('the scratchpad', () => {
      const note = (session: string, entries: Record<string, string>, more: object = {}, call: Caller = app.call) =>
        call('PUT', '/scratch', {
          session,
          entries: Object.entries(entries).map(([key, value]) => ({ key, value })),
          ...more,
        });
      const notes = async (session: string, call: Caller = app.call) =>
        (await call('GET', `/scratch?session=${session}`)).body.entries.map(
          ({ key, value }: Record<string, string>) => [key, value],
        );

      it('is ephemeral: notes are gone after 30 minutes, or after the minutes that were asked for', async () => {
        expect((await note('s', { plan: 'read the file' })).body.expires_at).toBe('2026-03-02 12:30:00');
        await note('s', { file: 'app.ts' }, { ttl: 5 });
        expect(await notes('s')).toEqual([
          ['file', 'app.ts'],
          ['plan', 'read the file'],
        ]);
        app.clock.advance(5 * MINUTE_MS);
        expect(await notes('s')).toEqual([['plan', 'read the file']]);
        app.clock.advance(25 * MINUTE_MS);
        expect(await notes('s')).toEqual([]);
      });

      it('begins the time of a note anew each time it is written', async () => {
        await note('s', { plan: 'one' });
        app.clock.advance(20 * MINUTE_MS);
        await note('s', { plan: 'two' });
        app.clock.advance(20 * MINUTE_MS);
        expect(await notes('s')).toEqual([['plan', 'two']]);
      });

      it('purges old notes by itself: not even a clock that is set back brings them up again', async () => {
        await note('old', { plan: 'one' }, { ttl: 1 });
        await note('new', { plan: 'two' }, { ttl: 1440 });
        await later(10 * MINUTE_MS);
        app.clock.advance(-10 * MINUTE_MS);
        expect([await notes('old'), await notes('new')]).toEqual([[], [['plan', 'two']]]);
      });

      it('is working memory, not recall: its notes are in no search, list or context', async () => {
        await note('s', { harbour: 'deep' });
        expect([await found(app, 'harbour deep'), await listed()]).toEqual([[], []]);
        expect((await app.call('POST', '/context', { query: 'harbour' })).body.blocks).toEqual([]);
      });

      it('makes lasting memories of notes that prove useful', async () => {
        await note('s', { harbour: 'is deep', gate: 'is open' });
        const promoted = await app.call('POST', '/scratch/s/promote', { keys: ['harbour'] });
        expect(promoted.body).toMatchObject({ promoted: true, count: 1 });
        await later(DAY_MS);
        expect(await notes('s')).toEqual([]);
        expect(await found(app, 'harbour')).toEqual(promoted.body.memory_ids);
        expect(await found(app, 'gate')).toEqual([]);
      });

      it('keeps the notes of one user from every other', async () => {
        const other = await app.newUser('other');
        await note('s', { plan: 'mine' });
        await note('s', { plan: 'theirs' }, {}, other);
        expect([await notes('s'), await notes('s', other)]).toEqual([[['plan', 'mine']], [['plan', 'theirs']]]);
        await other('DELETE', '/scratch/s');
        expect([await notes('s'), await notes('s', other)]).toEqual([[['plan', 'mine']], []]);
      });
    });
  },
  KINDS.filter(({ shared }) => !shared),
);
