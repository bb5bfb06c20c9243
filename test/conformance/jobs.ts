// What the job queue promises, whichever database is under it: nothing runs twice at once, nothing is lost.
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { z } from 'zod';
import { formatTime } from '../../src/core/clock.ts';
import { handler, job } from '../../src/core/job.ts';
import { silentLogger } from '../../src/core/log.ts';
import type { Database } from '../../src/platform/db/dialect.ts';
import { createRunner, retryDelayMs } from '../../src/platform/jobs/runner.ts';
import { type FakeClock, fakeClock } from '../support/app.ts';
import type { Kind } from '../support/databases.ts';
import { type Bound, stores } from '../support/rows.ts';

const spec = job({
  kind: 'test.work',
  lane: 'io',
  payload: z.strictObject({ n: z.number() }),
  dedupe: (p) => `n${p.n}`,
  attempts: 3,
});

export function jobsSuite(kind: Kind): void {
  let database: Database;
  let bound: Bound;
  let clock: FakeClock;
  beforeAll(async () => {
    database = await (await kind.place()).open();
  });
  afterAll(() => database.close());
  beforeEach(async () => {
    clock = fakeClock();
    bound = stores(database, clock);
    await bound.atomically(({ jobs }) => jobs.pruneDone('9999'));
    await database.atomically(async ({ db }) => void (await db.deleteFrom('jobs').execute()));
  });
  const enqueue = (n: number, runAt?: string) => bound.atomically(({ jobs }) => jobs.enqueue(spec, { n }, runAt));
  const at = (ms = 0) => formatTime(clock.now() + ms);
  const claim = (owner: string, limit = 10, lane = 'io', lease = 60_000) =>
    bound.atomically(({ claimJobs }) => claimJobs({ lane, limit, now: at(), owner, leased_until: at(lease) }));
  const counts = () => bound.read.jobs.counts();
  const runner = (run: (p: { n: number }) => Promise<void>, owner = 'me') =>
    createRunner({ atomically: bound.atomically, handlers: [handler(spec, run)], clock, owner, logger: silentLogger });

  it('keeps one waiting job per key', async () => {
    expect(await enqueue(1)).toBe(true);
    expect(await enqueue(1)).toBe(false);
    expect(await enqueue(2)).toBe(true);
    expect(await counts()).toEqual({ waiting: 2, running: 0, done: 0, failed: 0 });
    await claim('a', 1);
    expect(await enqueue(1)).toBe(true);
    expect(await counts()).toEqual({ waiting: 2, running: 1, done: 0, failed: 0 });
  });

  it('enqueues with the unit that causes the work, or not at all', async () => {
    const unit = bound.atomically(async ({ jobs }) => {
      await jobs.enqueue(spec, { n: 1 });
      throw new Error('stop');
    });
    await expect(unit).rejects.toThrow('stop');
    expect((await counts()).waiting).toBe(0);
  });

  it('gives out due jobs of a lane, oldest first', async () => {
    await enqueue(1, at(-1_000));
    await enqueue(2, at(-2_000));
    await enqueue(3, at(1_000));
    expect(await claim('a', 10, 'maintenance')).toEqual([]);
    const [first] = await claim('a', 1);
    expect(first).toMatchObject({
      kind: 'test.work',
      payload: '{"n":2}',
      status: 'running',
      attempts: 1,
      lease_owner: 'a',
      started_at: at(),
      leased_until: at(60_000),
    });
    expect((await claim('b')).map((row) => row.payload)).toEqual(['{"n":1}']);
    clock.advance(1_000);
    expect((await claim('b')).map((row) => row.payload)).toEqual(['{"n":3}']);
    expect(await claim('b')).toEqual([]);
  });

  it('never gives one job to two owners', async () => {
    for (let n = 0; n < 60; n++) await enqueue(n);
    const claims = await Promise.all(Array.from({ length: 20 }, (_, i) => claim(`owner ${i}`, 4)));
    const ids = claims.flat().map((row) => row.id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const [i, rows] of claims.entries()) for (const row of rows) expect(row.lease_owner).toBe(`owner ${i}`);
    const rest = await claim('last', 100);
    expect(ids.length + rest.length).toBe(60);
  });

  it('gives a job to another owner when its lease ran out, and only then', async () => {
    await enqueue(1);
    const [mine] = await claim('a');
    clock.advance(59_000);
    expect(await claim('b')).toEqual([]);
    clock.advance(1_000);
    const [theirs] = await claim('b');
    expect(theirs).toMatchObject({ id: mine!.id, lease_owner: 'b', attempts: 2 });
    const settle = (owner: string) =>
      bound.atomically(({ jobs }) => jobs.settle(mine!.id, owner, { status: 'done', error: null }));
    expect(await settle('a')).toBe(false);
    expect(await settle('b')).toBe(true);
    expect(await settle('b')).toBe(false);
    expect(await counts()).toEqual({ waiting: 0, running: 0, done: 1, failed: 0 });
  });

  it('forgets done jobs after a while, failed ones never', async () => {
    for (const n of [1, 2]) await enqueue(n);
    const [one, two] = await claim('a');
    await bound.atomically(async ({ jobs }) => {
      await jobs.settle(one!.id, 'a', { status: 'done', error: null });
      await jobs.settle(two!.id, 'a', { status: 'failed', error: 'no' });
    });
    const prune = () => bound.atomically(({ jobs }) => jobs.pruneDone(at()));
    expect(await prune()).toBe(0);
    clock.advance(1_000);
    expect(await prune()).toBe(1);
    expect(await counts()).toEqual({ waiting: 0, running: 0, done: 0, failed: 1 });
  });

  it('lists one status, newest first, and retries what failed for good', async () => {
    for (const n of [1, 2, 3]) await enqueue(n);
    const [one, two] = await claim('a', 2);
    const failed = { status: 'failed', error: 'no' } as const;
    await bound.atomically(async ({ jobs }) => {
      for (const row of [one!, two!]) await jobs.settle(row.id, 'a', failed);
    });
    const ids = async (status: 'failed' | 'waiting', limit = 10, offset = 0) =>
      (await bound.read.jobs.list(status, limit, offset)).map(({ id }) => id);
    expect(await ids('failed')).toEqual([two!.id, one!.id]);
    expect(await ids('failed', 1, 1)).toEqual([one!.id]);
    const retry = (id: number) => bound.atomically(({ jobs }) => jobs.retry(id));
    const [waiting] = await ids('waiting');
    expect(await retry(waiting!)).toBe(false);
    clock.advance(1_000);
    expect(await retry(one!.id)).toBe(true);
    expect(await retry(one!.id)).toBe(false);
    const [again] = await bound.read.jobs.list('waiting', 1, 1);
    expect(again).toMatchObject({ id: one!.id, attempts: 0, error: null, run_at: at(), finished_at: null });
    await enqueue(2);
    expect(await retry(two!.id)).toBe(true);
    expect(await counts()).toEqual({ waiting: 3, running: 0, done: 1, failed: 0 });
  });

  it('removes what ended in a status until a time', async () => {
    for (const n of [1, 2]) await enqueue(n);
    const [one, two] = await claim('a');
    await bound.atomically(async ({ jobs }) => {
      await jobs.settle(one!.id, 'a', { status: 'done', error: null });
      await jobs.settle(two!.id, 'a', { status: 'failed', error: 'no' });
    });
    const remove = (status: 'done' | 'failed', until: string) =>
      bound.atomically(({ jobs }) => jobs.removeEnded(status, until));
    expect(await remove('failed', at(-1_000))).toBe(0);
    expect(await remove('failed', at())).toBe(1);
    expect(await counts()).toEqual({ waiting: 0, running: 0, done: 1, failed: 0 });
    expect(await remove('done', at())).toBe(1);
  });

  it('runs everything that is due, once, to the end', async () => {
    const ran: number[] = [];
    for (let n = 0; n < 12; n++) await enqueue(n);
    await enqueue(99, at(60_000));
    const me = runner(async ({ n }) => void ran.push(n));
    await me.drain();
    expect(ran.sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    expect(await counts()).toEqual({ waiting: 1, running: 0, done: 12, failed: 0 });
    await me.close();
  });

  it('shares the work between two runners without doing any twice', async () => {
    const ran: number[] = [];
    for (let n = 0; n < 20; n++) await enqueue(n);
    const both = ['me', 'you'].map((owner) => runner(async ({ n }) => void ran.push(n), owner));
    await Promise.all(both.map((each) => each.drain()));
    expect(ran.sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, n) => n));
    await Promise.all(both.map((each) => each.close()));
  });

  it('tries again later, each time later still, and gives up at last', async () => {
    let runs = 0;
    await enqueue(1);
    const me = runner(async () => {
      runs++;
      throw new Error(`failure ${runs}`);
    });
    for (const attempt of [1, 2]) {
      await me.drain();
      expect(runs).toBe(attempt);
      expect(await counts()).toEqual({ waiting: 1, running: 0, done: 0, failed: 0 });
      clock.advance(retryDelayMs(attempt) - 1_000);
      await me.drain();
      expect(runs).toBe(attempt);
      clock.advance(1_000);
    }
    await me.drain();
    expect(runs).toBe(3);
    expect(await counts()).toEqual({ waiting: 0, running: 0, done: 0, failed: 1 });
    const failed = await database.reader.db.selectFrom('jobs').selectAll().executeTakeFirst();
    expect(failed).toMatchObject({ error: 'failure 3', finished_at: at(), lease_owner: null });
    clock.advance(1_000_000);
    await me.drain();
    expect(runs).toBe(3);
    await me.close();
  });

  it('gives way to the same work enqueued meanwhile when it fails', async () => {
    let runs = 0;
    await enqueue(1);
    const me = runner(async () => {
      if (++runs > 1) return;
      await enqueue(1);
      throw new Error('first time');
    });
    await me.drain();
    expect(runs).toBe(2);
    expect(await counts()).toEqual({ waiting: 0, running: 0, done: 2, failed: 0 });
    await me.close();
  });
}
