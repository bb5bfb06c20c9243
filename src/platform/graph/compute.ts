// Where work over a whole graph is done: large graphs in a thread of their own, so that requests are answered meanwhile;
// small ones here, since starting a thread takes longer.
import { Worker } from 'node:worker_threads';
import { type GraphCompute, type GraphTask, type OutcomeOf, runTask } from '../../algo/graph/tasks.ts';
import { Interrupted } from '../../core/job.ts';

export interface ComputeOptions {
  /** Threads at once. */
  max_threads: number;
  /** Nodes and edges from which a thread is worth it. */
  thread_from?: number;
  /** The thread's file; tests put one that fails in its place. */
  entry?: URL;
}

export interface Compute {
  run: GraphCompute;
  /** Ends the threads; what they were asked for is rejected with Interrupted. */
  close(): void;
}

/** A few milliseconds' worth. */
const THREAD_FROM = 5_000;

export function createCompute({ max_threads, thread_from = THREAD_FROM, entry }: ComputeOptions): Compute {
  const file = entry ?? new URL('./graph-worker.ts', import.meta.url);
  const running = new Set<Worker>();
  const queue: (() => void)[] = [];
  let busy = 0;
  let closed = false;

  async function turn(): Promise<void> {
    if (busy >= max_threads) await new Promise<void>((resolve) => queue.push(resolve));
    else busy++;
  }
  function next(): void {
    const waiting = queue.shift();
    // The place goes on to the next one as it is.
    if (waiting) waiting();
    else busy--;
  }

  function inThread<T extends GraphTask>(task: T): Promise<OutcomeOf<T>> {
    const { promise, resolve, reject } = Promise.withResolvers<OutcomeOf<T>>();
    const worker = new Worker(file, { workerData: task });
    running.add(worker);
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', (code) => {
      running.delete(worker);
      reject(closed ? new Interrupted() : new Error(`The graph thread stopped (exit code ${code}).`));
    });
    return promise;
  }

  return {
    async run(task) {
      if (task.ids.length + task.edges.from.length < thread_from) return runTask(task, () => performance.now());
      await turn();
      try {
        if (closed) throw new Interrupted();
        return await inThread(task);
      } finally {
        next();
      }
    },
    close() {
      closed = true;
      for (const worker of running) void worker.terminate();
    },
  };
}
