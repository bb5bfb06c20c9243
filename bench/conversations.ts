// Stores conversations, asks their questions, judges the answers: what the recall benchmarks share.
import { createWriteStream } from 'node:fs';
import { AGE_OPTION, type Age } from './ages.ts';
import { openBare } from './bare-sqlite.ts';
import { ABLATE_OPTION, CHANNELS, CHANNELS_OPTION, type Channel, channelsOf } from './channels.ts';
import { type Call, expectStatus, side } from './http.ts';
import { untilEmbedded, untilUnderstood } from './model.ts';
import type { Chosen, Option } from './options.ts';
import type { Progress } from './progress.ts';
import { ranksOf, recallAt, reciprocalRank } from './recall.ts';
import { type BenchServer, needSearch, newUser } from './server.ts';
import { latency, mean, rounded } from './stats.ts';
import { percent, type Table } from './table.ts';

export interface Item {
  /** What questions name as their source. */
  key: string;
  content: string;
  session_id: string;
  occurred_at: string | null;
}
export interface Question {
  question: string;
  group: string;
  /** Keys of the items that answer it. */
  gold: string[];
}
export interface Conversation {
  id: string;
  items: Item[];
  questions: Question[];
}

export interface Asked extends Question {
  conversation: string;
  /** How much time passed after storing, as asked for; null when none did. */
  age: string | null;
  gold_ids: number[][];
  returned: number[];
  ranks: (number | null)[];
  /** The same for plain FTS5. */
  bare_ranks: (number | null)[];
  /** The same for the vectors alone; null when they were not asked. */
  vector_ranks: (number | null)[] | null;
  /** The same with each of the channels left out; null when that was not asked. */
  ranks_without: Readonly<Partial<Record<Channel, (number | null)[]>>> | null;
  abstained: boolean | null;
  top_score: number | null;
  ms: number;
  vector_ms: number | null;
}

export interface ConversationRun {
  source: string;
  concurrency: number;
  /** Null searches as the server does by itself. */
  channels: readonly Channel[] | null;
  /** Ask again with each channel left out. */
  ablate: boolean;
  /** Passes between storing and asking; null asks at once. */
  age: Age | null;
  progress: Progress;
}

export const CONVERSATION_OPTIONS: readonly Option[] = [
  { name: 'limit-conversations', kind: 'number', fallback: '0', help: 'only the first so many; 0 = all' },
  { name: 'concurrency', kind: 'number', fallback: '1', help: 'searches at a time' },
  CHANNELS_OPTION,
  ABLATE_OPTION,
  AGE_OPTION,
  { name: 'per-question', kind: 'text', fallback: null, help: 'write one line of JSON per question to this file' },
];

export const conversationRun = (source: string, chosen: Chosen, progress: Progress): ConversationRun => ({
  source,
  concurrency: Math.max(1, chosen.number('concurrency')),
  channels: channelsOf(chosen),
  ablate: chosen.flag('ablate'),
  age: null,
  progress,
});

/** Results asked for: the deepest figure reported. */
export const DEPTH = 20;
/** Conversations stored side by side; within one the order has to be kept. */
const STORING = 8;
const WARM_UP = 20;

interface Answer {
  ids: number[];
  abstained: boolean | null;
  top_score: number | null;
  ms: number;
}

type Users = ReadonlyMap<Conversation, { call: Call; idsOf: ReadonlyMap<string, number[]> }>;

