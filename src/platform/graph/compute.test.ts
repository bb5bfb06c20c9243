// Threads for real: what comes out of them, how many run at once, and how they end.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { tempDir } from '../../../test/support/app.ts';
import { seeded } from '../../algo/graph/random.ts';
import type { AnalyseTask, RankTask } from '../../algo/graph/tasks.ts';
import { Interrupted } from '../../core/job.ts';
import { createCompute } from './compute.ts';

function graph(n: number, m: number): Pick<RankTask, 'ids' | 'edges'> {
  const random = seeded(3);
  const node = () => 10 + Math.floor(random() * n);
  return {
    ids: Float64Array.from({ length: n }, (_, i) => 10 + i),
    edges: {
      from: Float64Array.from({ length: m }, node),
      to: Float64Array.from({ length: m }, node),
      weight: Float32Array.from({ length: m }, () => 0.1 + random()),
      mutual: Uint8Array.from({ length: m }, (_, i) => i % 2),
    },
  };
}
const rankTask = (): RankTask => ({ kind: 'rank', ...graph(300, 900), earlier: new Float64Array(300), seed: 1 });
const withoutTimes = <T extends object>(outcome: T) => ({ ...outcome, ms: null });

/** A thread's file that does this. */
function entry(code: string): URL {
  const path = join(tempDir(), 'thread.mjs');
  writeFileSync(path, `import { parentPort } from 'node:worker_threads';\n${code}`);
  return pathToFileURL(path);
}

describe('createCompute', () => {
  it('works out the same in a thread as here, and leaves what it was given', async () => {
    const here = createCompute({ max_threads: 1 });
    const there = createCompute({ max_threads: 1, thread_from: 0 });
    const task = rankTask();
    const outcome = await there.run(task);
    expect(withoutTimes(outcome)).toEqual(withoutTimes(await here.run(rankTask())));
    expect(task.ids).toHaveLength(300);
    expect(outcome.communities).toHaveLength(300);
    const analysis: AnalyseTask = { kind: 'analyse', ...graph(50, 80), limit: 5, seed: 1 };
    expect(await there.run(analysis)).toEqual(await here.run(analysis));
  });

  it('runs no more threads at once than allowed, and all in the end', async () => {
    const there = createCompute({ max_threads: 2, thread_from: 0 });
    const all = await Promise.all(Array.from({ length: 5 }, () => there.run(rankTask())));
    for (const one of all) expect(withoutTimes(one)).toEqual(withoutTimes(all[0]!));
  });

  it('says so when a thread fails or ends without a word', async () => {
    const fails = createCompute({ max_threads: 1, thread_from: 0, entry: entry("throw new Error('no luck');") });
    await expect(fails.run(rankTask())).rejects.toThrow('no luck');
    const ends = createCompute({ max_threads: 1, thread_from: 0, entry: entry('process.exit(3);') });
    await expect(ends.run(rankTask())).rejects.toThrow('The graph thread stopped');
    // And the place is free for the next one.
    await expect(ends.run(rankTask())).rejects.toThrow('The graph thread stopped');
  });

  it('ends its threads when it is closed', async () => {
    const hangs = createCompute({ max_threads: 1, thread_from: 0, entry: entry('setInterval(() => {}, 1000);') });
    const [first, second] = [hangs.run(rankTask()), hangs.run(rankTask())];
    const ended = Promise.allSettled([first, second]);
    hangs.close();
    for (const one of await ended) expect(one).toMatchObject({ status: 'rejected', reason: expect.any(Interrupted) });
  });
});
