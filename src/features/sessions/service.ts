// Transcripts of agents' runs: begun, appended to, followed while they grow, ended.
import { DAY_MS, HOUR_MS } from '../../algo/durations.ts';
import { byteLength } from '../../algo/utf8.ts';
import { type Clock, formatTime } from '../../core/clock.ts';
import type { Ids } from '../../core/crypto.ts';
import { AppError } from '../../core/errors.ts';
import type { Redactor } from '../../core/redactor.ts';
import type { Scope } from '../../core/scope.ts';
import type { OpenStreams } from '../../core/streams.ts';
import type { Atomically } from '../../core/unit-of-work.ts';
import { type Bell, createBell, follow, LOOK_EVERY_MS, type SessionEvent } from './follow.ts';
import type { SessionRow, SessionStore } from './store.ts';

export const MAX_LIVE = 64;
export const MAX_LINES = 10_000;
export const MAX_BYTES = 8 * 1024 * 1024;
const IDLE_MS = HOUR_MS;
const KEEP_ENDED_MS = 30 * DAY_MS;
const TIMED_OUT = 'timed_out';
/** Lines looked at for one step of dropping the oldest. */
const TRIM_PAGE = 256;

export interface SessionDeps {
  read: { sessions: SessionStore };
  atomically: Atomically<{ sessions: SessionStore; lockUser(user_id: number): Promise<void> }>;
  streams: Pick<OpenStreams, 'add'>;
  redactor: Pick<Redactor, 'plain'>;
  clock: Clock;
  ids: Pick<Ids, 'uuid'>;
}

const show = ({ id, agent, user_id, status, lines, first_line, created_at, updated_at, ended_at }: SessionRow) => ({
  id,
  session_id: id,
  agent,
  user_id,
  status,
  lines,
  dropped: first_line - 1,
  created_at,
  updated_at,
  ended_at,
});

/** Drops the oldest lines of a session that has grown too long. */
async function dropOldest(
  sessions: SessionStore,
  { user_id, id, lines, first_line, bytes }: SessionRow,
): Promise<void> {
  const tooMuch = () => lines - first + 1 > MAX_LINES || left > MAX_BYTES;
  let first = first_line;
  let left = bytes;
  while (tooMuch()) {
    const page = await sessions.lines(user_id, id, first - 1, TRIM_PAGE);
    if (page.length === 0) break;
    for (const oldest of page) {
      if (!tooMuch()) break;
      first = oldest.n + 1;
      left -= oldest.bytes;
    }
  }
  if (first > first_line) await sessions.trim(user_id, id, first, left);
}

export function createSessions({ read, atomically, streams, redactor, clock, ids }: SessionDeps) {
  const now = () => formatTime(clock.now());
  const idleSince = () => formatTime(clock.now() - IDLE_MS);
  /** Who follows what, in this process. */
  const followers = new Map<string, Set<Bell>>();

  const ring = (id: string): void => {
    for (const bell of followers.get(id) ?? []) bell.ring();
  };
  const missing = (id: string) =>
    new AppError('session_not_found', `There is no session ${id}. GET /sessions lists yours.`);
  const ended = ({ id, status }: SessionRow) =>
    new AppError('session_ended', `The session ${id} has ended as ${status}. POST /sessions begins another.`);

  async function find(sessions: SessionStore, scope: Scope, id: string): Promise<SessionRow> {
    const row = await sessions.byId(scope.user_id, id);
    if (!row) throw missing(id);
    return row;
  }

  return {
    async create({ user_id }: Scope, agent: string) {
      const id = ids.uuid();
      return atomically(async ({ sessions, lockUser }) => {
        await lockUser(user_id);
        if ((await sessions.countLive(user_id, idleSince())) >= MAX_LIVE)
          throw new AppError(
            'session_limit',
            `${MAX_LIVE} sessions of yours are live, and no more can be. End one with POST /sessions/{id}/end; those that say nothing for an hour end by themselves.`,
          );
        return show(await sessions.insert({ id, user_id, agent, created_at: now() }));
      });
    },

    async list({ user_id }: Scope, { limit, offset }: { limit: number; offset: number }) {
      const sessions = (await read.sessions.list(user_id, limit, offset)).map(show);
      return { sessions, count: sessions.length };
    },

    async get(scope: Scope, id: string) {
      const session = show(await find(read.sessions, scope, id));
      const lines = await read.sessions.lines(scope.user_id, id, 0, MAX_LINES);
      return { session, output: lines.map(({ line }) => line) };
    },

    async append(scope: Scope, id: string, said: string) {
      const line = redactor.plain(said);
      const bytes = byteLength(line);
      const session = await atomically(async ({ sessions }) => {
        const session = await sessions.append(scope.user_id, id, line, bytes, now());
        if (!session) throw ended(await find(sessions, scope, id));
        await dropOldest(sessions, session);
        return session;
      });
      ring(id);
      return { ok: true as const, line: session.lines };
    },

    async end(scope: Scope, id: string, status: string) {
      const session = await atomically(async ({ sessions }) => {
        const done = await sessions.end(scope.user_id, id, status, now());
        if (done) return done;
        const before = await find(sessions, scope, id);
        if (before.status !== status) throw ended(before);
        return before;
      });
      ring(id);
      return show(session);
    },

    /**
     * Everything after line `after`, then what comes, until the session or the stream ends.
     * @throws AppError session_not_found, before there is anything to read
     */
    async follow(scope: Scope, id: string, after: number) {
      const session = await find(read.sessions, scope, id);
      const bell = createBell();
      let stopped = false;
      const stop = (): void => {
        stopped = true;
        bell.ring();
      };
      async function* events(): AsyncGenerator<SessionEvent, void, void> {
        const ended = streams.add(stop);
        const bells = followers.get(id) ?? new Set();
        followers.set(id, bells.add(bell));
        const looking = setInterval(bell.ring, LOOK_EVERY_MS);
        try {
          yield* follow(session, after, { sessions: read.sessions, clock, bell, stopped: () => stopped });
        } finally {
          ended();
          clearInterval(looking);
          bells.delete(bell);
          if (bells.size === 0) followers.delete(id);
        }
      }
      return { events: events(), stop };
    },

    /** Ends what has been idle for an hour and removes what ended long ago, of all users. */
    async reap(): Promise<void> {
      const idle = await atomically(async ({ sessions }) => {
        await sessions.removeEnded(formatTime(clock.now() - KEEP_ENDED_MS));
        return sessions.endIdle(idleSince(), TIMED_OUT, now());
      });
      idle.forEach(ring);
    },
  };
}
export type SessionService = ReturnType<typeof createSessions>;
