// engram recall-due: what is about to fade and worth having in mind.
import { recallDue as endpoint } from '../../../features/fsrs/contract.ts';
import { SPACE } from '../args.ts';
import type { Command } from '../command.ts';
import { EXIT } from '../failure.ts';

export const recallDue: Command = {
  name: 'recall-due',
  summary: 'Memories worth recalling before they fade',
  operands: '[topic]',
  role: 'client',
  flags: [
    { name: 'limit', short: 'l', value: 'number', help: 'Most memories, default 5' },
    { name: 'session', short: 's', value: 'id', help: 'Only what was stored in this session' },
    SPACE,
  ],
  about: ['Each line is #<id> [<chance of recall now>] and the beginning of the memory.'],
  examples: ['engram recall-due "deploying the website"', 'engram recall-due --limit 10'],
  sought_as: ['due', 'reviews', 'fading', 'fsrs'],
  async run(context) {
    const { args, output } = context;
    const topic = args.words.join(' ').trim();
    const session = args.text('session');
    const limit = args.whole('limit', { min: 1, max: 100 }) ?? 5;
    const query = { limit, ...(topic !== '' && { topic }), ...(session !== null && { session }) };
    const answer = await context.withCall((call) => call(endpoint, { query }));
    if (output.json) output.data(answer);
    else if (answer.results.length === 0) output.remark('Nothing is due.');
    else
      for (const { memory_id, retrievability, content } of answer.results)
        output.excerptLine(`#${memory_id} [${Math.round(retrievability * 100)} %] `, content);
    return EXIT.ok;
  },
};
