// engram facts: what memories state, as subject, predicate and object.
import { listFacts } from '../../../features/facts/contract.ts';
import { SPACE } from '../args.ts';
import { type Command, noWords } from '../command.ts';
import { EXIT } from '../failure.ts';
import { PAGE_FLAGS, pageOf } from './common.ts';

export const facts: Command = {
  name: 'facts',
  summary: 'What memories state, as subject, predicate and object',
  role: 'client',
  flags: [
    { name: 'subject', value: 'text', help: 'Only about what is called so, or contains it' },
    { name: 'predicate', value: 'name', help: 'Only this predicate, such as runs_on' },
    { name: 'memory', value: 'id', help: 'Only what this memory states' },
    { name: 'as-of', value: 'time', help: 'What held then' },
    { name: 'all', help: 'Also what holds no more' },
    ...PAGE_FLAGS,
    SPACE,
  ],
  examples: ['engram facts', 'engram facts --subject staging', 'engram facts --subject user --as-of 2026-01-31'],
  sought_as: ['fact', 'triples', 'state', 'knowledge'],
  async run(context) {
    noWords(context, 'facts');
    const { args, output } = context;
    const memory_id = args.whole('memory', { min: 1, max: Number.MAX_SAFE_INTEGER });
    const [subject, predicate, as_of] = [args.text('subject'), args.text('predicate'), args.text('as-of')];
    const query = {
      ...pageOf(context, { limit: 20, most: 1000 }),
      ...(subject !== null && { subject }),
      ...(predicate !== null && { predicate }),
      ...(memory_id !== null && { memory_id }),
      ...(as_of !== null ? { as_of } : !args.has('all') && { current: true }),
    };
    const answer = await context.withCall((call) => call(listFacts, { query }));
    if (output.json) output.data(answer);
    else if (answer.facts.length === 0) output.remark('No facts.');
    else
      output.table(
        ['SUBJECT', 'PREDICATE', 'OBJECT', 'SINCE', 'UNTIL', { name: 'MEMORY', right: true }],
        answer.facts.map((fact) => [
          ...[fact.subject, fact.predicate, fact.object, fact.valid_at, fact.invalid_at ?? ''],
          `#${fact.memory_id}`,
        ]),
      );
    return EXIT.ok;
  },
};
