// engram links: what a memory is linked to.
import { listLinks } from '../../../features/memory/contract.ts';
import { SPACE } from '../args.ts';
import { type Command, idOperand } from '../command.ts';
import { EXIT } from '../failure.ts';

export const links: Command = {
  name: 'links',
  summary: 'What a memory is linked to',
  operands: '<id>',
  role: 'client',
  flags: [SPACE],
  about: ['Each line is #<id> [<kind of link> <how strong>]. engram graph <id> walks on from there.'],
  examples: ['engram links 42'],
  sought_as: ['link', 'neighbours', 'neighbors', 'related', 'edges'],
  async run(context) {
    const { output } = context;
    const id = idOperand(context, 'links');
    const answer = await context.withCall((call) => call(listLinks, { params: { id } }));
    if (output.json) output.data(answer);
    else if (answer.links.length === 0) output.remark('No links.');
    else
      for (const { id, type, similarity, content } of answer.links)
        output.excerptLine(`#${id} [${type} ${similarity.toFixed(2)}] `, content);
    return EXIT.ok;
  },
};
