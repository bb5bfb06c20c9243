// The cryptography against published vectors, and the formats people and programs write down.
import { createHmac } from 'node:crypto';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { newRing, openRing, readRings, withDataKey, withoutSlot, withSlot, writeRings } from './key-ring.ts';
import { newRecoverySecret, readRecoveryKey, writeRecoveryKey } from './recovery-key.ts';
import { argon2, newKey } from './seal.ts';
import type { SlotSecret } from './slots.ts';

const NOW = '2026-03-02 12:00:00';

describe('Argon2id', () => {
  it('agrees with RFC 9106, section 5.3', async () => {
    const key = await promisify(argon2)('argon2id', {
      ...{ message: Buffer.alloc(32, 1), nonce: Buffer.alloc(16, 2), secret: Buffer.alloc(8, 3) },
      ...{ associatedData: Buffer.alloc(12, 4), memory: 32, passes: 3, parallelism: 4, tagLength: 32 },
    });
    expect(Buffer.from(key).toString('hex')).toBe('0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659');
  });
});

describe('recovery keys', () => {
  it('read back what was written, however it is typed', () => {
    for (let i = 0; i < 50; i++) {
      const secret = newRecoverySecret();
      const written = writeRecoveryKey(secret);
      expect(written).toMatch(/^([0-9A-HJKMNP-TV-Z]{4}-){8}[0-9A-HJKMNP-TV-Z]{4}$/);
      const typed = written.toLowerCase().replaceAll('-', ' ').replaceAll('0', 'o').replaceAll('1', 'l');
      expect(readRecoveryKey(typed)).toEqual(secret);
    }
  });

  it('notice a slip, and what is no recovery key', () => {
    const written = writeRecoveryKey(Buffer.alloc(20, 7));
    for (const at of [0, 7, 20, 38, 43]) {
      const other = written[at] === 'A' ? 'B' : 'A';
      expect(readRecoveryKey(written.slice(0, at) + other + written.slice(at + 1))).toBeNull();
    }
    fc.assert(fc.property(fc.string(), (text) => readRecoveryKey(text) === null));
  });
});

const phrase = (secret: string): SlotSecret => ({ kind: 'passphrase', secret });

describe('the key ring', () => {
  it('opens by any of its slots, and by nothing else', async () => {
    const recovery = newRecoverySecret();
    const yubikey: SlotSecret = {
      kind: 'yubikey',
      respond: async (challenge) => createHmac('sha1', 'a secret').update(challenge).digest(),
    };
    const made = await newRing(NOW, [phrase('correct horse'), yubikey, { kind: 'recovery', secret: recovery }]);
    const [ring] = readRings(writeRings([made.ring]))!;
    for (const by of [phrase('correct horse'), yubikey, { kind: 'recovery', secret: recovery } as const])
      expect(await openRing(ring!, by)).toMatchObject({ data_key: made.data_key });
    // The same letters, composed and not.
    const accented = await newRing(NOW, [phrase('caf\u00e9 au lait')]);
    expect(await openRing(accented.ring, phrase('cafe\u0301 au lait'))).toMatchObject({ data_key: accented.data_key });
    for (const by of [
      phrase('Correct horse'),
      { kind: 'recovery', secret: newRecoverySecret() } as const,
      { kind: 'key', secret: made.data_key } as const,
      { kind: 'yubikey', respond: async () => Buffer.alloc(20) } as const,
    ])
      expect(await openRing(ring!, by)).toBeNull();
  });

  it('takes slots in and out, and another data key', async () => {
    const key = newKey();
    const first = await newRing(NOW, [{ kind: 'key', secret: key }], key);
    const recovery: SlotSecret = { kind: 'recovery', secret: newRecoverySecret() };
    const two = await withSlot(first, NOW, recovery);
    expect(two.ring.slots.map(({ id, kind }) => [id, kind])).toEqual([
      [1, 'key'],
      [2, 'recovery'],
    ]);
    const next = await withDataKey(two, NOW);
    expect(next.data_key).not.toEqual(key);
    expect(await openRing(next.ring, { kind: 'key', secret: key })).toBeNull();
    for (const by of [recovery, { kind: 'key', secret: next.data_key } as const])
      expect(await openRing(next.ring, by)).toMatchObject({ data_key: next.data_key });
    expect(await openRing(withoutSlot(next, 2).ring, recovery)).toBeNull();
  });

  it('notices every change made to it', async () => {
    const recovery: SlotSecret = { kind: 'recovery', secret: newRecoverySecret() };
    const { ring } = await newRing(NOW, [recovery, { kind: 'recovery', secret: newRecoverySecret() }]);
    const other = await newRing(NOW, [recovery]);
    const [first, second] = ring.slots;
    const changed = [
      { ...ring, slots: [first!] },
      { ...ring, slots: [first!, second!, ...other.ring.slots] },
      { ...ring, slots: [first!, { ...second!, created_at: '2020-01-01' }] },
      { ...ring, data_key: other.ring.data_key },
    ];
    for (const one of changed) expect(await openRing(one, recovery)).toBe('changed');
    expect(await openRing({ ...ring, slots: [{ ...first!, created_at: '2020' }] }, recovery)).toBeNull();
  });

  it('reads nothing but a keys file of its version, whose work is within bounds', async () => {
    const { ring } = await newRing(NOW, [phrase('correct horse')]);
    const text = writeRings([ring]);
    expect(readRings(text)).toEqual([ring]);
    expect(readRings(text.replace('"version": 1', '"version": 2'))).toBeNull();
    for (const memory of [8, 2 ** 30]) expect(readRings(text.replace('65536', String(memory)))).toBeNull();
    for (const garbage of ['', '{}', '[]', 'null', text.slice(0, -10)]) expect(readRings(garbage)).toBeNull();
  });
});
