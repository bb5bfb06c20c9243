// engram slots: what opens an encrypted store. A running server goes on: it reads the keys file only when it starts.
import type { Vault } from '../../../platform/vault.ts';
import { withActions } from '../actions.ts';
import type { Context } from '../command.ts';
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

const onVault =
  (work: (context: Context, vault: Vault, word: string | undefined) => Promise<ExitCode>, takes: 0 | 1) =>
  async (context: Context): Promise<ExitCode> => {
    const [word, ...more] = context.args.words;
    const extra = takes === 0 ? word : more[0];
    if (extra !== undefined) throw usage(`slots takes no "${extra.slice(0, 80)}" here. See "engram slots --help".`);
    return work(context, await context.machine.vault(context.settings()), word);
  };

export const slots = withActions({
  name: 'slots',
  summary: 'What opens an encrypted store: list, add, remove, or print its key',
  role: 'server',
  fallback: 'list',
  about: [
    'Needs what opens the store now, but for list. A new passphrase is taken from ENGRAM_DB_NEW_PASSPHRASE or asked for.',
    'key prints the raw SQLCipher key, for other programs:',
    `  sqlcipher engram.db, then PRAGMA key = "x'…'";`,
  ],
  sought_as: ['slot', 'recovery', 'passphrase', 'yubikey', 'keyslots', 'unlock'],
  actions: [
    { name: 'list', summary: 'What there is', examples: ['engram slots'], run: onVault(list, 0) },
    {
      name: 'add',
      operands: KINDS.join('|'),
      summary: 'One more way to open it',
      examples: ['engram slots add recovery', 'engram slots add passphrase && engram slots remove 1'],
      run: onVault(add, 1),
    },
    {
      name: 'remove',
      operands: '<number>',
      summary: 'One way less',
      examples: ['engram slots remove 1'],
      run: onVault(remove, 1),
    },
    { name: 'key', summary: 'The raw key', examples: ['engram slots key'], run: onVault(key, 0) },
  ],
});
