// engram delete: erases a memory for good.
import { deleteMemory } from '../../../features/memory/contract.ts';
import { type Command, idOperand } from '../command.ts';
import { EXIT } from '../failure.ts';

export const remove: Command = {
  name: 'delete',
  summary: 'Erase a memory for good',
  operands: '<id>',
  role: 'client',
  examples: ['engram delete 42'],
  sought_as: ['rm', 'remove', 'forget', 'erase', 'del', 'drop'],
  async run(context) {
    const { output } = context;
    const id = idOperand(context, 'delete');
    const answer = await context.withCall((call) => call(deleteMemory, { params: { id } }));
    if (output.json) output.data(answer);
    else output.line(`Deleted memory #${answer.id}`);
    return EXIT.ok;
  },
};