/** One user per conversation. @returns what every question brought, and how many items were taken for repeats */
export async function runConversations(
  server: BenchServer,
  conversations: readonly Conversation[],
  run: ConversationRun,
) {
  const { progress } = run;
  await needSearch(server.call);
  const { users, repeats } = await storeAll(server, conversations, run);
  if (server.facts.model !== null) await untilEmbedded(server.call, progress);
  await untilUnderstood(
    [...users.values()].map(({ call }) => call),
    progress,
  );
  if (run.age) await server.order({ do: 'advance', ms: run.age.ms });

  const tasks = conversations.flatMap((conversation) =>
    conversation.questions.map((question) => ({ conversation, question })),
  );
  /** What is kept of every answer, in the order of the questions. */
  const askAll = async (channels: readonly Channel[] | null, what: string) => {
    const answers: Answer[] = [];
    const search = ({ conversation, question }: (typeof tasks)[number]) =>
      users.get(conversation)!.call('POST', '/search', {
        query: question.question,
        limit: DEPTH,
        ...(channels && { channels }),
      });
    for (const task of tasks.slice(0, WARM_UP)) await search(task);
    await side(run.concurrency, tasks, async (task, i) => {
      const { body, ms } = expectStatus(await search(task), 200);
      answers[i] = {
        ids: body.results.map((hit: { id: number }) => hit.id),
        abstained: body.abstained ?? null,
        top_score: body.top_score ?? null,
        ms: rounded(ms, 3),
      };
      progress(`asked ${what} ${i + 1} of ${tasks.length}`);
    });
    return answers;
  };
  const answers = await askAll(run.channels, run.channels?.join(' and ') ?? 'all channels');
  // Afterwards, so that nothing it does to the store changes the figures above.
  const alone = run.channels === null && server.facts.model !== null ? await askAll(['vector'], 'vectors alone') : null;
  const without = new Map<Channel, Answer[]>();
  if (run.ablate) {
    for (const left_out of run.channels ?? CHANNELS) {
      const rest = (run.channels ?? CHANNELS).filter((channel) => channel !== left_out);
      if (rest.length > 0) without.set(left_out, await askAll(rest, `without ${left_out}`));
    }
  }
  progress.clear();

  const bare = new Map(conversations.map((one) => [one, bareOver(one, users.get(one)!.idsOf)]));
  const asked = tasks.map(({ conversation, question }, i): Asked => {
    const { idsOf } = users.get(conversation)!;
    const gold_ids = question.gold.map((key) => idsOf.get(key) ?? []);
    const { ids: returned, abstained, top_score, ms } = answers[i]!;
    return {
      ...question,
      conversation: conversation.id,
      age: run.age?.name ?? null,
      gold_ids,
      returned,
      ranks: ranksOf(gold_ids, returned),
      bare_ranks: ranksOf(gold_ids, bare.get(conversation)!(question.question)),
      vector_ranks: alone && ranksOf(gold_ids, alone[i]!.ids),
      ranks_without: run.ablate
        ? Object.fromEntries([...without].map(([channel, all]) => [channel, ranksOf(gold_ids, all[i]!.ids)]))
        : null,
      abstained,
      top_score,
      ms,
      vector_ms: alone && alone[i]!.ms,
    };
  });
  return { asked, repeats };
}

async function storeAll(server: BenchServer, conversations: readonly Conversation[], run: ConversationRun) {
  const users = new Map<Conversation, { call: Call; idsOf: Map<string, number[]> }>();
  let stored = 0;
  let repeats = 0;
  await side(STORING, conversations, async (conversation) => {
    const call = await newUser(server, conversation.id);
    const idsOf = new Map<string, number[]>();
    users.set(conversation, { call, idsOf });
    for (const { key, content, session_id, occurred_at } of conversation.items) {
      const request = { content, session_id, occurred_at, category: 'conversation', source: run.source };
      const { status, body } = expectStatus(await call('POST', '/store', request), 200, 201);
      if (status === 200) repeats++;
      idsOf.set(key, [...(idsOf.get(key) ?? []), (body.duplicate_of as number | null) ?? (body.id as number)]);
      run.progress(`stored ${++stored}`);
    }
  });
  return { users: users as Users, repeats };
}

/** Plain FTS5 over one conversation, answering with the server's ids. */
function bareOver({ items }: Conversation, idsOf: ReadonlyMap<string, readonly number[]>) {
  const db = openBare(':memory:');
  const ids = items.map(({ key }) => idsOf.get(key)![0]!);
  db.fill(items.map((item) => item.content));
  return (question: string): number[] => db.search(question, DEPTH).map((hit) => ids[hit.id - 1]!);
}

export interface Score {
  questions: number;
  with_evidence: number;
  /** Null, as all that follow, when no question has evidence. */
  recall_at_5: number | null;
  recall_at_10: number | null;
  recall_at_20: number | null;
  mrr: number | null;
  bare_recall_at_5: number | null;
  bare_recall_at_10: number | null;
  bare_recall_at_20: number | null;
  /** Null, too, when the vectors were not asked alone. */
  vector_recall_at_5: number | null;
  vector_recall_at_10: number | null;
  vector_recall_at_20: number | null;
  /** Share of all questions, also those without evidence. */
  abstained: number;
}

