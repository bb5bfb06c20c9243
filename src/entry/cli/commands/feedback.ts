// engram feedback: whether a memory that was recalled helped.
import { giveFeedback, Rating } from '../../../features/feedback/contract.ts';
import { SPACE } from '../args.ts';
import { type Command, idOf } from '../command.ts';
import { EXIT, usage } from '../failure.ts';

const WORDS: Readonly<Record<string, Rating>> = {
  good: 'helpful',
  bad: 'irrelevant',
  up: 'helpful',
  down: 'irrelevant',
};

export const feedback: Command = {
  name: 'feedback',
  summary: 'Say whether a memory that was recalled helped',
  operands: '<id> good|bad|off-topic|outdated',
  role: 'client',
  flags: [{ name: 'for', value: 'text', help: 'What it was recalled for' }, SPACE],
  examples: ['engram feedback 42 good', 'engram feedback 42 outdated --for "address of staging"'],
  sought_as: ['rate', 'vote', 'thumbs', 'helpful'],
  async run(context) {
    const { args, output } = context;
    const [word, said, ...more] = args.words;
    if (word === undefined || said === undefined || more.length > 0)
      throw usage('feedback takes a memory id and a word: engram feedback 42 good');
    const memory_id = idOf(word);
    const rating = Rating.safeParse(Object.hasOwn(WORDS, said) ? WORDS[said] : said);
    if (!rating.success)
      throw usage(`feedback takes good, bad, ${Rating.options.join(', ')}, not "${said.slice(0, 80)}".`);
    const why = args.text('for');
    const body = { memory_id, rating: rating.data, ...(why !== null && { context: why }) };
    const answer = await context.withCall((call) => call(giveFeedback, { body }));
    if (output.json) output.data(answer);
    else output.line(`Noted: memory #${memory_id} is ${rating.data}; its importance is ${answer.importance} now`);
    return EXIT.ok;
  },
};
