// Recall of what was stored a while ago: the same conversations on a server of their own for each age, whose clock moves on
// between storing and asking.
import type { Age } from './ages.ts';
import { startClocked } from './clocked.ts';
import {
  type Asked,
  type Conversation,
  type ConversationRun,
  runConversations,
  scoreOf,
  timesOf,
} from './conversations.ts';
import { serverOptions } from './model.ts';
import type { Chosen } from './options.ts';
import { type BenchServer, startServer } from './server.ts';
import { rounded } from './stats.ts';
import { percent, type Table } from './table.ts';

/** What all ages are compared with runs on the same kind of server as they do. */
export const startFor = (ages: readonly Age[], chosen: Chosen): Promise<BenchServer> =>
  (ages.length > 0 ? startClocked : startServer)(serverOptions(chosen, true));

export interface Aged {
  age: Age;
  asked: Asked[];
}

/** Asking is reviewing, so every age begins with storing. */
export async function runAges(
  ages: readonly Age[],
  conversations: readonly Conversation[],
  run: ConversationRun,
  chosen: Chosen,
): Promise<Aged[]> {
  const all: Aged[] = [];
  for (const age of ages) {
    await using server = await startClocked(serverOptions(chosen, true));
    const { asked } = await runConversations(server, conversations, { ...run, age });
    all.push({ age, asked });
  }
  return all;
}

/** @param asked at once, of the questions that `aged` is judged by too */
export function ageTables(asked: readonly Asked[], aged: readonly Aged[], counts: (one: Asked) => boolean): Table[] {
  if (aged.length === 0) return [];
  const fresh = scoreOf(asked.filter(counts));
  const rows = [
    { name: 'at once', score: fresh },
    ...aged.map((one) => ({ name: one.age.name, score: scoreOf(one.asked.filter(counts)) })),
  ];
  return [
    {
      title: 'Recall when so much time has passed between storing and asking',
      columns: ['', 'with evidence', 'R@5', 'R@10', 'R@20', 'MRR', 'R@10 against at once'],
      rows: rows.map(({ name, score }) => [
        name,
        score.with_evidence,
        percent(score.recall_at_5),
        percent(score.recall_at_10),
        percent(score.recall_at_20),
        score.mrr,
        difference(score.recall_at_10, fresh.recall_at_10),
      ]),
    },
  ];
}

function difference(share: number | null, before: number | null): string {
  if (share === null || before === null) return '-';
  const points = rounded((share - before) * 100, 1);
  return `${points > 0 ? '+' : ''}${points.toFixed(1)} points`;
}

/** By the name of the age. @param scoresOf as the benchmark groups its questions */
export const ageFigures = <T>(aged: readonly Aged[], scoresOf: (asked: readonly Asked[]) => T) =>
  aged.length === 0
    ? {}
    : {
        aged: Object.fromEntries(
          aged.map(({ age, asked }) => [age.name, { scores: scoresOf(asked), ...timesOf(asked) }]),
        ),
      };

export const AGE_MEANS = {
  age: "the whole program on a clock of the benchmark's: everything is stored and embedded, the clock moves on by that time, jobs that are due run, then the questions are asked. Nothing is read in between",
};
