// From the settings to the key of the store: whatever unlocks it, in the end there are 32 bytes.
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseError } from '../db/dialect.ts';
import {
  keysFileOf,
  readKeyFiles,
  readKeysFile,
  readPassphraseFile,
  settleKeyFile,
  writeKeysFile,
} from './key-files.ts';
import { newRing, type OpenRing, openRing, type Ring } from './key-ring.ts';
import { readRecoveryKey } from './recovery-key.ts';
import type { SlotSecret } from './slots.ts';
import { keyFits, kindOfFile } from './sqlcipher-file.ts';
import { askYubikey } from './yubikey.ts';

export type Mode = 'none' | 'keyfile' | 'env' | 'yubikey' | 'passphrase';

interface Hidden {
  reveal(): string;
}

/** The settings; all paths are absolute. */
export interface Encryption {
  readonly mode: Mode;
  /** 64 hex digits; there in the mode `env`, unless a recovery key is. */
  readonly key: Hidden | null;
  readonly key_file: string;
  readonly passphrase: Hidden | null;
  readonly passphrase_file: string | null;
  /** For a slot to be made. */
  readonly new_passphrase: Hidden | null;
  readonly recovery_key: Hidden | null;
  /** Seconds. */
  readonly yubikey_timeout: number;
}

/** The person in front of the terminal, if there is one. */
export interface Person {
  /** Asks without showing what is typed; null where there is no terminal. */
  readonly ask: ((question: string) => Promise<string>) | null;
  tell(text: string): void;
}
export const NOBODY: Person = { ask: null, tell() {} };

export interface UnlockOptions {
  encryption: Encryption;
  db_path: string;
  person: Person;
  /** Written into new slots. */
  now: string;
}

export interface Unlocked {
  /** null: the store is not encrypted. */
  readonly key: Buffer | null;
  /** What the key was taken from, if it was a keys file. */
  readonly ring: OpenRing | null;
  /** Finishes what a rekey that was cut off has left. To be called with the store open, which shows that the key is right. */
  settle(): void;
}

const MIN_PASSPHRASE = 8;

/** @param twice for a new one: a slip in it would lock its owner out */
export async function passphraseOf({ encryption, person }: UnlockOptions, twice: boolean): Promise<string> {
  const { passphrase_file } = encryption;
  const passphrase = (twice ? encryption.new_passphrase : null) ?? encryption.passphrase;
  const given = passphrase?.reveal() ?? (passphrase_file === null ? null : readPassphraseFile(passphrase_file));
  if (given === null && person.ask === null)
    throw new DatabaseError(
      'The store is locked by a passphrase, and there is no terminal to ask for it: set ENGRAM_DB_PASSPHRASE or ENGRAM_DB_PASSPHRASE_FILE (ENGRAM_DB_NEW_PASSPHRASE for a new one).',
    );
  const text = given ?? (await person.ask!(twice ? 'New passphrase of the store: ' : 'Passphrase of the store: '));
  if (twice && [...text].length < MIN_PASSPHRASE)
    throw new DatabaseError(`The passphrase is too short: it needs at least ${MIN_PASSPHRASE} characters.`);
  if (twice && given === null && (await person.ask!('The same again: ')) !== text)
    throw new DatabaseError('The two passphrases differ. Nothing was changed.');
  return text;
}

export const yubikeyOf = ({ encryption, person }: UnlockOptions): SlotSecret => ({
  kind: 'yubikey',
  respond: (challenge) =>
    askYubikey(challenge, { timeout_ms: encryption.yubikey_timeout * 1000, tell: (text) => person.tell(text) }),
});

function recoveryOf(written: string): SlotSecret {
  const secret = readRecoveryKey(written);
  if (secret) return { kind: 'recovery', secret };
  throw new DatabaseError(
    'ENGRAM_DB_RECOVERY_KEY holds no recovery key, or one with a slip in it: it is nine groups of four letters and digits.',
  );
}

/** What opens a slot of the mode. @param fresh for a new slot */
export const secretFor = async (mode: 'passphrase' | 'yubikey', options: UnlockOptions, fresh: boolean) =>
  mode === 'yubikey'
    ? yubikeyOf(options)
    : ({ kind: 'passphrase', secret: await passphraseOf(options, fresh) } as const);

