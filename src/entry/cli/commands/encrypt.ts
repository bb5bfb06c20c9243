// engram encrypt, decrypt, rekey: how the store lies on the disk. They work on files that no server has open, but for rekey.
import { type Config, loadConfig } from '../../../config.ts';
import { rekey as rekeyInUse } from '../../../features/maintenance/contract.ts';
import { type Command, type Context, noWords } from '../command.ts';
import { EXIT, usage } from '../failure.ts';
import { progressOf } from './models-common.ts';

export const MODES = ['keyfile', 'env', 'yubikey', 'passphrase'] as const;
type Mode = (typeof MODES)[number];

const MODE = {
  name: 'mode',
  value: 'mode',
  help: 'keyfile, env, yubikey or passphrase; without it as the settings say',
};
const RECOVERY = { name: 'recovery', help: 'Also make a recovery key and print it, once' };

function modeOf({ args }: Context): Mode | null {
  const mode = args.text('mode');
  if (mode === null || MODES.includes(mode as Mode)) return mode as Mode | null;
  throw usage(`--mode must be one of ${MODES.join(', ')}, not "${mode.slice(0, 80)}".`);
}

/** The settings as they will be: the mode is not set yet when a store is encrypted. */
function settingsWith({ machine }: Context, mode: Mode, more: Readonly<Record<string, string>>): Config {
  const { argv, cwd, home } = machine;
  const env = { ...machine.env, ...more, ENGRAM_ENCRYPTION_MODE: mode };
  return loadConfig({ argv, env, cwd, home, readFile: (path) => machine.readFile(path) }).config;
}

function tellRecoveryKey({ output }: Context, recovery_key: string | null): void {
  if (recovery_key === null || output.json) return;
  output.line(`Recovery key: ${recovery_key}`);
  output.remark(
    'Write it down and keep it elsewhere: it opens the store (ENGRAM_DB_RECOVERY_KEY), and is shown only now.',
  );
}

const KEEP: Readonly<Record<Mode, (config: Config) => string>> = {
  keyfile: ({ encryption }) =>
    `Set ENGRAM_ENCRYPTION_MODE=keyfile. The key is ${encryption.key_file}: keep a copy elsewhere, nothing opens the store without it.`,
  env: () => 'Set ENGRAM_ENCRYPTION_MODE=env and ENGRAM_DB_KEY to the key. Nothing opens the store without it.',
  yubikey: () =>
    'Set ENGRAM_ENCRYPTION_MODE=yubikey. Nothing but that key opens the store, unless you add a recovery key.',
  passphrase: () =>
    'Set ENGRAM_ENCRYPTION_MODE=passphrase. Nothing but the passphrase opens the store, unless you add a recovery key.',
};

export const encrypt: Command = {
  name: 'encrypt',
  summary: 'Encrypt the store',
  role: 'server',
  flags: [MODE, RECOVERY],
  about: [
    'Writes the store anew, encrypted (SQLCipher 4), checks it, and puts it in the place of the plain one, which is overwritten.',
    'Cut off at any point, even by kill -9, the store is whole. Stop the server first. Plain copies made before stay plain.',
    '--mode env takes ENGRAM_DB_KEY, or makes a key and prints it. A passphrase is taken from ENGRAM_DB_PASSPHRASE or asked for.',
  ],
  examples: ['engram encrypt --mode keyfile', 'engram encrypt --mode passphrase --recovery'],
  sought_as: ['encryption', 'lock', 'cipher', 'protect'],
  async run(context) {
    noWords(context, 'encrypt');
    const { machine, output, args } = context;
    const asked = modeOf(context);
    const given = asked === null ? context.settings().encryption.mode : asked;
    if (given === 'none') throw usage(`Say what shall unlock the store: engram encrypt --mode ${MODES.join('|')}`);
    const made = given === 'env' && !machine.env.ENGRAM_DB_KEY?.trim() ? machine.newStoreKey() : null;
    const config = settingsWith(context, given, made === null ? {} : { ENGRAM_DB_KEY: made });
    // Before the store depends on it.
    if (made !== null && !output.json) output.line(`Key: ${made}`);
    const bar = progressOf(context, 'encrypting', 'bytes');
    const vault = await machine.vault(config);
    const { converted, recovery_key } = await vault
      .encrypt({ recovery: args.has('recovery'), tell: (done, total) => bar.update(done, total) })
      .finally(() => bar.end());
    if (output.json) output.data({ mode: given, converted, key: made, recovery_key });
    else {
      tellRecoveryKey(context, recovery_key);
      output.line(converted ? 'The store is encrypted.' : 'The store will be encrypted when the first start makes it.');
      output.remark(KEEP[given](config));
    }
    return EXIT.ok;
  },
};

