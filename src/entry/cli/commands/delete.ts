// engram delete: erases a memory for good.
import { deleteMemory } from '../../../features/memory/contract.ts';
import { SPACE } from '../args.ts';
import { type Command, idOperand } from '../command.ts';
import { EXIT } from '../failure.ts';

export const remove: Command = {
  name: 'delete',
  summary: 'Erase a memory for good',
  operands: '<id>',
  role: 'client',
  flags: [{ name: 'versions', help: 'Every version of it' }, SPACE],
  about: ['Nothing brings it back. engram forget moves it to the trash instead.'],
  examples: ['engram delete 42', 'engram delete 42 --versions'],
  sought_as: ['rm', 'remove', 'erase', 'del', 'drop'],
  async run(context) {
    const { output } = context;
    const id = idOperand(context, 'delete');
    const answer = await context.withCall((call) =>
      call(deleteMemory, { params: { id }, query: { versions: context.args.has('versions') } }),
    );
    if (output.json) output.data(answer);
    else output.line(`Deleted memory #${answer.id}`);
    return EXIT.ok;
  },
};
