// Encrypting, decrypting and rekeying a store that no server has open, and the key slots beside it.
import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { removeDurably } from './crypto/durable-file.ts';
import {
  keysFileOf,
  readKeyFile,
  readKeysFile,
  settleKeyFile,
  writeKeyFile,
  writeKeysFile,
  writeNextKeyFile,
} from './crypto/key-files.ts';
import { newRing, type OpenRing, type Ring, withDataKey, withoutSlot, withSlot } from './crypto/key-ring.ts';
import { newRecoverySecret, writeRecoveryKey } from './crypto/recovery-key.ts';
import { newKey } from './crypto/seal.ts';
import type { SlotKind, SlotSecret } from './crypto/slots.ts';
import { kindOfFile } from './crypto/sqlcipher-file.ts';
import { type Encryption, type Mode, type Person, ringBeside, secretFor, unlock } from './crypto/unlock.ts';
import { DatabaseError } from './db/dialect.ts';
import { convertFile, removeHalfCopy } from './db/sqlite/convert.ts';
import { lockFolder } from './db/sqlite/open.ts';
import type { StoreSettings } from './open-store.ts';
import { removePlainVectors } from './vectors/plain-vectors.ts';

export interface VaultOptions {
  config: Pick<StoreSettings, 'encryption' | 'db_path' | 'vectors'>;
  person: Person;
  /** Written into new slots. */
  now: string;
}

export interface SlotFacts {
  id: number;
  kind: SlotKind;
  created_at: string;
}

export interface ChangeOptions {
  /** Add a recovery key and give it back. */
  recovery: boolean;
  tell?: (done_bytes: number, total_bytes: number) => void;
  /** Hears of a new key for the mode env before the store is written under it. */
  newKey?: (hex: string) => void;
}

export interface Changed {
  /** False where there is no store yet: the first start makes it that way. */
  converted: boolean;
  /** To be shown once; kept nowhere. */
  recovery_key: string | null;
}

export interface Vault {
  /** The settings say how. @throws DatabaseError */
  encrypt(options: ChangeOptions): Promise<Changed>;
  decrypt(options: Pick<ChangeOptions, 'tell'>): Promise<void>;
  /** Writes the store under a new key. @param to how it shall be unlocked, with new slots; null: as before, by the same */
  rekey(to: Exclude<Mode, 'none'> | null, options: ChangeOptions): Promise<Changed>;
  slots(): SlotFacts[];
  /** @returns the recovery key, for that kind */
  addSlot(kind: 'passphrase' | 'yubikey' | 'recovery'): Promise<string | null>;
  removeSlot(id: number): Promise<void>;
  /** The raw SQLCipher key, 64 hex digits. */
  dataKey(): Promise<string>;
}

