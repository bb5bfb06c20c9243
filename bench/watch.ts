// Watches a server from the load process: probes at a steady beat, whether or not earlier ones have been answered. A
// server that stands still for a second is seen by two hundred probes, not by the one that waits.
import { type Call, expectStatus, type Reply } from './http.ts';
import { embedding } from './model.ts';

export interface WatchJob {
  kind: 'watch';
  /** One GET /health every so often; this, too, the searches. */
  health_every_ms: number;
  search_every_ms: number;
  /** Asked in turn, again from the beginning. */
  queries: readonly string[];
  limit: number;
  /** Ends after so many seconds, or once so many memories have their vectors. */
  until: { seconds: number } | { embedded: number };
}

export interface Watched {
  health_ms: number[];
  search_ms: number[];
  /** Seconds from the start of the watch to a reading of how far embedding was, and what it said; in order. */
  readings: { seconds: number; done: number }[];
}

/** Reading the progress costs the server little, but not nothing. */
const LOOK_EVERY_MS = 100;

/** @throws Error when a probe fails or is answered with anything but 200 */
export async function watch(job: WatchJob, call: Call): Promise<Watched> {
  const started = performance.now();
  const seconds = () => (performance.now() - started) / 1000;
  const watched: Watched = { health_ms: [], search_ms: [], readings: [] };
  const under_way = new Set<Promise<void>>();
  let failure: unknown = null;
  const probe = (every_ms: number, times: number[], ask: (n: number) => Promise<Reply>) => {
    let n = 0;
    const beat = () => {
      const asked = ask(n++)
        .then((reply) => void times.push(expectStatus(reply, 200).ms))
        .catch((error) => {
          failure ??= error;
        })
        .finally(() => under_way.delete(asked));
      under_way.add(asked);
    };
    beat();
    return setInterval(beat, every_ms);
  };
  const over = async (): Promise<boolean> => {
    if (failure !== null) return true;
    if ('seconds' in job.until) return seconds() >= job.until.seconds;
    const { state, done } = await embedding(call);
    watched.readings.push({ seconds: seconds(), done });
    return state !== 'running' && done >= job.until.embedded;
  };

  const timers = [
    probe(job.health_every_ms, watched.health_ms, () => call('GET', '/health')),
    probe(job.search_every_ms, watched.search_ms, (n) =>
      call('POST', '/search', { query: job.queries[n % job.queries.length]!, limit: job.limit }),
    ),
  ];
  try {
    while (!(await over())) await Bun.sleep(LOOK_EVERY_MS);
  } finally {
    for (const timer of timers) clearInterval(timer);
    await Promise.all(under_way);
  }
  if (failure !== null) throw failure;
  return watched;
}
