// The real clock, chance and hashing.
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import type { Clock } from '../core/clock.ts';
import type { Ids, Sha256 } from '../core/crypto.ts';

export const systemClock: Clock = { now: () => Date.now() };
export const systemIds: Ids = { uuid: () => randomUUID(), randomHex: (bytes) => randomBytes(bytes).toString('hex') };
export const sha256: Sha256 = (text) => createHash('sha256').update(text).digest('hex');
