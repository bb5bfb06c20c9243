// engram search: finds memories that answer a question.
import { search as searchMemories } from '../../../features/search/contract.ts';
import { type Command, textOperand } from '../command.ts';
import { EXIT } from '../failure.ts';
import { excerpt } from '../output.ts';

export const search: Command = {
  name: 'search',
  summary: 'Find memories that answer a question',
  operands: '<query>',
  role: 'client',
  flags: [{ name: 'limit', short: 'l', value: 'number', help: 'Most results, default 10' }],
  about: ['Each line is #<id> [<score>] and the beginning of the memory; engram recall <id> shows all of it.'],
  examples: ['engram search "which database do we use"', 'engram search "port of staging" --limit 3 --json'],
  sought_as: ['find', 'query', 'ask', 'grep', 'lookup'],
  async run(context) {
    const { args, output } = context;
    const limit = args.whole('limit', { min: 1, max: 100 }) ?? 10;
    const query = await textOperand(context, 'search', 'something to look for');
    const answer = await context.withCall((call) => call(searchMemories, { body: { query, limit } }));
    if (output.json) output.data(answer);
    else if (answer.results.length === 0) output.remark('No results.');
    else
      for (const { id, score, content } of answer.results)
        output.line(`#${id} [${score.toFixed(3)}] ${excerpt(content)}`);
    return EXIT.ok;
  },
};
