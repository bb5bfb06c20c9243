// Periodic jobs on each database: one run per interval, however many servers there are and however often they start.
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { HOUR_MS, MINUTE_MS } from '../../src/algo/durations.ts';
import { formatTime } from '../../src/core/clock.ts';
import { silentLogger } from '../../src/core/log.ts';
import { every, type Schedule } from '../../src/core/schedule.ts';
import type { Database } from '../../src/platform/db/dialect.ts';
import { createRunner, type Runner } from '../../src/platform/jobs/runner.ts';
import { createScheduler } from '../../src/platform/jobs/schedule.ts';
import { type FakeClock, fakeClock } from '../support/app.ts';
import type { Kind } from '../support/databases.ts';
import { type Bound, stores } from '../support/rows.ts';

export function schedulesSuite(kind: Kind): void {
  let database: Database;
  let clock: FakeClock;
  let bound: Bound;
  let ran: string[];
  let open: Runner[];
  let paused: string[];
  beforeAll(async () => {
    database = await (await kind.place()).open();
  });
  afterAll(() => database.close());
  beforeEach(async () => {
    clock = fakeClock();
    bound = stores(database, clock);
    ran = [];
    open = [];
    paused = [];
    await database.atomically(async ({ db }) => {
      await db.deleteFrom('jobs').execute();
      await db.deleteFrom('app_state').execute();
    });
  });
  afterEach(() => Promise.all(open.map((runner) => runner.close())));

  const sweep = (every_ms = 5 * MINUTE_MS) =>
    every(every_ms, 'test.sweep', async () => void ran.push(formatTime(clock.now()).slice(11)));
  /** A server with these schedules, as app.ts makes one. */
  function server(schedules: readonly Schedule[] = [sweep()], owner: string = crypto.randomUUID()): Runner {
    const runner = createRunner({
      atomically: bound.atomically,
      handlers: schedules.map(({ handler }) => handler),
      tick: createScheduler({ read: bound.read, atomically: bound.atomically, schedules, clock }).tick,
      paused: async () => paused,
      clock,
      owner,
      logger: silentLogger,
    });
    open.push(runner);
    return runner;
  }
  const pass = async (ms: number, ...runners: Runner[]) => {
    clock.advance(ms);
    await Promise.all(runners.map((runner) => runner.drain()));
  };
  const counts = () => bound.read.jobs.counts();

  it('runs once per interval, counted from the first start', async () => {
    const one = server();
    await pass(0, one);
    await pass(5 * MINUTE_MS - 1000, one);
    expect(ran).toEqual([]);
    await pass(1000, one);
    await pass(0, one);
    expect(ran).toEqual(['12:05:00']);
    await pass(4 * MINUTE_MS, one);
    expect(ran).toEqual(['12:05:00']);
    await pass(MINUTE_MS, one);
    expect(ran).toEqual(['12:05:00', '12:10:00']);
  });

  it('runs once for all the time that nobody was there', async () => {
    await pass(0, server());
    await pass(3 * HOUR_MS, server());
    expect(ran).toEqual(['15:00:00']);
  });

  it('goes on counting over restarts', async () => {
    await pass(0, server());
    for (const _ of [1, 2, 3]) await pass(2 * MINUTE_MS, server());
    expect(ran).toEqual(['12:06:00']);
    await pass(4 * MINUTE_MS, server());
    expect(ran).toEqual(['12:06:00']);
  });

  it('runs once where several servers share the database', async () => {
    const servers = [server(), server(), server()];
    await pass(0, ...servers);
    await pass(5 * MINUTE_MS, ...servers);
    await pass(0, ...servers);
    expect(ran).toEqual(['12:05:00']);
    await pass(5 * MINUTE_MS, servers[2]!, servers[0]!);
    await pass(0, servers[1]!);
    expect(ran).toEqual(['12:05:00', '12:10:00']);
  });

  it('has one waiting at most while its lane is held back, and runs it after', async () => {
    const one = server();
    await pass(0, one);
    paused = ['maintenance'];
    for (const _ of [1, 2, 3]) await pass(5 * MINUTE_MS, one);
    expect(ran).toEqual([]);
    expect(await counts()).toMatchObject({ waiting: 1 });
    paused = [];
    await pass(0, one);
    expect(ran).toEqual(['12:15:00']);
    expect(await counts()).toMatchObject({ waiting: 0, done: 1 });
  });

  it('keeps several schedules apart', async () => {
    const slow = every(HOUR_MS, 'test.slow', async () => void ran.push('slow'), 'io');
    const one = server([sweep(30 * MINUTE_MS), slow]);
    await pass(0, one);
    await pass(30 * MINUTE_MS, one);
    expect(ran).toEqual(['12:30:00']);
    await pass(30 * MINUTE_MS, one);
    expect(ran.sort()).toEqual(['12:30:00', '13:00:00', 'slow']);
    expect(() => server([sweep(), sweep()])).toThrow(/two/);
  });

  it('tries a run that failed again, and goes on with the next', async () => {
    let failures = 1;
    const shaky = every(HOUR_MS, 'test.shaky', async () => {
      if (failures-- > 0) throw new Error('not now');
      ran.push(formatTime(clock.now()).slice(11));
    });
    const one = server([shaky]);
    await pass(0, one);
    await pass(HOUR_MS, one);
    expect(ran).toEqual([]);
    await pass(2000, one);
    expect(ran).toEqual(['13:00:02']);
    await pass(HOUR_MS, one);
    expect(ran).toEqual(['13:00:02', '14:00:02']);
  });

  it('does not wait for a time that a clock far ahead has written', async () => {
    await bound.atomically(({ access }) => access.setState('schedule.test.sweep', '2099-01-01 00:00:00', '2099-01-01'));
    const one = server();
    await pass(0, one);
    expect(ran).toEqual(['12:00:00']);
    await pass(5 * MINUTE_MS, one);
    expect(ran).toEqual(['12:00:00', '12:05:00']);
  });

  it('asks the database only when something may be due', async () => {
    let asked = 0;
    const access = {
      state(key: string) {
        asked++;
        return bound.read.access.state(key);
      },
    };
    const { tick } = createScheduler({
      read: { access },
      atomically: bound.atomically,
      schedules: [sweep()],
      clock,
    });
    for (const _ of [1, 2, 3, 4]) await tick();
    const settled = asked;
    for (const _ of [1, 2, 3, 4]) await tick();
    expect(asked).toBe(settled);
    clock.advance(5 * MINUTE_MS);
    await tick();
    expect(asked).toBeGreaterThan(settled);
    expect(await counts()).toMatchObject({ waiting: 1 });
  });
}
