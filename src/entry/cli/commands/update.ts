// engram update: a new version of a memory; the old one stays in its history.
import { updateMemory } from '../../../features/memory/contract.ts';
import { SPACE } from '../args.ts';
import { type Command, type Context, idOf, textOperand } from '../command.ts';
import { EXIT, usage } from '../failure.ts';
import { parseImportance } from './store.ts';

export const update: Command = {
  name: 'update',
  summary: 'Store a new version of a memory',
  operands: '<id> [content]',
  role: 'client',
  flags: [
    { name: 'category', short: 'c', value: 'name', help: 'Another kind' },
    { name: 'importance', short: 'i', value: 'number', help: '1 to 10, or a fraction such as 0.9' },
    { name: 'tags', short: 't', value: 'list', help: 'These labels in place of the ones it has, by commas' },
    SPACE,
  ],
  about: [
    'Without content, only what the flags say is changed. With - as content it is read from standard input.',
    'The old version stays: engram versions <id> shows all of them.',
  ],
  examples: [
    'engram update 42 "Production DB is PostgreSQL 17"',
    'engram update 42 --importance 0.9 --tags db,prod',
    'cat notes.md | engram update 42 -',
  ],
  sought_as: ['edit', 'change', 'correct', 'set', 'patch'],
  async run(context) {
    const { args, output } = context;
    const [word, ...words] = args.words;
    if (word === undefined) throw usage('update takes a memory id and what it shall say: engram update 42 "…"');
    const id = idOf(word);
    const category = args.text('category');
    const importance = args.text('importance');
    const tags = args.text('tags');
    const changes = {
      ...(category !== null && { category }),
      ...(importance !== null && { importance: parseImportance(importance) }),
      ...(tags !== null && { tags: tags.split(',') }),
    };
    const content = await contentOf(context, words, Object.keys(changes).length > 0);
    const body = { ...(content !== null && { content }), ...changes };
    const answer = await context.withCall((call) => call(updateMemory, { params: { id }, body }));
    if (output.json) output.data(answer);
    else output.line(`Updated memory #${answer.old_id}; it is #${answer.new_id} now, version ${answer.version}`);
    return EXIT.ok;
  },
};

/** Null where flags say what to change: a pipe that happens to be there is then not meant. */
async function contentOf(context: Context, words: readonly string[], flagsSay: boolean): Promise<string | null> {
  if (words.length === 0 && flagsSay) return null;
  return textOperand({ ...context, args: { ...context.args, words } }, 'update 42', 'what the memory shall say');
}
