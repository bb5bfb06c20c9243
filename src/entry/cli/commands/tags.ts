// engram tags: the labels there are, what carries them, and changing them.
import { listTags, searchTags, setTags } from '../../../features/memory/contract.ts';
import { withActions } from '../actions.ts';
import { SPACE } from '../args.ts';
import { idOf, noWords } from '../command.ts';
import { EXIT, usage } from '../failure.ts';

export const tags = withActions({
  name: 'tags',
  summary: 'Labels: how often each is used, what carries them, changing them',
  role: 'client',
  fallback: 'list',
  sought_as: ['tag', 'labels', 'label'],
  actions: [
    {
      name: 'list',
      summary: 'All labels, with how many memories carry them',
      flags: [SPACE],
      examples: ['engram tags'],
      async run(context) {
        noWords(context, 'tags list');
        const { output } = context;
        const answer = await context.withCall((call) => call(listTags));
        if (output.json) output.data(answer);
        else if (answer.tags.length === 0) output.remark('No tags.');
        else
          output.table(
            ['TAG', { name: 'MEMORIES', right: true }],
            answer.tags.map(({ tag, count }) => [tag, String(count)]),
          );
        return EXIT.ok;
      },
    },
    {
      name: 'find',
      operands: '<tag …>',
      summary: 'Memories that carry one of these labels',
      flags: [
        { name: 'every', help: 'Only what carries all of them' },
        { name: 'limit', short: 'l', value: 'number', help: 'Most memories, default 20' },
        SPACE,
      ],
      examples: ['engram tags find db prod --every'],
      async run(context) {
        const { args, output } = context;
        const wanted = args.words.flatMap((word) => word.split(','));
        if (wanted.length === 0) throw usage('tags find needs a label: engram tags find db');
        const limit = args.whole('limit', { min: 1, max: 100 }) ?? 20;
        const body = { tags: wanted, match_all: args.has('every'), limit };
        const answer = await context.withCall((call) => call(searchTags, { body }));
        if (output.json) output.data(answer);
        else if (answer.results.length === 0) output.remark('No memories.');
        else
          for (const { id, tags, content } of answer.results)
            output.excerptLine(`#${id} [${tags.join(', ')}] `, content);
        return EXIT.ok;
      },
    },
    {
      name: 'set',
      operands: '<id> [tag …]',
      summary: 'Give a memory exactly these labels',
      flags: [SPACE],
      examples: ['engram tags set 42 db,prod'],
      async run(context) {
        const { args, output } = context;
        const [word, ...labels] = args.words;
        if (word === undefined) throw usage('tags set takes a memory id and labels: engram tags set 42 db,prod');
        const id = idOf(word);
        const body = { tags: labels.flatMap((label) => label.split(',')) };
        const answer = await context.withCall((call) => call(setTags, { params: { id }, body }));
        if (output.json) output.data(answer);
        else
          output.line(
            `Memory #${id} has ${answer.tags.length === 0 ? 'no tags' : `the tags ${answer.tags.join(', ')}`}`,
          );
        return EXIT.ok;
      },
    },
  ],
});
