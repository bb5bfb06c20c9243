// engram recall: one memory by its id, or what fits a text.
import { getMemory } from '../../../features/memory/contract.ts';
import { recall as recallMemories } from '../../../features/search/contract.ts';
import { SPACE } from '../args.ts';
import { type Command, parseId, textOperand } from '../command.ts';
import { EXIT } from '../failure.ts';

export const recall: Command = {
  name: 'recall',
  aliases: ['get'],
  summary: 'Show one memory in full, or what fits a text',
  operands: '<id> | <text>',
  role: 'client',
  flags: [{ name: 'limit', short: 'l', value: 'number', help: 'Most memories for a text, default 20' }, SPACE],
  about: [
    'A number is read as an id and answered with the whole memory as JSON. Anything else brings what an agent should',
    'have in mind for it: permanent facts, what fits, what matters and what is recent.',
  ],
  examples: ['engram recall 42', 'engram recall "deploying the website" --limit 5'],
  sought_as: ['show', 'read', 'view', 'cat', 'inspect'],
  async run(context) {
    const { args, output } = context;
    const limit = args.whole('limit', { min: 1, max: 100 }) ?? 20;
    const text = await textOperand(context, 'recall', 'a memory id or a text');
    const id = parseId(text);
    if (id !== null) {
      const memory = await context.withCall((call) => call(getMemory, { params: { id } }));
      output.line(JSON.stringify(memory, null, output.json ? 0 : 2));
      return EXIT.ok;
    }
    const answer = await context.withCall((call) => call(recallMemories, { body: { query: text, limit } }));
    if (output.json) output.data(answer);
    else if (answer.memories.length === 0) output.remark('No results.');
    else
      for (const { id, recall_score, content } of answer.memories)
        output.excerptLine(`#${id} [${recall_score.toFixed(3)}] `, content);
    return EXIT.ok;
  },
};