export const decrypt: Command = {
  name: 'decrypt',
  summary: 'Write the store in the clear again',
  role: 'server',
  about: [
    'The settings say what it is encrypted with. Stop the server first, and set ENGRAM_ENCRYPTION_MODE=none afterwards.',
    'The keys file goes with it: an encrypted backup needs the copy that lies with the backup.',
  ],
  examples: ['ENGRAM_ENCRYPTION_MODE=keyfile engram decrypt'],
  sought_as: ['unencrypt', 'unlock', 'decipher'],
  async run(context) {
    noWords(context, 'decrypt');
    const bar = progressOf(context, 'decrypting', 'bytes');
    const vault = await context.machine.vault(context.settings());
    await vault.decrypt({ tell: (done, total) => bar.update(done, total) }).finally(() => bar.end());
    if (context.output.json) context.output.data({ mode: 'none' });
    else context.output.line('The store is in the clear. Set ENGRAM_ENCRYPTION_MODE=none.');
    return EXIT.ok;
  },
};

export const rekey: Command = {
  name: 'rekey',
  summary: 'Encrypt the store with a new key',
  role: 'server',
  flags: [MODE, RECOVERY],
  about: [
    'Writes the store anew under a new key. Without --mode what unlocks it stays the same: passphrases, YubiKeys and recovery keys',
    'go on working; in the mode keyfile the key file is replaced, in the mode env the new key is printed.',
    'A running server does it itself: searches go on, and what is stored waits.',
    'With --mode everything that unlocked it before does so no more, the same mode included. Stop the server first for that, for',
    '--recovery, and in the mode env.',
    'To change a passphrase only, which the server may go on through: engram slots add passphrase, then engram slots remove.',
  ],
  examples: ['engram rekey', 'engram rekey --mode passphrase --recovery'],
  sought_as: ['re-encrypt', 'reencrypt', 'rotate'],
  async run(context) {
    noWords(context, 'rekey');
    const { machine, output, args } = context;
    const to = modeOf(context);
    const config = context.settings();
    const bar = progressOf(context, 'encrypting', 'bytes');
    let key: string | null = null;
    const vault = await machine.vault(config);
    const recovery = args.has('recovery');
    const { recovery_key } = await vault
      .rekey(to, {
        recovery,
        tell: (done, total) => bar.update(done, total),
        newKey(hex) {
          key = hex;
          if (!output.json) output.line(`Key: ${hex}`);
        },
      })
      .catch(async (error) => {
        // The server that has the store open can do it too, as long as what unlocks it stays the same.
        if (!machine.isLocked(error) || to !== null || recovery) throw error;
        await context.withCall((call) => call(rekeyInUse));
        return { recovery_key: null };
      })
      .finally(() => bar.end());
    const mode = to ?? (config.encryption.mode as Mode);
    if (output.json) output.data({ mode, key, recovery_key });
    else {
      tellRecoveryKey(context, recovery_key);
      output.line('The store is encrypted with a new key.');
      if (to !== null || mode === 'env') output.remark(KEEP[mode](config));
    }
    return EXIT.ok;
  },
};
