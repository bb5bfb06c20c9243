// engram add: what a conversation says, as memories.
import { readFileSync } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';
import { z } from 'zod';
import { addConversation } from '../../../features/extraction/contract.ts';
import { SPACE } from '../args.ts';
import { type Command, type Context, readStdin } from '../command.ts';
import { EXIT, usage } from '../failure.ts';
import { count } from './common.ts';

const Turns = z.array(z.looseObject({ role: z.string(), content: z.string() })).min(1);
const Chat = z.union([Turns, z.looseObject({ messages: Turns }).transform(({ messages }) => messages)]);

/** Messages as most programs write them, one JSON value or one a line; anything else is a log with lines such as "Alice: …". */
function readChat(text: string): { messages?: z.output<typeof Turns>; text?: string } {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  for (const value of [parsed(text), lines.map(parsed)]) {
    const chat = Chat.safeParse(value);
    if (chat.success) return { messages: chat.data };
  }
  return { text };
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

function readFile({ machine }: Context, word: string): string {
  const path = isAbsolute(word) ? word : resolve(machine.cwd, word);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path));
  } catch (error) {
    const { code } = error as { code?: string };
    throw usage(
      code === 'ERR_ENCODING_INVALID_ENCODED_DATA' ? `${path} is not UTF-8 text.` : `${path} cannot be read (${code}).`,
    );
  }
}

export const add: Command = {
  name: 'add',
  summary: 'Remember what a conversation says',
  operands: '<file>',
  role: 'client',
  starts_store: true,
  flags: [
    {
      name: 'status',
      value: 'status',
      help: 'approved, or pending: wait in the inbox; without it as the server is set',
    },
    { name: 'session', value: 'id', help: 'Conversation or run it comes from' },
    { name: 'category', short: 'c', value: 'name', help: 'Of what is nothing more special, default general' },
    { name: 'source', short: 's', value: 'name', help: 'Who or what says so, default conversation' },
    SPACE,
  ],
  about: [
    'Finds facts, preferences, decisions, plans and corrections in a chat log: JSON with a list of {role, content}, one such',
    'object a line, or text with lines such as "Alice: …". - reads standard input. What was found waits in the inbox,',
    'unless --status or the settings say otherwise.',
  ],
  examples: ['engram add chat.json', 'engram add standup.txt --status approved --session standup'],
  sought_as: ['conversation', 'chat', 'extract', 'learn'],
  async run(context) {
    const { args, output, machine } = context;
    const [word, ...more] = args.words;
    if (more.length > 0 || (word === undefined && machine.stdin.isTTY))
      throw usage(
        'add takes one file with a conversation, or - for standard input; engram store keeps a single memory.',
      );
    const asked = args.text('status');
    const status =
      asked === null ? null : ((['approved', 'pending'] as const).find((one) => one === asked) ?? undefined);
    if (status === undefined) throw usage(`--status must be approved or pending, not "${asked!.slice(0, 80)}".`);
    const log = word === undefined || word === '-' ? await readStdin(context) : readFile(context, word);
    if (log.trim() === '') throw usage('There is nothing in it.');
    const [session_id, category, source] = [args.text('session'), args.text('category'), args.text('source')];
    const body = {
      ...readChat(log),
      ...(status !== null && { status }),
      ...(session_id !== null && { session_id }),
      ...(category !== null && { category }),
      ...(source !== null && { source }),
    };
    const answer = await context.withCall((call) => call(addConversation, { body }));
    if (output.json) output.data(answer);
    else {
      const from = count(answer.messages_processed, 'message');
      output.line(`Found ${count(answer.added, 'new memory', 'new memories')} in ${from}`);
      for (const { id, status, duplicate, content } of answer.facts)
        output.excerptLine(`#${id} [${duplicate ? 'known already' : status}] `, content);
      if (answer.facts.some(({ status }) => status === 'pending'))
        output.remark('Pending ones are recalled once you approve them: engram inbox');
    }
    return EXIT.ok;
  },
};
