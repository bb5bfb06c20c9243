// engram episodes: stretches of time whose memories belong together.
import { finalizeEpisode, getEpisode, listEpisodes } from '../../../features/episodes/contract.ts';
import { withActions } from '../actions.ts';
import { SPACE } from '../args.ts';
import { idOperand } from '../command.ts';
import { EXIT } from '../failure.ts';
import { count, PAGE_FLAGS, pageOf } from './common.ts';

export const episodes = withActions({
  name: 'episodes',
  summary: 'Stretches of time whose memories belong together',
  role: 'client',
  fallback: 'list',
  sought_as: ['episode', 'sessions', 'timeline'],
  actions: [
    {
      name: 'list',
      operands: '[query]',
      summary: 'Newest first, or those that tell of something',
      flags: [...PAGE_FLAGS, SPACE],
      examples: ['engram episodes', 'engram episodes list "moving to Postgres"'],
      async run(context) {
        const { args, output } = context;
        const words = args.words.join(' ');
        const query = { ...pageOf(context, { limit: 20, most: 100 }), ...(words !== '' && { query: words }) };
        const answer = await context.withCall((call) => call(listEpisodes, { query }));
        if (output.json) output.data(answer);
        else if (answer.episodes.length === 0) output.remark('No episodes.');
        else
          output.table(
            [{ name: 'ID', right: true }, 'BEGAN', 'ENDED', { name: 'MEMORIES', right: true }, 'ABOUT'],
            answer.episodes.map(({ id, started_at, ended_at, memory_count, title, summary, session_id }) => [
              ...[String(id), started_at, ended_at ?? 'open', String(memory_count)],
              title ?? summary ?? session_id ?? '',
            ]),
          );
        return EXIT.ok;
      },
    },
    {
      name: 'show',
      operands: '<id>',
      summary: 'One with its memories, oldest first',
      flags: [SPACE],
      examples: ['engram episodes show 7'],
      async run(context) {
        const { output } = context;
        const id = idOperand(context, 'episodes show', 'episode');
        const answer = await context.withCall((call) => call(getEpisode, { params: { id } }));
        if (output.json) output.data(answer);
        else {
          const until = answer.ended_at === null ? 'still open' : `until ${answer.ended_at}`;
          output.line(`${output.paint('bold', answer.title ?? `Episode ${id}`)}: ${answer.started_at}, ${until}`);
          if (answer.summary !== null) output.raw(answer.summary);
          output.line(count(answer.memory_count, 'memory', 'memories'));
          for (const { id, category, content } of answer.memories) output.excerptLine(`#${id} [${category}] `, content);
        }
        return EXIT.ok;
      },
    },
    {
      name: 'end',
      operands: '<id>',
      summary: 'End one and sum it up',
      flags: [SPACE],
      examples: ['engram episodes end 7'],
      async run(context) {
        const { output } = context;
        const id = idOperand(context, 'episodes end', 'episode');
        const answer = await context.withCall((call) => call(finalizeEpisode, { params: { id } }));
        if (output.json) output.data(answer);
        else {
          output.line(`Ended episode ${id} with ${count(answer.memory_count, 'memory', 'memories')}`);
          if (answer.summary !== null) output.raw(answer.summary);
        }
        return EXIT.ok;
      },
    },
  ],
});