export function createVault({ config, person, now }: VaultOptions): Vault {
  const { db_path, encryption } = config;
  const keys_path = keysFileOf(db_path);
  const at = { db_path, person, now };
  const unlocked = () => unlock({ ...at, encryption });
  /** A passphrase that opens the store now is not the one to come. */
  const next: Encryption =
    encryption.mode === 'passphrase' ? { ...encryption, passphrase: null, passphrase_file: null } : encryption;

  async function locked<T>(work: () => Promise<T>): Promise<T> {
    mkdirSync(dirname(db_path), { recursive: true, mode: 0o700 });
    const release = lockFolder(db_path);
    try {
      removeHalfCopy(db_path);
      return await work();
    } finally {
      release();
    }
  }

  const writeRings = (rings: readonly (Ring | undefined)[]): void => {
    const some = rings.filter((ring) => ring !== undefined);
    if (some.length > 0) writeKeysFile(keys_path, some);
    else if (existsSync(keys_path)) removeDurably(keys_path);
  };

  /** Keys made anew for a mode. @param data_key the one that a variable or a file holds, for those modes */
  async function freshKeys(to: Encryption, data_key: Buffer | null, recovery: Buffer | null) {
    const secrets: SlotSecret[] = recovery ? [{ kind: 'recovery', secret: recovery }] : [];
    if (to.mode === 'passphrase' || to.mode === 'yubikey')
      secrets.unshift(await secretFor(to.mode, { ...at, encryption: to }, true));
    else if (recovery) secrets.unshift({ kind: 'key', secret: data_key! });
    const ring = secrets.length > 0 ? await newRing(now, secrets, data_key ?? newKey()) : null;
    return { ring, data_key: ring?.data_key ?? data_key! };
  }

  const asked = (recovery: boolean) => {
    const secret = recovery ? newRecoverySecret() : null;
    return { secret, written: secret && writeRecoveryKey(secret) };
  };

  async function ringOf(data_key: Buffer, ring: OpenRing | null): Promise<OpenRing | null> {
    return ring ?? (await ringBeside(db_path, data_key));
  }

  return {
    encrypt: ({ recovery, tell }) =>
      locked(async () => {
        const kind = kindOfFile(db_path);
        if (kind === 'other')
          throw new DatabaseError(`${db_path} is encrypted already; "engram rekey" gives it another key.`);
        if (kind === 'absent' && existsSync(keys_path))
          throw new DatabaseError(
            `There is no store at ${db_path}, but its keys are in ${keys_path} already: start the server, or restore the store.`,
          );
        const { mode, key, key_file } = encryption;
        let given: Buffer | null = mode === 'env' ? Buffer.from(key!.reveal(), 'hex') : null;
        if (mode === 'keyfile') {
          if (!existsSync(key_file)) writeKeyFile(key_file, newKey());
          given = readKeyFile(key_file);
        }
        const { secret, written } = asked(recovery);
        const { ring, data_key } = await freshKeys(encryption, given, secret);
        // Beside a plain store a keys file says nothing: it may as well be there before the store needs it.
        writeRings([ring?.ring]);
        if (kind === 'plain')
          await convertFile({ path: db_path, from: null, to: data_key.toString('hex'), wipe: true, tell });
        removePlainVectors(config.vectors.lance_path);
        return { converted: kind === 'plain', recovery_key: written };
      }),

    decrypt: ({ tell }) =>
      locked(async () => {
        if (kindOfFile(db_path) === 'absent') throw new DatabaseError(`There is no store at ${db_path}.`);
        if (kindOfFile(db_path) === 'other') {
          const { key } = await unlocked();
          if (key === null)
            throw new DatabaseError(
              'ENGRAM_ENCRYPTION_MODE is none: set it, and what it needs, to what the store is encrypted with.',
            );
          await convertFile({ path: db_path, from: key.toString('hex'), to: null, wipe: false, tell });
        }
        writeRings([]);
      }),

    rekey: (to, { recovery, tell, newKey: announce }) =>
      locked(async () => {
        if (kindOfFile(db_path) === 'absent') throw new DatabaseError(`There is no store at ${db_path}.`);
        const current = await unlocked();
        if (current.key === null)
          throw new DatabaseError('The store is not encrypted: "engram encrypt" does that, with a key of its own.');
        const before = await ringOf(current.key, current.ring);
        const { key_file } = encryption;
        const mode = to ?? encryption.mode;
        let given: Buffer | null = mode === 'env' || mode === 'keyfile' ? newKey() : null;
        const takesFile = mode === 'keyfile' && encryption.mode !== 'keyfile';
        if (takesFile && existsSync(key_file)) given = readKeyFile(key_file);
        const { secret, written } = asked(recovery);
        const after =
          to !== null || before === null
            ? await freshKeys({ ...next, mode }, given, secret)
            : await withDataKey(before, now, given ?? newKey()).then(async (same) => {
                const ring = secret ? await withSlot(same, now, { kind: 'recovery', secret }) : same;
                return { ring, data_key: ring.data_key };
              });
        // The person must have the key, and the key file hold it, before the store may depend on it.
        if (mode === 'env') announce?.(after.data_key.toString('hex'));
        if (mode === 'keyfile' && takesFile) writeKeyFile(key_file, after.data_key);
        if (mode === 'keyfile' && !takesFile) writeNextKeyFile(key_file, after.data_key);
        await convertFile({
          ...{ path: db_path, from: current.key.toString('hex'), to: after.data_key.toString('hex') },
          ...{ wipe: true, tell },
          beforeSwap: () => writeRings([before?.ring, after.ring?.ring]),
        });
        writeRings([after.ring?.ring]);
        if (mode === 'keyfile') settleKeyFile(key_file, after.data_key);
        return { converted: true, recovery_key: written };
      }),

    slots: () =>
      (readKeysFile(keys_path)?.at(-1)?.slots ?? [])
        .filter(({ kind }) => kind !== 'key')
        .map(({ id, kind, created_at }) => ({ id, kind, created_at })),

    async addSlot(kind) {
      const { mode } = encryption;
      if (kind !== 'recovery' && mode !== 'passphrase' && mode !== 'yubikey')
        throw new DatabaseError(
          `ENGRAM_ENCRYPTION_MODE is ${mode}, beside which only a recovery key can open the store; "engram rekey --mode ${kind}" changes how it is opened.`,
        );
      const { key, ring } = await unlocked();
      if (key === null) throw new DatabaseError('The store is not encrypted: it has no key slots.');
      const { secret, written } = asked(kind === 'recovery');
      const by: SlotSecret = secret
        ? { kind: 'recovery', secret }
        : await secretFor(kind as 'passphrase' | 'yubikey', { ...at, encryption: next }, true);
      const before = (await ringOf(key, ring)) ?? (await newRing(now, [{ kind: 'key', secret: key }], key));
      writeKeysFile(keys_path, [(await withSlot(before, now, by)).ring]);
      return written;
    },

    async removeSlot(id) {
      const { key, ring } = await unlocked();
      const open = key && (await ringOf(key, ring));
      const slot = open?.ring.slots.find((one) => one.id === id && one.kind !== 'key');
      if (!open || !slot) throw new DatabaseError(`There is no slot ${id}; "engram slots list" shows them.`);
      const rest = withoutSlot(open, id);
      if (!rest.ring.slots.some((one) => one.kind !== 'recovery'))
        throw new DatabaseError(
          `Slot ${id} is the last but for recovery keys: add another first, or the store would only open with those.`,
        );
      // The slot of a key from elsewhere is only there for the sake of others.
      writeRings(rest.ring.slots.every((one) => one.kind === 'key') ? [] : [rest.ring]);
    },

    async dataKey() {
      const { key } = await unlocked();
      if (key === null) throw new DatabaseError('The store is not encrypted: it has no key.');
      return key.toString('hex');
    },
  };
}
