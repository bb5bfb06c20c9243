// Writing buffered reads in pages: on a real database; only the rests between the pages are decided here.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTestApp, type TestApp } from '../../../test/support/app.ts';
import { STANDARD_FSRS } from '../../algo/fsrs.ts';
import { pause } from '../../core/event-loop.ts';
import { silentLogger } from '../../core/log.ts';
import { storesOn } from '../../stores.ts';
import { createTouches } from './touches.ts';

const COUNT = 100;
let app: TestApp;
let ids: number[];
/** What happened: `rest`, or how many memories have been read so far by the counts in the database. */
let steps: (number | 'rest')[];
beforeEach(async () => {
  app = await createTestApp();
  steps = [];
  const stores = Array.from({ length: COUNT }, (_, i) => app.call('POST', '/store', { content: `memory ${i}` }));
  ids = (await Promise.all(stores)).map(({ body }) => body.id);
});
afterEach(() => app.close());

const counts = async (): Promise<number[]> =>
  (await app.call('GET', '/list?limit=1000')).body.results.map((m: { access_count: number }) => m.access_count);
const read = async (): Promise<number> => (await counts()).filter((count) => count > 0).length;

const touchesWith = (rest: typeof pause) =>
  createTouches({
    atomically: storesOn(app.database, app.clock).atomically,
    fsrs: STANDARD_FSRS,
    clock: app.clock,
    logger: silentLogger,
    rest: async (ms, signal) => {
      steps.push(await read(), 'rest');
      await rest(ms, signal);
    },
  });

describe('writing reads', () => {
  it('rests after every page but the last', async () => {
    const touches = touchesWith(async () => {});
    touches.add(1, ids);
    await touches.flush();
    expect(steps).toEqual([32, 'rest', 64, 'rest', 96, 'rest']);
    expect(await counts()).toEqual(Array(COUNT).fill(1));
  });

  it('goes on without a rest when told to finish in the middle, and loses nothing', async () => {
    let finished: Promise<void> | undefined;
    const touches = touchesWith((ms, signal) => {
      // Read again while the first flush rests: that belongs to the second one.
      touches.add(1, ids.slice(0, 40));
      finished = touches.finish();
      return pause(ms * 1_000_000, signal);
    });
    touches.add(1, ids);
    await touches.flush();
    expect(steps).toEqual([32, 'rest']);
    expect(await counts()).toEqual(Array(COUNT).fill(1));
    await finished;
    expect(steps).toEqual([32, 'rest']);
    expect((await counts()).sort()).toEqual([...Array(COUNT - 40).fill(1), ...Array(40).fill(2)]);
  });

  it('never rests once it is finishing', async () => {
    const touches = touchesWith(async () => {});
    touches.add(1, ids);
    await touches.finish();
    expect(steps).toEqual([]);
    expect(await counts()).toEqual(Array(COUNT).fill(1));
  });
});

describe('a pause', () => {
  it('is over at once when its signal is aborted, before or meanwhile', async () => {
    const hurry = new AbortController();
    const long = pause(2 ** 30, hurry.signal);
    hurry.abort();
    await long;
    await pause(2 ** 30, hurry.signal);
    await pause(1, new AbortController().signal);
  });
});
