// engram forget, restore-memory, trash: leaving memory in a way that can be taken back, until it is purged.
import { forgetMemory, restoreMemory } from '../../../features/memory/contract.ts';
import { emptyTrash, listTrash, purgeTrash } from '../../../features/trash/contract.ts';
import { withActions } from '../actions.ts';
import { SPACE } from '../args.ts';
import { type Command, type Context, idOperand, idOperands, noWords } from '../command.ts';
import { EXIT, type ExitCode, usage } from '../failure.ts';
import { PAGE_FLAGS, pageOf } from './common.ts';

export const forget: Command = {
  name: 'forget',
  summary: 'Move a memory to the trash, from where it can come back',
  operands: '<id>',
  role: 'client',
  flags: [{ name: 'reason', short: 'r', value: 'text', help: 'Why; kept with it' }, SPACE],
  about: ['engram trash lists what was forgotten, engram restore-memory takes it back. engram delete erases for good.'],
  examples: ['engram forget 42', 'engram forget 42 --reason "moved to Oslo"'],
  sought_as: ['hide', 'unlearn'],
  async run(context) {
    const { args, output } = context;
    const id = idOperand(context, 'forget');
    const reason = args.text('reason');
    const answer = await context.withCall((call) =>
      call(forgetMemory, { params: { id }, body: { ...(reason !== null && { reason }) } }),
    );
    if (output.json) output.data(answer);
    else output.line(`Forgot memory #${answer.id}; "engram restore-memory ${answer.id}" takes it back`);
    return EXIT.ok;
  },
};

async function bringBack(context: Context, command: string): Promise<ExitCode> {
  const { output } = context;
  const id = idOperand(context, command);
  const answer = await context.withCall((call) => call(restoreMemory, { params: { id } }));
  if (output.json) output.data(answer);
  else output.line(`Restored memory #${answer.id}`);
  return EXIT.ok;
}

export const restoreOne: Command = {
  name: 'restore-memory',
  summary: 'Take a memory out of the trash',
  operands: '<id>',
  role: 'client',
  flags: [SPACE],
  about: ['The same as engram trash restore. To bring back a whole store from a backup, use engram restore.'],
  examples: ['engram restore-memory 42'],
  sought_as: ['unforget', 'undelete', 'undo', 'recover-memory'],
  run: (context) => bringBack(context, 'restore-memory'),
};

export const trash = withActions({
  name: 'trash',
  summary: 'What was forgotten: list it, take it back, erase it for good',
  role: 'client',
  fallback: 'list',
  sought_as: ['bin', 'recycle', 'forgotten', 'deleted'],
  actions: [
    {
      name: 'list',
      summary: 'What lies there, newest first',
      flags: [...PAGE_FLAGS, SPACE],
      examples: ['engram trash', 'engram trash list --limit 50'],
      async run(context) {
        noWords(context, 'trash list');
        const { output } = context;
        const query = pageOf(context, { limit: 20, most: 200 });
        const answer = await context.withCall((call) => call(listTrash, { query }));
        if (output.json) output.data(answer);
        else if (answer.memories.length === 0) output.remark('The trash is empty.');
        else
          for (const { id, forgotten_at, forget_reason, content } of answer.memories) {
            const why = forget_reason ? `, ${forget_reason}` : '';
            output.excerptLine(`#${id} [${forgotten_at ?? '?'}${why}] `, content);
          }
        return EXIT.ok;
      },
    },
    {
      name: 'restore',
      operands: '<id>',
      summary: 'Take one back',
      flags: [SPACE],
      examples: ['engram trash restore 42'],
      run: (context) => bringBack(context, 'trash restore'),
    },
    {
      name: 'purge',
      operands: '<id …>',
      summary: 'Erase for good',
      flags: [{ name: 'all', help: 'Everything that lies there' }, SPACE],
      examples: ['engram trash purge 42', 'engram trash purge --all'],
      run: purge,
    },
  ],
});

async function purge(context: Context): Promise<ExitCode> {
  const { args, output } = context;
  if (args.has('all')) {
    if (args.words.length > 0) throw usage('trash purge takes either ids or --all.');
    const answer = await context.withCall((call) => call(emptyTrash));
    if (output.json) output.data(answer);
    else output.line(answer.purged === 1 ? 'Erased 1 memory' : `Erased ${answer.purged} memories`);
    return EXIT.ok;
  }
  if (args.words.length === 0) throw usage('trash purge takes ids, or --all for everything that lies there.');
  const ids = idOperands(context, 'trash purge');
  const answers = await context.withCall(async (call) => {
    const done = [];
    for (const id of ids) done.push(await call(purgeTrash, { params: { id } }));
    return done;
  });
  if (output.json) output.data(answers.length === 1 ? answers[0] : { purged: answers });
  else for (const { id } of answers) output.line(`Erased memory #${id}`);
  return EXIT.ok;
}
