// engram slots: what opens an encrypted store. A running server goes on: it reads the keys file only when it starts.
import type { Vault } from '../../../platform/vault.ts';
import type { Command, Context } from '../command.ts';
import { EXIT, type ExitCode, usage } from '../failure.ts';

const KINDS = ['passphrase', 'yubikey', 'recovery'] as const;

async function list({ output }: Context, vault: Vault): Promise<ExitCode> {
  const slots = vault.slots();
  if (output.json) output.data({ slots, count: slots.length });
  else if (slots.length === 0) output.remark('No slots: what the settings name is all that opens the store.');
  else for (const { id, kind, created_at } of slots) output.line(`${id}  ${kind.padEnd(10)}  since ${created_at}`);
  return EXIT.ok;
}

async function add({ output }: Context, vault: Vault, word: string | undefined): Promise<ExitCode> {
  const kind = KINDS.find((one) => one === word);
  if (!kind) throw usage(`Say what to add: engram slots add ${KINDS.join('|')}`);
  const recovery_key = await vault.addSlot(kind);
  if (output.json) output.data({ kind, recovery_key });
  else if (recovery_key === null) output.line(`A ${kind} was added.`);
  else {
    output.line(`Recovery key: ${recovery_key}`);
    output.remark(
      'Write it down and keep it elsewhere: it opens the store (ENGRAM_DB_RECOVERY_KEY), and is shown only now.',
    );
  }
  return EXIT.ok;
}

async function remove({ output }: Context, vault: Vault, word: string | undefined): Promise<ExitCode> {
  const id = /^\d{1,6}$/.test(word ?? '') ? Number(word) : null;
  if (id === null) throw usage('Say which: engram slots remove <number>; "engram slots list" shows them.');
  await vault.removeSlot(id);
  if (output.json) output.data({ removed: id });
  else output.line(`Slot ${id} was removed. Copies of the keys file made before still have it.`);
  return EXIT.ok;
}

async function key({ output, machine, args }: Context, vault: Vault): Promise<ExitCode> {
  const hex = await vault.dataKey();
  if (!output.json && !args.has('quiet'))
    machine.err.write('This key opens the store without anything else. Whoever sees it can read everything.\n');
  if (output.json) output.data({ key: hex });
  else output.line(hex);
  return EXIT.ok;
}

const ACTIONS = { list, add, remove, key } as const;

export const slots: Command = {
  name: 'slots',
  summary: 'What opens an encrypted store: list, add, remove, or print its key',
  operands: 'list | add <passphrase|yubikey|recovery> | remove <number> | key',
  role: 'server',
  about: [
    'Needs what opens the store now, but for list. A new passphrase is taken from ENGRAM_DB_NEW_PASSPHRASE or asked for.',
    'key prints the raw SQLCipher key, for other programs:',
    `  sqlcipher engram.db, then PRAGMA key = "x'…'";`,
  ],
  examples: ['engram slots add recovery', 'engram slots add passphrase && engram slots remove 1', 'engram slots key'],
  sought_as: ['slot', 'recovery', 'passphrase', 'yubikey', 'keyslots', 'unlock'],
  async run(context) {
    const [action = 'list', operand, ...more] = context.args.words;
    if (!Object.hasOwn(ACTIONS, action) || more.length > 0)
      throw usage(`slots takes list, add, remove or key, not "${[action, ...more].join(' ').slice(0, 80)}".`);
    const vault = await context.machine.vault(context.settings());
    return ACTIONS[action as keyof typeof ACTIONS](context, vault, operand);
  },
};
