// LoCoMo: does the turn that answers a question come back when the question is searched for?
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CATEGORIES, readLocomo } from './locomo-data.ts';
import { BenchError } from './options.ts';
import { type Benchmark, PROJECT, report } from './report.ts';
import {
  type Asked,
  latencyTable,
  RECALL_MEANS,
  recallTable,
  runRetrieval,
  scoreOf,
  writeQuestions,
} from './retrieval.ts';
import { startServer } from './server.ts';
import { latency } from './stats.ts';

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
    { name: 'limit-conversations', kind: 'number', fallback: '0', help: 'only the first so many; 0 = all' },
    { name: 'concurrency', kind: 'number', fallback: '1', help: 'searches at a time' },
    { name: 'per-question', kind: 'text', fallback: null, help: 'write one line of JSON per question to this file' },
  ],
  async run(chosen, progress) {
    const data = chosen.text('data')!;
    if (!existsSync(data)) throw new BenchError(`There is no file ${data}. Name one with --data.`);
    const all = readLocomo(readFileSync(data, 'utf8'));
    const conversations = all.slice(0, chosen.number('limit-conversations') || all.length);
    const concurrency = Math.max(1, chosen.number('concurrency'));
    await using server = await startServer({ parent: chosen.text('dir'), profile: chosen.text('profile') });
    const { asked, repeats } = await runRetrieval(server, conversations, { source: 'locomo', concurrency, progress });
    const path = chosen.text('per-question');
    if (path !== null) await writeQuestions(path, asked);

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
        tables: [recallTable('Recall by category', scores), latencyTable(asked, concurrency)],
        figures: { scores, search_ms: latency(asked.map((one) => one.ms)) },
      },
      server.dir,
    );
  },
};
