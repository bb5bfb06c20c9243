// engram list: memories, newest first.
import { listMemories } from '../../../features/memory/contract.ts';
import { SPACE } from '../args.ts';
import { type Command, noWords } from '../command.ts';
import { EXIT } from '../failure.ts';

export const list: Command = {
  name: 'list',
  summary: 'List memories, newest first',
  role: 'client',
  flags: [
    { name: 'limit', short: 'l', value: 'number', help: 'Most memories, default 20' },
    { name: 'offset', short: 'o', value: 'number', help: 'Leave out that many of the newest' },
    { name: 'category', short: 'c', value: 'name', help: 'Only this kind' },
    { name: 'source', short: 's', value: 'name', help: 'Only what this source said' },
    { name: 'session', value: 'id', help: 'Only of this conversation or run' },
    { name: 'archived', help: 'Also what is hidden from recall' },
    SPACE,
  ],
  examples: ['engram list', 'engram list --category decision', 'engram list --limit 50 --offset 50'],
  sought_as: ['ls', 'all', 'history', 'recent'],
  async run(context) {
    noWords(context, 'list');
    const { args, output } = context;
    const limit = args.whole('limit', { min: 1, max: 1000 }) ?? 20;
    const offset = args.whole('offset', { min: 0, max: 1_000_000 }) ?? 0;
    const [category, source, session_id] = [args.text('category'), args.text('source'), args.text('session')];
    const query = {
      ...{ limit, offset, include_archived: args.has('archived') },
      ...(category !== null && { category }),
      ...(source !== null && { source }),
      ...(session_id !== null && { session_id }),
    };
    const answer = await context.withCall((call) => call(listMemories, { query }));
    if (output.json) output.data(answer);
    else if (answer.results.length === 0) output.remark('No memories.');
    else for (const { id, category, content } of answer.results) output.excerptLine(`#${id} [${category}] `, content);
    return EXIT.ok;
  },
};
