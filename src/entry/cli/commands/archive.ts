// engram archive, unarchive: hidden from recall, but not on the way out.
import { archiveMemory, unarchiveMemory } from '../../../features/memory/contract.ts';
import { SPACE } from '../args.ts';
import { type Command, idOperand } from '../command.ts';
import { EXIT } from '../failure.ts';

export const archive: Command = {
  name: 'archive',
  summary: 'Hide a memory from search and recall',
  operands: '<id>',
  role: 'client',
  flags: [SPACE],
  examples: ['engram archive 42'],
  async run(context) {
    const id = idOperand(context, 'archive');
    const answer = await context.withCall((call) => call(archiveMemory, { params: { id } }));
    if (context.output.json) context.output.data(answer);
    else context.output.line(`Archived memory #${id}; "engram unarchive ${id}" brings it back`);
    return EXIT.ok;
  },
};

export const unarchive: Command = {
  name: 'unarchive',
  summary: 'Bring an archived memory back',
  operands: '<id>',
  role: 'client',
  flags: [SPACE],
  examples: ['engram unarchive 42'],
  async run(context) {
    const id = idOperand(context, 'unarchive');
    const answer = await context.withCall((call) => call(unarchiveMemory, { params: { id } }));
    if (context.output.json) context.output.data(answer);
    else context.output.line(`Unarchived memory #${id}`);
    return EXIT.ok;
  },
};
