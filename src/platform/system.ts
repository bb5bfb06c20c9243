// The real clock, chance and hashing.
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as timer } from 'node:timers/promises';
import type { Clock } from '../core/clock.ts';
import type { Ids, Sha256 } from '../core/crypto.ts';

export const systemClock: Clock = { now: () => Date.now() };
export const systemIds: Ids = { uuid: () => randomUUID(), randomHex: (bytes) => randomBytes(bytes).toString('hex') };
export const sha256: Sha256 = (text) => createHash('sha256').update(text).digest('hex');
/** Does not keep a program running that is done otherwise. */
export const pause = (ms: number): Promise<void> => timer(ms, undefined, { ref: false });
