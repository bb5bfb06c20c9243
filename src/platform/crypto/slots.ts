// Key slots: each holds the master key under a secret of its own, so that any one of them opens the store.
import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { ARGON2_COST, canonical, derive, seal, stretch, unseal } from './seal.ts';

const hex = (bytes: number) => z.string().regex(new RegExp(`^[0-9a-f]{${bytes * 2}}$`));
/** A 32-byte key under AES-256-GCM. */
export const SealedKey = { nonce: hex(12), sealed: hex(48) };
const common = { id: z.int().min(1).max(1_000_000), created_at: z.string().max(40), salt: hex(16), ...SealedKey };

/** The bounds keep a file that was tampered with from asking for all memory, or for next to no work. */
const Cost = z.strictObject({
  memory_kib: z.int().min(19_456).max(1_048_576),
  passes: z.int().min(2).max(16),
  lanes: z.int().min(1).max(8),
});

export const Slot = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('passphrase'), ...common, argon2id: Cost }),
  /** `challenge` goes to the YubiKey, whose 20 bytes of answer are the secret. */
  z.strictObject({ kind: z.literal('yubikey'), ...common, challenge: hex(32) }),
  z.strictObject({ kind: z.literal('recovery'), ...common }),
  /** Opened by the data key itself, where that is given by a variable or a file: so a recovery slot can be beside it. */
  z.strictObject({ kind: z.literal('key'), ...common }),
]);
export type Slot = z.infer<typeof Slot>;
export type SlotKind = Slot['kind'];

/** What a slot is opened with. A YubiKey is asked with the slot's own challenge. */
export type SlotSecret =
  | { kind: 'passphrase'; secret: string }
  | { kind: 'yubikey'; respond(challenge: Buffer): Promise<Buffer> }
  | { kind: 'recovery' | 'key'; secret: Buffer };

/** Two keyboards may write the same letter differently. */
const bytesOf = (passphrase: string): Buffer => Buffer.from(passphrase.normalize('NFKC'));

type Unsealed = Slot extends infer S ? (S extends Slot ? Omit<S, 'nonce' | 'sealed'> : never) : never;

async function keyOf(slot: Unsealed, by: SlotSecret): Promise<Buffer | null> {
  const salt = Buffer.from(slot.salt, 'hex');
  if (slot.kind === 'passphrase' && by.kind === 'passphrase') return stretch(bytesOf(by.secret), salt, slot.argon2id);
  if (slot.kind === 'yubikey' && by.kind === 'yubikey')
    return derive(await by.respond(Buffer.from(slot.challenge, 'hex')), salt, 'engram slot yubikey');
  if ((slot.kind === 'recovery' || slot.kind === 'key') && by.kind === slot.kind)
    return derive(by.secret, salt, `engram slot ${slot.kind}`);
  return null;
}

/** Everything the slot says about itself goes into the seal: none of it can be changed. */
const aboutOf = ({ nonce: _nonce, sealed: _sealed, ...slot }: Unsealed & Partial<Slot>): string => canonical(slot);

export async function newSlot(id: number, now: string, master: Buffer, by: SlotSecret): Promise<Slot> {
  const base = { id, created_at: now, salt: randomBytes(16).toString('hex') };
  const slot: Unsealed =
    by.kind === 'passphrase'
      ? { kind: by.kind, ...base, argon2id: ARGON2_COST }
      : by.kind === 'yubikey'
        ? { kind: by.kind, ...base, challenge: randomBytes(32).toString('hex') }
        : { kind: by.kind, ...base };
  const key = await keyOf(slot, by);
  return { ...slot, ...seal(key!, master, aboutOf(slot)) } as Slot;
}

/** @returns the master key; null when the slot is of another kind, or its secret another */
export async function openSlot(slot: Slot, by: SlotSecret): Promise<Buffer | null> {
  const key = await keyOf(slot, by);
  return key && unseal(key, slot, aboutOf(slot));
}
