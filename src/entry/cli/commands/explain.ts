// engram why: how the results of a search came to their places.
import { explain } from '../../../features/search/contract.ts';
import { SPACE } from '../args.ts';
import { type Command, type Context, textOperand } from '../command.ts';
import { EXIT, type ExitCode } from '../failure.ts';
import type { Output } from '../output.ts';
import { SEARCH_FLAGS, wishesOf } from './common.ts';

const BAR_WIDTH = 12;
const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/** `share` of the width, in eighths of a character. */
export function bar(share: number): string {
  const eighths = Math.round(Math.max(0, Math.min(1, share)) * BAR_WIDTH * 8);
  return ('█'.repeat(eighths >> 3) + EIGHTHS[eighths & 7]).padEnd(BAR_WIDTH);
}

type Explained = Awaited<ReturnType<typeof ask>>;
const ask = (context: Context, query: string) =>
  context.withCall((call) => call(explain, { body: { query, ...wishesOf(context) } }));

function print(output: Output, { results, pipeline, timings_ms, question_type, degraded }: Explained): void {
  const best = new Map<string, number>();
  for (const { ranks } of results)
    for (const [channel, { score }] of Object.entries(ranks))
      best.set(channel, Math.max(best.get(channel) ?? 0, score));
  for (const { id, score, content, ranks, scores, multipliers, search_type } of results) {
    output.excerptLine(`#${id} [${score.toFixed(3)} ${search_type}] `, content);
    for (const [channel, { rank, score: own, weight }] of Object.entries(ranks)) {
      const share = own / (best.get(channel) || 1);
      const place = `${channel.padEnd(12)} ${`${rank}.`.padStart(4)}  ${output.paint('green', bar(share))}`;
      output.line(`    ${place}  ${own.toFixed(3)} × ${weight.toFixed(2)}`);
    }
    if (scores.rerank !== null)
      output.line(`    reranker           ${bar(scores.rerank)}  ${scores.rerank.toFixed(3)}`);
    const moved = Object.entries(multipliers).filter(([, factor]) => Math.abs(factor - 1) >= 0.005);
    if (moved.length > 0)
      output.line(`    then ${moved.map(([name, factor]) => `${name} × ${factor.toFixed(2)}`).join(', ')}`);
  }
  const { embed, hybrid, rerank, total } = timings_ms;
  const ms = (n: number) => `${n.toFixed(1)} ms`;
  output.remark(
    `${pipeline.mode}, read as ${question_type}; ${ms(total)} in all: embedding ${ms(embed)}, retrieval ${ms(hybrid)}, reranking ${ms(rerank)}`,
  );
  if (degraded.length > 0) output.line(`Missing: ${degraded.join(', ')}`);
}

export async function runExplained(context: Context, query: string): Promise<ExitCode> {
  const answer = await ask(context, query);
  if (context.output.json) context.output.data(answer);
  else if (answer.results.length === 0) context.output.remark('No results.');
  else print(context.output, answer);
  return EXIT.ok;
}

export const why: Command = {
  name: 'why',
  summary: 'Search, with how every result came to its place',
  operands: '<query>',
  role: 'client',
  flags: [...SEARCH_FLAGS, SPACE],
  about: [
    'Under each result: the channels that found it, its place in each, its score beside the best there, and the weight of the',
    'channel; then what the score was multiplied by. The same as engram search --explain.',
  ],
  examples: ['engram why "which database do we use"', 'engram why "port of staging" --limit 3'],
  sought_as: ['explain', 'debug', 'ranking'],
  run: async (context) => runExplained(context, await textOperand(context, 'why', 'something to look for')),
};
