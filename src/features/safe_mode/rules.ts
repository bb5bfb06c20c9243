// When crashes are a loop. Pure.
import { MINUTE_MS } from '../../algo/durations.ts';

/** Row of app_state. */
export const LIFE = 'server.life';
const WITHIN_MS = 5 * MINUTE_MS;
const LOOP = 3;

export interface Life {
  /** When starts found no clean stop before them, milliseconds. */
  readonly crashes: readonly number[];
  /** The last end was a clean one, or there was none yet. */
  readonly clean: boolean;
}

export function readLife(text: string | undefined): Life {
  const read = text === undefined ? null : (JSON.parse(text) as Life);
  return read ?? { crashes: [], clean: true };
}

/** @returns the crashes that still count, with the one that this start shows */
export const afterStart = ({ crashes, clean }: Life, now: number): number[] => {
  const recent = crashes.filter((at) => Math.abs(now - at) <= WITHIN_MS);
  return clean ? recent : [...recent, now];
};

export const isLoop = (crashes: readonly number[]): boolean => crashes.length >= LOOP;
