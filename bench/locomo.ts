// LoCoMo: does the turn that answers a question come back when the question is searched for?
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Asked,
  CONVERSATION_OPTIONS,
  conversationRun,
  latencyTable,
  RECALL_MEANS,
  recallTable,
  runConversations,
  scoreOf,
  timesOf,
  writeQuestions,
} from './conversations.ts';
import { CATEGORIES, readLocomo } from './locomo-data.ts';
import { serverOptions } from './model.ts';
import { BenchError } from './options.ts';
import { type Benchmark, PROJECT, report } from './report.ts';
import { startServer } from './server.ts';

const DEFAULT_DATA = join(PROJECT, '..', 'shared', 'eval', 'locomo-dev.json');

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
    await using server = await startServer(serverOptions(chosen));
    const { asked, repeats } = await runConversations(server, conversations, run);
    await writeQuestions(chosen.text('per-question'), asked);

    const answerable = (one: Asked) => one.group !== '5';
    const present = CATEGORIES.map(
      (name, i) => [`${i + 1} ${name}`, asked.filter((one) => one.group === String(i + 1))] as const,
    );
    const scores = {
      ...Object.fromEntries(present.filter(([, some]) => some.length > 0).map(([name, some]) => [name, scoreOf(some)])),
      '1-4': scoreOf(asked.filter(answerable)),
      '1-5': scoreOf(asked),
    };
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
        done: RECALL_MEANS,
        server: server.facts,
        tables: [recallTable('Recall by category', scores, run), latencyTable(asked, run)],
        figures: { scores, ...timesOf(asked) },
      },
      server.dir,
    );
  },
};
