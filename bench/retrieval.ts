// Stores conversations, asks their questions, judges the answers: what the recall benchmarks share.
import { createWriteStream } from 'node:fs';
import { openBare } from './bare-sqlite.ts';
import { type Call, expectStatus, side } from './http.ts';
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
  gold_ids: number[][];
  returned: number[];
  ranks: (number | null)[];
  /** The same for plain FTS5. */
  bare_ranks: (number | null)[];
  abstained: boolean | null;
  top_score: number | null;
  ms: number;
}

export interface RetrievalOptions {
  source: string;
  concurrency: number;
  progress: Progress;
}

/** Results asked for: the deepest figure reported. */
export const DEPTH = 20;
/** Conversations stored side by side; within one the order has to be kept. */
const STORING = 8;
const WARM_UP = 20;

/** One user per conversation. @returns what every question brought, and how many items were taken for repeats */
export async function runRetrieval(
  server: BenchServer,
  conversations: readonly Conversation[],
  options: RetrievalOptions,
) {
  const { progress } = options;
  await needSearch(server.call);
  const users = new Map<Conversation, { call: Call; idsOf: Map<string, number[]> }>();
  let stored = 0;
  let repeats = 0;
  await side(STORING, conversations, async (conversation) => {
    const call = await newUser(server, conversation.id);
    const idsOf = new Map<string, number[]>();
    users.set(conversation, { call, idsOf });
    for (const { key, content, session_id, occurred_at } of conversation.items) {
      const request = { content, session_id, occurred_at, category: 'conversation', source: options.source };
      const { status, body } = expectStatus(await call('POST', '/store', request), 200, 201);
      if (status === 200) repeats++;
      idsOf.set(key, [...(idsOf.get(key) ?? []), (body.duplicate_of as number | null) ?? (body.id as number)]);
      progress(`stored ${++stored}`);
    }
  });

  const tasks = conversations.flatMap((conversation) => {
    const bare = bareOver(conversation, users.get(conversation)!.idsOf);
    return conversation.questions.map((question) => ({ conversation, question, bare }));
  });
  const asked: Asked[] = [];
  const search = (conversation: Conversation, query: string) =>
    users.get(conversation)!.call('POST', '/search', { query, limit: DEPTH });
  for (const { conversation, question } of tasks.slice(0, WARM_UP)) await search(conversation, question.question);
  await side(options.concurrency, tasks, async ({ conversation, question, bare }, i) => {
    const { body, ms } = expectStatus(await search(conversation, question.question), 200);
    const { idsOf } = users.get(conversation)!;
    const gold_ids = question.gold.map((key) => idsOf.get(key) ?? []);
    const returned: number[] = body.results.map((hit: { id: number }) => hit.id);
    asked[i] = {
      ...question,
      conversation: conversation.id,
      gold_ids,
      returned,
      ranks: ranksOf(gold_ids, returned),
      bare_ranks: ranksOf(gold_ids, bare(question.question)),
      abstained: body.abstained ?? null,
      top_score: body.top_score ?? null,
      ms: rounded(ms, 3),
    };
    progress(`asked ${i + 1} of ${tasks.length}`);
  });
  progress.clear();
  return { asked, repeats };
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
  /** Share of all questions, also those without evidence. */
  abstained: number;
}

export function scoreOf(asked: readonly Asked[]): Score {
  const judged = asked.filter((one) => one.ranks.length > 0);
  const average = (of: (one: Asked) => number) => (judged.length === 0 ? null : rounded(mean(judged.map(of)), 4));
  const recall = (k: number) => average((one) => recallAt(one, k));
  const bare = (k: number) => average((one) => recallAt({ ranks: one.bare_ranks }, k));
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
    abstained: rounded(mean(asked.map((one) => Number(one.abstained === true))), 4),
  };
}

const PERCENT = (s: Score) => [s.recall_at_5, s.recall_at_10, s.recall_at_20].map(percent);
const BARE = (s: Score) => [s.bare_recall_at_5, s.bare_recall_at_10, s.bare_recall_at_20].map(percent);

export const recallTable = (title: string, scores: Readonly<Record<string, Score>>): Table => ({
  title,
  columns: ['', 'with evidence', 'R@5', 'R@10', 'R@20', 'MRR', 'FTS5 R@5', 'R@10', 'R@20', 'questions', 'abstained'],
  rows: Object.entries(scores).map(([name, score]) => [
    name,
    score.with_evidence,
    ...PERCENT(score),
    score.mrr,
    ...BARE(score),
    score.questions,
    percent(score.abstained),
  ]),
});

export const latencyTable = (asked: readonly Asked[], concurrency: number): Table => {
  const { p50, p95, p99 } = latency(asked.map((one) => one.ms));
  return {
    title: `Searches, ${concurrency} at a time, ms`,
    columns: ['', 'p50', 'p95', 'p99'],
    rows: [['POST /search', p50, p95, p99]],
  };
};

export const RECALL_MEANS = {
  recall: `share of the gold items among the first k of ${DEPTH} results of POST /search, the question being the query; averaged over questions that have gold items. An item counts when the id it was stored under is there`,
  mrr: `1 / place of the first gold item among ${DEPTH} results, 0 when none is there; same average`,
  FTS5: 'the same measure for SQLite FTS5 alone (porter unicode61, OR of the words without stop-words, bm25), one index per conversation',
  abstained: 'share of all questions of the row for which the answer said abstained = true',
  latency:
    'from sending the request to having read the whole answer, client in another process than the server, after 20 warm-up searches',
};

export async function writeQuestions(path: string, asked: readonly Asked[]): Promise<void> {
  const file = createWriteStream(path);
  for (const one of asked) file.write(`${JSON.stringify(one)}\n`);
  await new Promise<void>((resolve, reject) => file.once('error', reject).end(resolve));
}
