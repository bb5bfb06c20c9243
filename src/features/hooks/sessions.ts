// What the server keeps in mind of sessions that are going on: which memories an agent has been shown, and what was asked where
// no transcript comes along. Lost with a restart, at the cost of saying something twice.
import type { SaidTurn } from './rules.ts';

export interface LiveSession {
  readonly shown: Set<number>;
  asked: SaidTurn[];
}

const MOST = 1_000;
const MOST_SHOWN = 2_000;
const MOST_ASKED = 200;

export function createLiveSessions() {
  const live = new Map<string, LiveSession>();
  return {
    /** The longest unused makes room. */
    of(user_id: number, agent: string, session_id: string): LiveSession {
      const key = `${user_id} ${agent} ${session_id}`;
      const session = live.get(key) ?? { shown: new Set<number>(), asked: [] };
      live.delete(key);
      live.set(key, session);
      if (live.size > MOST) live.delete(live.keys().next().value!);
      if (session.shown.size > MOST_SHOWN) session.shown.clear();
      if (session.asked.length > MOST_ASKED) session.asked = session.asked.slice(-MOST_ASKED);
      return session;
    },
  };
}
export type LiveSessions = ReturnType<typeof createLiveSessions>;

/** One after the other for the same key: two hooks of a session may come at once. */
export function inTurn() {
  const last = new Map<string, Promise<unknown>>();
  return async <T>(key: string, work: () => Promise<T>): Promise<T> => {
    const before = last.get(key) ?? Promise.resolve();
    const mine = before.then(work, work);
    last.set(key, mine);
    try {
      return await mine;
    } finally {
      if (last.get(key) === mine) last.delete(key);
    }
  };
}
