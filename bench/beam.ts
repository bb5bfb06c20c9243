// BEAM: long chats, each message one memory; do the messages a question rests on come back?

import { join } from 'node:path';
import { formatTime } from '../src/core/clock.ts';
import { ABLATION_MEANS, ablationOf, ablationTables } from './ablation.ts';
import { AGE_MEANS, ageFigures, ageTables, runAges, startFor } from './aged.ts';
import { agesOf } from './ages.ts';
import {
  type Asked,
  CONVERSATION_OPTIONS,
  type Conversation,
  conversationRun,
  type Item,
  latencyTable,
  RECALL_MEANS,
  recallTable,
  runConversations,
  type Score,
  scoreOf,
  timesOf,
  writeQuestions,
} from './conversations.ts';
import { type Benchmark, PROJECT, report } from './report.ts';
import { linesOf } from './texts.ts';

const DEFAULT_DATA = join(PROJECT, '..', 'shared', 'eval', 'beam-100k-dev.jsonl.gz');
/** Below the server's own limit, with room for its counting. */
const MAX_BYTES = 100_000;

interface Chat {
  id: string;
  messages: { id: number; role: string; time_anchor?: string; content: string }[];
  questions: { ability: string; question: string; source_ids: number[] }[];
}

/** @returns epoch milliseconds of e.g. "March-15-2024"; null when it reads otherwise */
export function anchorTime(text: string): number | null {
  const match = /^([A-Za-z]+)-(\d{1,2})-(\d{4})$/.exec(text.trim());
  const at = match ? Date.parse(`${match[2]} ${match[1]} ${match[3]} 00:00:00 UTC`) : Number.NaN;
  return Number.isNaN(at) ? null : at;
}

/** One message of the data is a drawing of 4 kB in 340 kB of blanks: what does not fit loses those first. */
const compact = (text: string): string =>
  Buffer.byteLength(text) <= MAX_BYTES ? text : text.replace(/[ \t]{2,}/g, ' ');

/** The whole text in as many pieces as it takes; nearly always one. */
export function pieces(text: string, maxBytes = MAX_BYTES): string[] {
  if (Buffer.byteLength(text) <= maxBytes) return [text];
  // A character has at most 3 bytes per UTF-16 unit; a pair of surrogates is not torn apart.
  let end = Math.floor(maxBytes / 3);
  if (/[\ud800-\udbff]/.test(text[end - 1]!)) end--;
  return [text.slice(0, end), ...pieces(text.slice(end), maxBytes)];
}

/** A time anchor opens a batch of messages: a session of its own, dated by the anchor. */
export function readChat(line: string): Conversation {
  const chat = JSON.parse(line) as Chat;
  let batch = 0;
  let start: number | null = null;
  let since = 0;
  const items = chat.messages.flatMap(({ id, role, time_anchor, content }): Item[] => {
    if (time_anchor !== undefined) {
      batch++;
      start = anchorTime(time_anchor);
      since = 0;
    }
    const occurred_at = start === null ? null : formatTime(start + since++ * 1000);
    const parts = pieces(compact(`${role}: ${content.trim()}`));
    return parts.map((part) => ({ key: String(id), content: part, session_id: `${chat.id}/${batch}`, occurred_at }));
  });
  const known = new Set(items.map((item) => item.key));
  const questions = chat.questions.map(({ ability, question, source_ids }) => ({
    question,
    group: ability,
    gold: [...new Set(source_ids.map(String))].filter((id) => known.has(id)),
  }));
  return { id: chat.id, items, questions };
}

function groupsOf(asked: readonly Asked[]): Record<string, Asked[]> {
  const abilities = [...new Set(asked.map((one) => one.group))].sort();
  return {
    ...Object.fromEntries(abilities.map((name) => [name, asked.filter((one) => one.group === name)])),
    all: [...asked],
  };
}

const scoresOf = (asked: readonly Asked[]): Record<string, Score> =>
  Object.fromEntries(Object.entries(groupsOf(asked)).map(([name, some]) => [name, scoreOf(some)]));

export const beam: Benchmark = {
  name: 'beam',
  summary: 'BEAM: recall of the messages a question rests on, by ability; abstention; latency',
  options: [
    { name: 'data', kind: 'text', fallback: DEFAULT_DATA, help: 'a .jsonl.gz in the shape of beam-100k-dev.jsonl.gz' },
    ...CONVERSATION_OPTIONS,
  ],
  async run(chosen, progress) {
    const data = chosen.text('data')!;
    const limit = chosen.number('limit-conversations') || Number.POSITIVE_INFINITY;
    const conversations: Conversation[] = [];
    for await (const line of linesOf(data)) {
      if (conversations.length >= limit) break;
      conversations.push(readChat(line));
    }
    const run = conversationRun('beam', chosen, progress);
    const ages = agesOf(chosen);
    await using server = await startFor(ages, chosen);
    const { asked, repeats } = await runConversations(server, conversations, run);
    const aged = await runAges(ages, conversations, run, chosen);
    await writeQuestions(chosen.text('per-question'), [asked, ...aged.map((one) => one.asked)].flat());

    const scores = scoresOf(asked);
    const ablation = ablationOf(groupsOf(asked));
    return report(
      {
        benchmark: 'beam',
        data: {
          source: data,
          n: {
            conversations: conversations.length,
            memories: conversations.reduce((sum, one) => sum + one.items.length, 0),
            memories_taken_for_repeats: repeats,
            questions: asked.length,
          },
        },
        done: {
          ...RECALL_MEANS,
          session: 'a time anchor opens a session; its messages are dated by it, one second apart',
          ...(ablation && ABLATION_MEANS),
          ...(ages.length > 0 && AGE_MEANS),
        },
        server: server.facts,
        tables: [
          recallTable('Recall by ability', scores, run),
          ...ablationTables(ablation),
          ...aged.map((one) => recallTable(`Recall by ability after ${one.age.name}`, scoresOf(one.asked), run)),
          ...ageTables(asked, aged, () => true),
          latencyTable(asked, run),
        ],
        figures: { scores, ...(ablation && { ablation }), ...timesOf(asked), ...ageFigures(aged, scoresOf) },
      },
      server.dir,
    );
  },
};
