// LoCoMo: does the turn that answers a question come back when the question is searched for?
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ABLATION_MEANS, ablationOf, ablationTables } from './ablation.ts';
import { AGE_MEANS, ageFigures, ageTables, runAges, startFor } from './aged.ts';
import { agesOf } from './ages.ts';
import {
  type Asked,
  CONVERSATION_OPTIONS,
  conversationRun,
  latencyTable,
  RECALL_MEANS,
  recallTable,
  runConversations,
  type Score,
  scoreOf,
  timesOf,
  writeQuestions,
} from './conversations.ts';
import { CATEGORIES, readLocomo } from './locomo-data.ts';
import { BenchError } from './options.ts';
import { type Benchmark, PROJECT, report } from './report.ts';

const DEFAULT_DATA = join(PROJECT, '..', 'shared', 'eval', 'locomo-dev.json');

const isAnswerable = (one: Asked): boolean => one.group !== '5';

function groupsOf(asked: readonly Asked[]): Record<string, Asked[]> {
  const present = CATEGORIES.map(
    (name, i) => [`${i + 1} ${name}`, asked.filter((one) => one.group === String(i + 1))] as const,
  );
  return {
    ...Object.fromEntries(present.filter(([, some]) => some.length > 0)),
    '1-4': asked.filter(isAnswerable),
    '1-5': [...asked],
  };
}

const scoresOf = (asked: readonly Asked[]): Record<string, Score> =>
  Object.fromEntries(Object.entries(groupsOf(asked)).map(([name, some]) => [name, scoreOf(some)]));

export const locomo: Benchmark = {
  name: 'locomo',
  summary: 'LoCoMo: recall of the turns that answer a question, by category; abstention; latency',
  options: [
    {
      name: 'data',
      kind: 'text',
      fallback: DEFAULT_DATA,
      help: 'locomo10.json, or a file in the shape of locomo-dev.json',
    },
    ...CONVERSATION_OPTIONS,
  ],
  async run(chosen, progress) {
    const data = chosen.text('data')!;
    if (!existsSync(data)) throw new BenchError(`There is no file ${data}. Name one with --data.`);
    const all = readLocomo(readFileSync(data, 'utf8'));
    const conversations = all.slice(0, chosen.number('limit-conversations') || all.length);
    const run = conversationRun('locomo', chosen, progress);
    const ages = agesOf(chosen);
    await using server = await startFor(ages, chosen);
    const { asked, repeats } = await runConversations(server, conversations, run);
    const aged = await runAges(ages, conversations, run, chosen);
    await writeQuestions(chosen.text('per-question'), [asked, ...aged.map((one) => one.asked)].flat());

    const scores = scoresOf(asked);
    const ablation = ablationOf(groupsOf(asked));
    return report(
      {
        benchmark: 'locomo',
        data: {
          source: data,
          n: {
            conversations: conversations.length,
            turns: conversations.reduce((sum, one) => sum + one.items.length, 0),
            turns_taken_for_repeats: repeats,
            questions: asked.length,
          },
        },
        done: { ...RECALL_MEANS, ...(ablation && ABLATION_MEANS), ...(ages.length > 0 && AGE_MEANS) },
        server: server.facts,
        tables: [
          recallTable('Recall by category', scores, run),
          ...ablationTables(ablation),
          ...aged.map((one) => recallTable(`Recall by category after ${one.age.name}`, scoresOf(one.asked), run)),
          ...ageTables(asked, aged, isAnswerable),
          latencyTable(asked, run),
        ],
        figures: { scores, ...(ablation && { ablation }), ...timesOf(asked), ...ageFigures(aged, scoresOf) },
      },
      server.dir,
    );
  },
};
