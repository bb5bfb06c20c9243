// engram search: finds memories that answer a question.
import { search as searchMemories } from '../../../features/search/contract.ts';
import { SPACE } from '../args.ts';
import { type Command, textOperand } from '../command.ts';
import { EXIT } from '../failure.ts';
import { SEARCH_FLAGS, wishesOf } from './common.ts';
import { runExplained } from './explain.ts';

export const search: Command = {
  name: 'search',
  summary: 'Find memories that answer a question',
  operands: '<query>',
  role: 'client',
  flags: [...SEARCH_FLAGS, { name: 'explain', help: 'With how every result came to its place' }, SPACE],
  about: ['Each line is #<id> [<score>] and the beginning of the memory; engram recall <id> shows all of it.'],
  examples: [
    'engram search "which database do we use"',
    'engram search "port of staging" --limit 3 --json',
    'engram search "decisions about the database" --category decision --since 2026-01-01 --explain',
  ],
  sought_as: ['find', 'query', 'ask', 'grep', 'lookup'],
  async run(context) {
    const { args, output } = context;
    const wishes = wishesOf(context);
    const query = await textOperand(context, 'search', 'something to look for');
    if (args.has('explain')) return runExplained(context, query);
    const answer = await context.withCall((call) => call(searchMemories, { body: { query, ...wishes } }));
    if (output.json) output.data(answer);
    else if (answer.results.length === 0) output.remark('No results.');
    else
      for (const { id, score, content } of answer.results) output.excerptLine(`#${id} [${score.toFixed(3)}] `, content);
    return EXIT.ok;
  },
};
