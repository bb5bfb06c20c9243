// The keys file beside an encrypted store: slots that hold the master key, and the data key under the master key.
// While a store is written anew under another key there are two rings in it, one for each file that may be found.
import { z } from 'zod';
import { canonical, KEY_BYTES, mac, newKey, sameHex, seal, unseal } from './seal.ts';
import { newSlot, openSlot, SealedKey, Slot, type SlotSecret } from './slots.ts';

const Ring = z.strictObject({
  slots: z.array(Slot).min(1).max(32),
  data_key: z.strictObject(SealedKey),
  /** HMAC-SHA256 of the rest, under a key only the master key gives: no slot can be added or taken away without it. */
  mac: z.string().regex(/^[0-9a-f]{64}$/),
});
export type Ring = z.infer<typeof Ring>;

const KeysFile = z.strictObject({
  format: z.literal('engram keys'),
  version: z.literal(1),
  rings: z.array(Ring).min(1).max(2),
});

/** A ring with its keys at hand. */
export interface OpenRing {
  readonly ring: Ring;
  readonly master: Buffer;
  readonly data_key: Buffer;
}

const DATA_KEY = 'engram data key';

function closed(slots: readonly Slot[], master: Buffer, data_key: Buffer): OpenRing {
  const body = { slots: [...slots], data_key: seal(master, data_key, DATA_KEY) };
  return { ring: { ...body, mac: mac(master, canonical(body)) }, master, data_key };
}

/** @param data_key a new one when left out */
export async function newRing(now: string, secrets: readonly SlotSecret[], data_key = newKey()): Promise<OpenRing> {
  const master = newKey();
  const slots: Slot[] = [];
  for (const by of secrets) slots.push(await newSlot(slots.length + 1, now, master, by));
  return closed(slots, master, data_key);
}

/**
 * Tries every slot of the secret's kind, whether or not an earlier one opened: how long that takes says nothing.
 * @returns null when none opens; `changed` when one does, but the ring is not as it was written
 */
export async function openRing(ring: Ring, by: SlotSecret): Promise<OpenRing | 'changed' | null> {
  let master: Buffer | null = null;
  for (const slot of ring.slots) {
    // Every touch of a YubiKey is work for a person: one that has answered is enough.
    if (by.kind === 'yubikey' && master) break;
    master = (await openSlot(slot, by)) ?? master;
  }
  return master && openWith(ring, master);
}

/** The ring of a master key that is at hand. @returns `changed` when it is not as it was written */
export function openWith(ring: Ring, master: Buffer): OpenRing | 'changed' {
  const { mac: written, ...body } = ring;
  const data_key = sameHex(mac(master, canonical(body)), written) ? unseal(master, ring.data_key, DATA_KEY) : null;
  return data_key?.length === KEY_BYTES ? { ring, master, data_key } : 'changed';
}

export async function withSlot({ ring, master, data_key }: OpenRing, now: string, by: SlotSecret): Promise<OpenRing> {
  const id = Math.max(...ring.slots.map((slot) => slot.id)) + 1;
  return closed([...ring.slots, await newSlot(id, now, master, by)], master, data_key);
}

export const withoutSlot = ({ ring, master, data_key }: OpenRing, id: number): OpenRing =>
  closed(
    ring.slots.filter((slot) => slot.id !== id),
    master,
    data_key,
  );

/** The same slots for another data key; one that the old data key itself opened is opened by the new one. */
export async function withDataKey({ ring, master }: OpenRing, now: string, data_key = newKey()): Promise<OpenRing> {
  const slots: Slot[] = [];
  for (const slot of ring.slots)
    slots.push(slot.kind === 'key' ? await newSlot(slot.id, now, master, { kind: 'key', secret: data_key }) : slot);
  return closed(slots, master, data_key);
}

export const writeRings = (rings: readonly Ring[]): string =>
  `${JSON.stringify({ format: 'engram keys', version: 1, rings }, null, 2)}\n`;

/** @returns null when it is no keys file of this version */
export function readRings(text: string): Ring[] | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  const read = KeysFile.safeParse(value);
  return read.success ? read.data.rings : null;
}
