// Stores the documents of a retrieval set in the server and asks its queries every way there is.
import { openBare } from './bare-sqlite.ts';
import type { Channel } from './channels.ts';
import { type Call, expectStatus, side } from './http.ts';
import type { Progress } from './progress.ts';
import type { Collection, Document, Query, RetrievalSet } from './retrieval-set.ts';
import { type BenchServer, newUser } from './server.ts';

/** Results asked for: the depth of the figures. */
export const DEPTH = 10;

/** Ways to search the server, in the order they are asked: the one people use first, so that nothing is at hand yet. */
const CHANNELS_OF = { hybrid: null, vector: ['vector'], lexical: ['lexical'] } as const satisfies Record<
  string,
  readonly Channel[] | null
>;
export const WAYS = ['hybrid', 'vector', 'lexical', 'fts5'] as const;
export type Way = (typeof WAYS)[number];

/** Ids of what came back, best first. */
export interface Found {
  ids: number[];
  ms: number;
}
export interface Judged {
  /** Stored id -> grade. Documents that say the same are one. */
  gold: ReadonlyMap<number, number>;
  /** `vector` is missing when the server has no model. */
  found: Partial<Record<Way, Found>>;
}

export interface StoredSet {
  set: RetrievalSet;
  collections: StoredCollection[];
  /** Documents the server took for repeats of others. */
  repeats: number;
}
interface StoredCollection extends Collection {
  call: Call;
  idOf: ReadonlyMap<string, number>;
}

/** Few enough that a slow model embeds them before the request times out. */
const BUNDLE = 10;
const WARM_UP = 10;

/** One user per collection; documents in their order. */
export async function storeSet(server: BenchServer, set: RetrievalSet, stored: () => void): Promise<StoredSet> {
  const collections: StoredCollection[] = [];
  let repeats = 0;
  for (const collection of set.collections) {
    const call = await newUser(server, collection.id);
    const idOf = new Map<string, number>();
    for (let at = 0; at < collection.documents.length; at += BUNDLE) {
      const bundle = collection.documents.slice(at, at + BUNDLE);
      repeats += await storeBundle(call, bundle, set.name, idOf);
      for (const _ of bundle) stored();
    }
    collections.push({ ...collection, call, idOf });
  }
  return { set, collections, repeats };
}

/** @returns how many were repeats */
async function storeBundle(call: Call, bundle: readonly Document[], source: string, idOf: Map<string, number>) {
  const ops = bundle.map(({ text }) => ({ op: 'store', body: { content: text, category: 'document', source } }));
  const { body } = expectStatus(await call('POST', '/batch', { ops }), 200, 207);
  const outcomes = body.results as { success: boolean; error?: string; result?: { id: number; stored: boolean } }[];
  for (const [at, { id }] of bundle.entries()) {
    const { result, error } = outcomes[at]!;
    if (!result) throw new Error(`${source}: document ${id} could not be stored: ${error}`);
    idOf.set(id, result.id);
  }
  return outcomes.filter(({ result }) => !result!.stored).length;
}

export interface Asking {
  /** False leaves the vectors alone out. */
  vector: boolean;
  concurrency: number;
  progress: Progress;
}

/** Every query of the set, one way after the other. */
export async function askSet({ set, collections }: StoredSet, asking: Asking): Promise<Judged[]> {
  const tasks = collections.flatMap((collection) => collection.queries.map((query) => ({ collection, query })));
  const judged = tasks.map(({ collection, query }): Judged => ({ gold: goldOf(query, collection.idOf), found: {} }));
  for (const [way, channels] of Object.entries(CHANNELS_OF) as [keyof typeof CHANNELS_OF, Channel[] | null][]) {
    if (way === 'vector' && !asking.vector) continue;
    const ask = ({ collection, query }: (typeof tasks)[number]) =>
      collection.call('POST', '/search', { query: query.text, limit: DEPTH, ...(channels && { channels }) });
    for (const task of tasks.slice(-WARM_UP)) await ask(task);
    await side(asking.concurrency, tasks, async (task, at) => {
      const { body, ms } = expectStatus(await ask(task), 200);
      judged[at]!.found[way] = { ids: body.results.map((hit: { id: number }) => hit.id), ms };
      asking.progress(`${set.name}: asked ${way} ${at + 1} of ${tasks.length}`);
    });
  }
  const bare = new Map(collections.map((collection) => [collection, bareOver(collection)]));
  for (const [at, { collection, query }] of tasks.entries()) judged[at]!.found.fts5 = bare.get(collection)!(query.text);
  return judged;
}

function goldOf({ gold }: Query, idOf: ReadonlyMap<string, number>): Map<number, number> {
  const grades = new Map<number, number>();
  for (const [document, grade] of gold) {
    // A judged document that is not in the set can be found by nobody, and still counts.
    const id = idOf.get(document) ?? -grades.size - 1;
    grades.set(id, Math.max(grade, grades.get(id) ?? 0));
  }
  return grades;
}

/** Plain FTS5 over one collection, each text once, answering with the server's ids. */
function bareOver({ documents, idOf }: StoredCollection): (query: string) => Found {
  const texts = new Map<number, string>();
  for (const { id, text } of documents) if (!texts.has(idOf.get(id)!)) texts.set(idOf.get(id)!, text);
  const ids = [...texts.keys()];
  const db = openBare(':memory:');
  db.fill([...texts.values()]);
  return (query) => {
    const started = performance.now();
    const hits = db.search(query, DEPTH);
    const ms = performance.now() - started;
    return { ids: hits.map((hit) => ids[hit.id - 1]!), ms };
  };
}
