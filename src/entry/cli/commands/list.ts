// engram list: memories, newest first.
import { listMemories } from '../../../features/memory/contract.ts';
import { type Command, noWords } from '../command.ts';
import { EXIT } from '../failure.ts';
import { excerpt } from '../output.ts';

export const list: Command = {
  name: 'list',
  summary: 'List memories, newest first',
  role: 'client',
  flags: [
    { name: 'limit', short: 'l', value: 'number', help: 'Most memories, default 20' },
    { name: 'offset', short: 'o', value: 'number', help: 'Leave out that many of the newest' },
  ],
  examples: ['engram list', 'engram list --limit 50 --offset 50'],
  sought_as: ['ls', 'all', 'history', 'recent'],
  async run(context) {
    noWords(context, 'list');
    const { args, output } = context;
    const limit = args.whole('limit', { min: 1, max: 1000 }) ?? 20;
    const offset = args.whole('offset', { min: 0, max: 1_000_000 }) ?? 0;
    const answer = await context.withCall((call) => call(listMemories, { query: { limit, offset } }));
    if (output.json) output.data(answer);
    else if (answer.results.length === 0) output.remark('No memories.');
    else
      for (const { id, category, content } of answer.results) output.line(`#${id} [${category}] ${excerpt(content)}`);
    return EXIT.ok;
  },
};
