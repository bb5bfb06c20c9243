// The load generator: a process of its own, so that waiting here is never waiting there. Jobs and results are lines of JSON.
import { createInterface } from 'node:readline';
import { type Call, caller, side } from './http.ts';
import { type Watched, type WatchJob, watch } from './watch.ts';

export interface StoreJob {
  kind: 'store';
  clients: number;
  texts: readonly string[];
  /** Store on and on, with a word of its own in each text, until the server is gone. */
  endless?: string;
}
export interface BatchJob {
  kind: 'batch';
  clients: number;
  texts: readonly string[];
}
export interface SearchJob {
  kind: 'search';
  clients: number;
  queries: readonly string[];
  limit: number;
}
/** Reads each memory back and compares. */
export interface ReadJob {
  kind: 'read';
  clients: number;
  expected: readonly Acknowledged[];
}
export type Job = StoreJob | BatchJob | SearchJob | ReadJob | WatchJob;
/** What a job of this kind brings. */
export type Outcome<J extends Job> = J extends WatchJob ? Watched : Done;
export type Sent = Job & { url: string; key: string };

export interface Acknowledged {
  id: number;
  content: string;
}

export interface Done {
  /** From the first request sent to the last answer read. */
  seconds: number;
  /** One per request that was answered. */
  ms: number[];
  /** Store jobs: what the server said is stored. */
  acknowledged: Acknowledged[];
  /** Search jobs: ids of each answer, in the order of the queries. Read jobs: ids that did not read back as stored. */
  ids: number[][];
}

const OPS_PER_BATCH = 50;

const problem = (what: string, status: number, body: unknown) =>
  new Error(`${what} answered ${status}: ${JSON.stringify(body).slice(0, 300)}`);

async function store(job: StoreJob, call: Call, done: Done): Promise<void> {
  const one = async (content: string): Promise<boolean> => {
    const reply = await call('POST', '/store', { content, category: 'bench', source: 'bench' });
    if (reply.status !== 201) throw problem('/store', reply.status, reply.body);
    done.ms.push(reply.ms);
    if (job.endless !== undefined) done.acknowledged.push({ id: reply.body.id, content });
    return true;
  };
  if (job.endless === undefined) return side(job.clients, job.texts, async (text) => void (await one(text)));
  let next = 0;
  const client = async () => {
    for (;;) {
      const i = next++;
      const text = `${job.texts[i % job.texts.length]} ${job.endless}${i}`;
      // Refused connections and broken ones alike: the server has been killed, as was meant to happen.
      const stored = await one(text).catch((error) => {
        if (/ answered \d/.test(String(error))) throw error;
        return false;
      });
      if (!stored) return;
    }
  };
  await Promise.all(Array.from({ length: job.clients }, client));
}

async function batch(job: BatchJob, call: Call, done: Done): Promise<void> {
  const bundles: string[][] = [];
  for (let i = 0; i < job.texts.length; i += OPS_PER_BATCH) bundles.push(job.texts.slice(i, i + OPS_PER_BATCH));
  await side(job.clients, bundles, async (texts) => {
    const ops = texts.map((content) => ({ op: 'store', body: { content, category: 'bench', source: 'bench' } }));
    const reply = await call('POST', '/batch', { ops });
    if (reply.status !== 200) throw problem('/batch', reply.status, reply.body);
    done.ms.push(reply.ms);
  });
}

async function search(job: SearchJob, call: Call, done: Done): Promise<void> {
  await side(job.clients, job.queries, async (query, i) => {
    const reply = await call('POST', '/search', { query, limit: job.limit });
    if (reply.status !== 200) throw problem('/search', reply.status, reply.body);
    done.ms.push(reply.ms);
    done.ids[i] = reply.body.results.map((hit: { id: number }) => hit.id);
  });
}

async function read(job: ReadJob, call: Call, done: Done): Promise<void> {
  await side(job.clients, job.expected, async ({ id, content }) => {
    const reply = await call('GET', `/memory/${id}`);
    done.ms.push(reply.ms);
    if (reply.status !== 200 || reply.body.content !== content) done.ids.push([id]);
  });
}

async function perform(job: Sent): Promise<Done | Watched> {
  const call = caller(job.url, job.key);
  if (job.kind === 'watch') return watch(job, call);
  const done: Done = { seconds: 0, ms: [], acknowledged: [], ids: [] };
  const started = performance.now();
  if (job.kind === 'store') await store(job, call, done);
  else if (job.kind === 'batch') await batch(job, call, done);
  else if (job.kind === 'search') await search(job, call, done);
  else await read(job, call, done);
  done.seconds = (performance.now() - started) / 1000;
  return done;
}

for await (const line of createInterface({ input: process.stdin })) {
  const answer = await perform(JSON.parse(line) as Sent).then(
    (done) => ({ done }),
    (error: unknown) => ({ error: error instanceof Error ? error.message : String(error) }),
  );
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
