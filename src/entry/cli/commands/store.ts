// engram store: keeps one memory.
import { storeMemory } from '../../../features/memory/contract.ts';
import { SPACE } from '../args.ts';
import { type Command, textOperand } from '../command.ts';
import { EXIT, usage } from '../failure.ts';

/** `0.9` and `1.0` are fractions of the most; whole numbers are the scale itself, on which 1 is the least. */
export function parseImportance(written: string): number {
  const text = written.trim();
  const value = /^(\d+(\.\d*)?|\.\d+)$/.test(text) ? Number(text) : Number.NaN;
  if (text.includes('.') && value <= 1) return Math.max(1, Math.round(value * 10));
  if (Number.isInteger(value) && value >= 1 && value <= 10) return value;
  throw usage(`--importance must be 1 to 10, or a fraction such as 0.9, not "${written.slice(0, 80)}".`);
}

export const store: Command = {
  name: 'store',
  summary: 'Remember something',
  operands: '<content>',
  role: 'client',
  starts_store: true,
  flags: [
    { name: 'category', short: 'c', value: 'name', help: 'Kind of memory, default general' },
    { name: 'importance', short: 'i', value: 'number', help: '1 to 10, or a fraction such as 0.9; default 5' },
    { name: 'tags', short: 't', value: 'list', help: 'Labels, by commas' },
    { name: 'source', short: 's', value: 'name', help: 'Who or what says so' },
    { name: 'session', value: 'id', help: 'Conversation or run it belongs to' },
    { name: 'static', help: 'A permanent fact: never fades' },
    SPACE,
  ],
  about: ['With - as content, or with none and something piped in, the content is read from standard input.'],
  examples: [
    'engram store "Production DB is PostgreSQL 16 on db.example.com" --tags db,prod --importance 0.9',
    'git log -1 --format=%B | engram store - --category decision --source git',
  ],
  sought_as: ['remember', 'save', 'put', 'create', 'new'],
  async run(context) {
    const { args, output } = context;
    const category = args.text('category');
    const importance = args.text('importance');
    const tags = args.text('tags');
    const source = args.text('source');
    const session_id = args.text('session');
    const options = {
      ...(category !== null && { category }),
      ...(importance !== null && { importance: parseImportance(importance) }),
      ...(tags !== null && { tags: tags.split(',') }),
      ...(source !== null && { source }),
      ...(session_id !== null && { session_id }),
      ...(args.has('static') && { is_static: true }),
    };
    const content = await textOperand(context, 'store', 'something to remember');
    const answer = await context.withCall((call) => call(storeMemory, { body: { content, ...options } }));
    if (output.json) output.data(answer);
    else output.line(answer.duplicate ? `Duplicate of #${answer.existing_id}` : `Stored memory #${answer.id}`);
    return EXIT.ok;
  },
};
