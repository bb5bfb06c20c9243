// A simulated year on one database: is what people still ask for found as well at its end, and how large has the file grown?
import { join } from 'node:path';
import { DAY_MS } from '../src/algo/durations.ts';
import { databaseBytes } from './bare-sqlite.ts';
import { startClocked } from './clocked.ts';
import { expectStatus, side } from './http.ts';
import { serverOptions, untilEmbedded } from './model.ts';
import { BenchError, type Chosen } from './options.ts';
import type { Progress } from './progress.ts';
import { seeded, shuffled } from './random.ts';
import { ranksOf, recallAt } from './recall.ts';
import type { BenchServer, ServerFacts } from './server.ts';
import { mean, rounded } from './stats.ts';
import { contentWords, loadTexts } from './texts.ts';
import { type Day, planYear, type YearPlan } from './year-plan.ts';

export interface YearFigures {
  days: number;
  stored: number;
  asked: number;
  ttl: number;
  forgotten: number;
  corrected: number;
  live: number;
  /** Memories the two recalls are about. */
  used: number;
  recall_at_10_start: number;
  recall_at_10_end: number;
  /** The same questions to a database that never held anything but what is live. */
  recall_at_10_fresh: number;
  /** After all sweeps, and after POST /admin/compact. */
  swept_mib: number;
  database_mib: number;
  compact_ms: number;
  /** A new database with the same live memories. */
  fresh_mib: number;
  size_ratio: number;
}

const DAY_SECONDS = DAY_MS / 1000;
const K = 10;
/** Questions of the recall: the most asked for. */
const MAX_USED = 500;
const CLIENTS = 8;
/** Of a question: with three words or more, nothing but the text they are from would be found. */
const WORDS = 2;
const AMENDMENT = 'Corrected since.';

/** What the server holds, by the number of its text. */
interface Held {
  server: BenchServer;
  ids: Map<number, number>;
  texts: string[];
}

async function store({ server, ids, texts }: Held, which: readonly number[], ttlDays: (text: number) => number | null) {
  await side(CLIENTS, which, async (text) => {
    const days = ttlDays(text);
    const request = { content: texts[text]!, category: 'bench', source: 'bench', ttl: days && days * DAY_SECONDS };
    ids.set(text, expectStatus(await server.call('POST', '/store', request), 201).body.id);
  });
}

async function search({ server }: Held, query: string): Promise<number[]> {
  const { body } = expectStatus(await server.call('POST', '/search', { query, limit: K }), 200);
  return body.results.map((hit: { id: number }) => hit.id);
}

async function live({ forgotten, corrected, ...day }: Day, plan: YearPlan, held: Held, ask: (text: number) => string) {
  const { server, ids, texts } = held;
  await store(held, day.stored, (text) => plan.ttl_days.get(text) ?? null);
  for (const text of day.asked) await search(held, ask(text));
  for (const text of forgotten) expectStatus(await server.call('POST', `/memory/${ids.get(text)}/forget`), 200);
  for (const text of corrected) {
    texts[text] += ` ${AMENDMENT}`;
    const path = `/memory/${ids.get(text)}/update`;
    ids.set(text, expectStatus(await server.call('POST', path, { content: texts[text] }), 200).body.new_id);
  }
  await server.order({ do: 'advance', ms: DAY_MS });
}

/** Share of the memories that come back among the first ten for two of their own words. */
async function recallOf(held: Held, questions: ReadonlyMap<number, string>): Promise<number> {
  const found: number[] = [];
  for (const [text, question] of questions)
    found.push(recallAt({ ranks: ranksOf([[held.ids.get(text)!]], await search(held, question)) }, K));
  return rounded(mean(found), 4);
}

async function embedded({ server }: Held, progress: Progress): Promise<void> {
  if (server.facts.model !== null) await untilEmbedded(server.call, progress);
}

/** Of a server that was stopped. */
const fileOf = ({ dir }: BenchServer): string => join(dir, 'engram.db');
const mib = (bytes: number): number => rounded(bytes / 2 ** 20, 2);

export async function year(
  chosen: Chosen,
  { memories, days }: { memories: number; days: number },
  progress: Progress,
): Promise<{ figures: YearFigures; facts: ServerFacts }> {
  const seed = chosen.number('seed');
  const { stored: texts } = await loadTexts(chosen.text('texts'), memories, 0, seed);
  const plan = planYear(memories, days, seed);
  if (plan.used.length === 0) throw new BenchError('Nothing is in use at the end of so short a time: raise --days.');
  const random = seeded(seed + 1);
  const ask = (text: number): string => shuffled(random, contentWords(texts[text]!)).slice(0, WORDS).join(' ');
  const questions = new Map(plan.used.slice(0, MAX_USED).map((text) => [text, ask(text)]));

  const lived = await startClocked(serverOptions(chosen));
  await using _stopped = lived;
  const held: Held = { server: lived, ids: new Map(), texts: [...texts] };
  await lived.order({ do: 'hold' });
  const [firstDay, ...rest] = plan.days;
  progress('year: storing');
  await store(held, firstDay!.stored, (text) => plan.ttl_days.get(text) ?? null);
  await embedded(held, progress);
  const recall_at_10_start = await recallOf(held, questions);
  await live({ ...firstDay!, stored: [] }, plan, held, ask);
  for (const [at, day] of rest.entries()) {
    progress(`year: day ${at + 2} of ${days}`);
    await live(day, plan, held, ask);
  }
  await embedded(held, progress);
  const recall_at_10_end = await recallOf(held, questions);
  const { facts } = lived;
  progress('year: compacting');
  const { body: compacted, ms: compact_ms } = expectStatus(await lived.call('POST', '/admin/compact'), 200);
  await lived.stop();

  progress('year: a fresh database');
  const fresh = await startClocked(serverOptions(chosen));
  await using _gone = fresh;
  const anew: Held = { server: fresh, ids: new Map(), texts: held.texts };
  const elapsed = (text: number) => days - plan.days.findIndex((day) => day.stored.includes(text));
  await store(anew, plan.live, (text) => {
    const ttl = plan.ttl_days.get(text);
    return ttl === undefined ? null : ttl - elapsed(text);
  });
  await embedded(anew, progress);
  const recall_at_10_fresh = await recallOf(anew, questions);
  await fresh.stop();

  const database = databaseBytes(fileOf(lived));
  const alone = databaseBytes(fileOf(fresh));
  const total = (of: (day: Day) => readonly number[]) => plan.days.reduce((sum, day) => sum + of(day).length, 0);
  const figures: YearFigures = {
    days,
    stored: memories,
    asked: total((day) => day.asked),
    ttl: plan.ttl_days.size,
    forgotten: total((day) => day.forgotten),
    corrected: total((day) => day.corrected),
    live: plan.live.length,
    used: questions.size,
    recall_at_10_start,
    recall_at_10_end,
    recall_at_10_fresh,
    swept_mib: mib(compacted.size_before),
    database_mib: mib(database),
    compact_ms: rounded(compact_ms, 1),
    fresh_mib: mib(alone),
    size_ratio: rounded(database / alone, 3),
  };
  return { figures, facts };
}
