// engram spaces: separate shelves of memories.
import { createSpace, listSpaces } from '../../../features/access/contract.ts';
import { deleteSpace } from '../../../features/tenants/contract.ts';
import { withActions } from '../actions.ts';
import { noWords } from '../command.ts';
import { EXIT, usage } from '../failure.ts';
import { count, spaceOf } from './common.ts';

export const spaces = withActions({
  name: 'spaces',
  summary: 'Separate shelves of memories: make, list, delete',
  role: 'client',
  fallback: 'list',
  about: ['--space <name> on store, search and the like works in one of them.'],
  sought_as: ['space', 'namespaces', 'namespace', 'shelves', 'workspace'],
  actions: [
    {
      name: 'list',
      summary: 'Your spaces',
      examples: ['engram spaces'],
      async run(context) {
        noWords(context, 'spaces list');
        const { output } = context;
        const answer = await context.withCall((call) => call(listSpaces));
        if (output.json) output.data(answer);
        else
          output.table(
            [{ name: 'ID', right: true }, 'NAME', { name: 'MEMORIES', right: true }, 'ABOUT'],
            answer.spaces.map(({ id, name, memory_count, description }) => [
              ...[String(id), name, String(memory_count), description ?? ''],
            ]),
          );
        return EXIT.ok;
      },
    },
    {
      name: 'create',
      operands: '<name>',
      summary: 'Make one',
      flags: [{ name: 'about', value: 'text', help: 'What belongs in it' }],
      examples: ['engram spaces create work --about "what my employer may see"'],
      async run(context) {
        const { args, output } = context;
        const [name, ...more] = args.words;
        if (name === undefined || more.length > 0)
          throw usage('spaces create takes one name: engram spaces create work');
        const description = args.text('about');
        const body = { name, ...(description !== null && { description }) };
        const answer = await context.withCall((call) => call(createSpace, { body }));
        if (output.json) output.data(answer);
        else output.line(`Created space ${answer.name}; --space ${answer.name} works in it`);
        return EXIT.ok;
      },
    },
    {
      name: 'delete',
      operands: '<name or id>',
      summary: 'Delete one',
      flags: [
        { name: 'move-to', value: 'space', help: 'Where what is in it goes' },
        { name: 'erase', help: 'Erase what is in it, for good' },
      ],
      examples: ['engram spaces delete work --move-to default', 'engram spaces delete scratch --erase'],
      async run(context) {
        const { args, output } = context;
        const [word, ...more] = args.words;
        if (word === undefined || more.length > 0)
          throw usage('spaces delete takes one space: engram spaces delete work');
        const to = args.text('move-to');
        if (to !== null && args.has('erase')) throw usage('--move-to and --erase do not go together.');
        const { answer, name } = await context.withCall(async (call) => {
          const { id, name } = await spaceOf(call, word);
          const query = { ...(to !== null && { move_to: (await spaceOf(call, to)).id }), erase: args.has('erase') };
          return { name, answer: await call(deleteSpace, { params: { id }, query }) };
        });
        if (output.json) output.data(answer);
        else {
          const became = answer.moved > 0 ? `, ${count(answer.moved, 'memory', 'memories')} moved to ${to}` : '';
          const erased = answer.erased > 0 ? `, ${count(answer.erased, 'memory', 'memories')} erased` : '';
          output.line(`Deleted space ${name}${became}${erased}`);
        }
        return EXIT.ok;
      },
    },
  ],
});
