// engram context: what to put before a model so that it knows what matters for a question.
import { context as assembleContext } from '../../../features/context/contract.ts';
import { SPACE } from '../args.ts';
import { type Command, textOperand } from '../command.ts';
import { EXIT } from '../failure.ts';

export const context: Command = {
  name: 'context',
  aliases: ['pack'],
  summary: 'Write the context a model should have for a question',
  operands: '<query>',
  role: 'client',
  flags: [
    { name: 'budget', short: 'b', value: 'tokens', help: 'Most tokens of context, default 8000' },
    { name: 'limit', short: 'l', value: 'number', help: 'Most memories taken for their meaning' },
    { name: 'tokens', value: 'number', help: 'The same as --budget', hidden: true },
    SPACE,
  ],
  about: [
    'Prints the text alone, ready for a prompt; --json prints the whole answer with the memories it was made of.',
  ],
  examples: ['engram context "fix the failing deploy" --budget 2000', 'engram context "user preferences" --json'],
  sought_as: ['prompt', 'inject'],
  async run(context) {
    const { args, output } = context;
    const max_tokens = args.whole(args.has('budget') ? 'budget' : 'tokens', { min: 1, max: 1_000_000 });
    const semantic_limit = args.whole('limit', { min: 1, max: 100 });
    const query = await textOperand(context, 'context', 'a question');
    const body = {
      query,
      ...(max_tokens !== null && { max_tokens }),
      ...(semantic_limit !== null && { semantic_limit }),
    };
    const answer = await context.withCall((call) => call(assembleContext, { body }));
    if (output.json) output.data(answer);
    else if (answer.context.trim() === '') output.remark('No memories.');
    else output.raw(answer.context.trimEnd());
    return EXIT.ok;
  },
};
