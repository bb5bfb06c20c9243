// What a stream of a session says, and when: lines from the database, woken by whoever appends in this process.
import type { Clock } from '../../core/clock.ts';
import { ACTIVE, type SessionRow, type SessionStore } from './store.ts';

/** How often a stream looks by itself: for lines that other servers on the database took, and for its own deadlines. */
export const LOOK_EVERY_MS = 2_000;
export const HEARTBEAT_MS = 30_000;
export const IDLE_END_MS = 10 * 60_000;
export const LONGEST_MS = 60 * 60_000;
const PAGE = 256;

export type SessionEvent =
  | { readonly type: 'output'; readonly n: number; readonly data: string }
  | { readonly type: 'session_end'; readonly status: string }
  | { readonly type: 'warning'; readonly message: string }
  | { readonly type: 'heartbeat' };

/** Wakes one who waits; a ring while nobody does is not lost. */
export interface Bell {
  ring(): void;
  /** No more than one at a time may wait. */
  rung(): Promise<void>;
}

export function createBell(): Bell {
  let pending = false;
  let wake: (() => void) | null = null;
  return {
    ring() {
      if (wake) wake();
      else pending = true;
      wake = null;
    },
    rung() {
      if (!pending) return new Promise((resolve) => (wake = resolve));
      pending = false;
      return Promise.resolve();
    },
  };
}

export interface FollowDeps {
  sessions: Pick<SessionStore, 'lines' | 'byId'>;
  clock: Clock;
  bell: Bell;
  /** The reader has gone, or the server stops. */
  stopped(): boolean;
}

/** @param after number of the last line the reader has; 0 for none */
export async function* follow(
  { user_id, id }: Pick<SessionRow, 'user_id' | 'id'>,
  after: number,
  { sessions, clock, bell, stopped }: FollowDeps,
): AsyncGenerator<SessionEvent, void, void> {
  const began = clock.now();
  let output_at = began;
  let said_at = began;
  let reached = after;
  while (!stopped()) {
    const lines = await sessions.lines(user_id, id, reached, PAGE);
    const lost = (lines[0]?.n ?? 0) - reached - 1;
    if (lost > 0) yield { type: 'warning', message: `${lost} earlier lines are no longer kept.` };
    for (const { n, line } of lines) {
      // A reader that is far behind goes on from here when it comes back.
      if (stopped()) return;
      yield { type: 'output', n, data: line };
      reached = n;
    }
    const now = clock.now();
    if (lines.length > 0) {
      output_at = now;
      said_at = now;
    }
    if (lines.length === PAGE) continue;

    const session = await sessions.byId(user_id, id);
    if (!session) return;
    if (session.status !== ACTIVE) {
      // Its last lines may have come between the two questions.
      if (lines.length > 0) continue;
      yield { type: 'session_end', status: session.status };
      return;
    }
    if (now - output_at >= IDLE_END_MS || now - began >= LONGEST_MS) {
      const why = now - began >= LONGEST_MS ? 'It has lasted an hour' : 'There was no output for 10 minutes';
      yield { type: 'warning', message: `${why}: this stream ends, the session does not. Connect again to go on.` };
      return;
    }
    if (now - said_at >= HEARTBEAT_MS) {
      said_at = now;
      yield { type: 'heartbeat' };
    }
    await bell.rung();
  }
}