const WRONG: Readonly<Record<SlotSecret['kind'], string>> = {
  passphrase: 'The passphrase is wrong: it opens no slot of',
  yubikey: 'This YubiKey opens no slot of',
  recovery: 'The recovery key is of another store: it opens no slot of',
  key: 'The key is of another store: it opens no slot of',
};

/** @throws DatabaseError when the secret opens none, or they were tampered with */
export async function openRings(rings: readonly Ring[], by: SlotSecret, path: string): Promise<OpenRing[]> {
  const open: OpenRing[] = [];
  for (const ring of rings) {
    const found = await openRing(ring, by);
    if (found === 'changed')
      throw new DatabaseError(
        `${path} was changed by something other than Engram. Put back the copy that lies with a backup.`,
      );
    if (found) open.push(found);
  }
  if (open.length > 0) return open;
  throw new DatabaseError(`${WRONG[by.kind]} ${path}.`);
}

/** A log of writes that were not moved into the file yet: then its first page may be torn, and SQLite mends it. */
const hasLog = (db_path: string): boolean => (statSync(`${db_path}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 0;

async function unlockByRing(options: UnlockOptions): Promise<Unlocked> {
  const { encryption, db_path, now } = options;
  const path = keysFileOf(db_path);
  const rings = readKeysFile(path);
  const isNew = kindOfFile(db_path) === 'absent';
  if (!rings && (!isNew || encryption.recovery_key))
    throw new DatabaseError(
      `${path} is missing: it holds the key slots, and without it nothing opens ${db_path}. Put back the copy that lies with a backup.`,
    );
  if (!rings) {
    const ring = await newRing(now, [await secretFor(encryption.mode as 'passphrase' | 'yubikey', options, true)]);
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writeKeysFile(path, [ring.ring]);
    return { key: ring.data_key, ring, settle() {} };
  }
  const by = encryption.recovery_key
    ? recoveryOf(encryption.recovery_key.reveal())
    : await secretFor(encryption.mode as 'passphrase' | 'yubikey', options, false);
  const open = await openRings(rings, by, path);
  const fitting = open.find(({ data_key }) => keyFits(db_path, data_key));
  if (!fitting && !isNew && !hasLog(db_path))
    throw new DatabaseError(
      `${path} belongs to another store: it was unlocked, but its key does not open ${db_path}. Put back the keys file that belongs to it, or the database that belongs to the keys.`,
    );
  const ring = fitting ?? open[0]!;
  return {
    key: ring.data_key,
    ring,
    settle() {
      if (rings.length > 1 && fitting) writeKeysFile(path, [ring.ring]);
    },
  };
}

/** @throws DatabaseError that says what is missing or wrong */
export async function unlock(options: UnlockOptions): Promise<Unlocked> {
  const { encryption, db_path } = options;
  const { mode, recovery_key } = encryption;
  if (mode === 'none') return { key: null, ring: null, settle() {} };
  if (kindOfFile(db_path) === 'plain')
    throw new DatabaseError(
      `${db_path} cannot be opened as the settings say: the file is not encrypted, and ENGRAM_ENCRYPTION_MODE is ${mode}. Run "engram encrypt --mode ${mode}" to encrypt it, or set the mode to none.`,
    );
  if (recovery_key || mode === 'passphrase' || mode === 'yubikey') return unlockByRing(options);
  if (mode === 'env') return { key: Buffer.from(encryption.key!.reveal(), 'hex'), ring: null, settle() {} };
  const keys = readKeyFiles(encryption.key_file);
  const key = keys.find((one) => keyFits(db_path, one)) ?? keys[0]!;
  return {
    key,
    ring: null,
    settle() {
      if (keys.length > 1) settleKeyFile(encryption.key_file, key);
    },
  };
}

/** The ring beside a store whose key comes from elsewhere: there to hold a recovery key. */
export async function ringBeside(db_path: string, data_key: Buffer): Promise<OpenRing | null> {
  const path = keysFileOf(db_path);
  if (!existsSync(path)) return null;
  const open = await openRings(readKeysFile(path)!, { kind: 'key', secret: data_key }, path);
  return open.find((ring) => ring.data_key.equals(data_key)) ?? null;
}