export function scoreOf(asked: readonly Asked[]): Score {
  const judged = asked.filter((one) => one.ranks.length > 0);
  const average = (of: (one: Asked) => number) => (judged.length === 0 ? null : rounded(mean(judged.map(of)), 4));
  const recall = (k: number) => average((one) => recallAt(one, k));
  const bare = (k: number) => average((one) => recallAt({ ranks: one.bare_ranks }, k));
  const alone = asked.every((one) => one.vector_ranks !== null);
  const vector = (k: number) => (alone ? average((one) => recallAt({ ranks: one.vector_ranks! }, k)) : null);
  return {
    questions: asked.length,
    with_evidence: judged.length,
    recall_at_5: recall(5),
    recall_at_10: recall(10),
    recall_at_20: recall(20),
    mrr: average(reciprocalRank),
    bare_recall_at_5: bare(5),
    bare_recall_at_10: bare(10),
    bare_recall_at_20: bare(20),
    vector_recall_at_5: vector(5),
    vector_recall_at_10: vector(10),
    vector_recall_at_20: vector(20),
    abstained: rounded(mean(asked.map((one) => Number(one.abstained === true))), 4),
  };
}

const PERCENT = (s: Score) => [s.recall_at_5, s.recall_at_10, s.recall_at_20].map(percent);
const BARE = (s: Score) => [s.bare_recall_at_5, s.bare_recall_at_10, s.bare_recall_at_20].map(percent);
const VECTOR = (s: Score) => [s.vector_recall_at_5, s.vector_recall_at_10, s.vector_recall_at_20].map(percent);

const named = (what: string): string[] => [`${what} R@5`, 'R@10', 'R@20'];

/** What the first columns of recall are about. */
const searched = ({ channels }: ConversationRun): string => channels?.join('+') ?? 'hybrid';

export const recallTable = (title: string, scores: Readonly<Record<string, Score>>, run: ConversationRun): Table => {
  const alone = Object.values(scores).some((score) => score.vector_recall_at_10 !== null);
  return {
    title,
    columns: [
      '',
      'with evidence',
      ...named(searched(run)),
      'MRR',
      ...(alone ? named('vector') : []),
      ...named('FTS5'),
      'questions',
      'abstained',
    ],
    rows: Object.entries(scores).map(([name, score]) => [
      name,
      score.with_evidence,
      ...PERCENT(score),
      score.mrr,
      ...(alone ? VECTOR(score) : []),
      ...BARE(score),
      score.questions,
      percent(score.abstained),
    ]),
  };
};

/** Times of one way to search each, in milliseconds. */
export const timesOf = (asked: readonly Asked[]) => {
  const alone = asked.flatMap(({ vector_ms }) => vector_ms ?? []);
  return {
    search_ms: latency(asked.map((one) => one.ms)),
    vector_search_ms: alone.length === 0 ? null : latency(alone),
  };
};

export const latencyTable = (asked: readonly Asked[], run: ConversationRun): Table => {
  const { search_ms, vector_search_ms } = timesOf(asked);
  const rows = [
    [searched(run), search_ms] as const,
    ...(vector_search_ms ? [['vector', vector_search_ms] as const] : []),
  ];
  return {
    title: `POST /search, ${run.concurrency} at a time, ms`,
    columns: ['', 'p50', 'p95', 'p99'],
    rows: rows.map(([name, { p50, p95, p99 }]) => [name, p50, p95, p99]),
  };
};

export const RECALL_MEANS = {
  recall: `share of the gold items among the first k of ${DEPTH} results of POST /search, the question being the query; averaged over questions that have gold items. An item counts when the id it was stored under is there`,
  mrr: `1 / place of the first gold item among ${DEPTH} results, 0 when none is there; same average`,
  vector:
    'the same measure for POST /search with channels ["vector"]: meaning alone finds the candidates; what the server knows besides, such as who speaks, still has a say in their order. Asked after all else',
  FTS5: 'the same measure for SQLite FTS5 alone (porter unicode61, OR of the words without stop-words, bm25), one index per conversation',
  abstained: 'share of all questions of the row for which the answer said abstained = true',
  latency:
    'from sending the request to having read the whole answer, client in another process than the server, after 20 warm-up searches. Vectors of the questions may be at hand when the vectors are asked alone',
};

/** @param path null writes nothing */
export async function writeQuestions(path: string | null, asked: readonly Asked[]): Promise<void> {
  if (path === null) return;
  const file = createWriteStream(path);
  for (const one of asked) file.write(`${JSON.stringify(one)}\n`);
  await new Promise<void>((resolve, reject) => file.once('error', reject).end(resolve));
}
