// Writes that somebody asked for leave a row in the audit log, in the transaction that makes them: no write without its
// row, no row without its write.
import type { Actor, Actors } from './core/actor.ts';
import { type Clock, formatTime } from './core/clock.ts';
import type { JobHandler } from './core/job.ts';
import { type Audited, entryOf, SERVER, worthARow } from './features/audit/rules.ts';
import type { Bound, Stores } from './stores.ts';

export interface AuditDeps {
  actors: Actors;
  endpoints: readonly Audited[];
  clock: Clock;
}

export interface Audit {
  /** What to run units through on behalf of who acts now; null when nobody is to be named. */
  recording(): (<T>(bound: Bound, unit: (stores: Stores) => Promise<T>) => Promise<T>) | null;
}

/** A unit that reached for nothing but these only queued work, whose own units will be recorded. */
const BOOKS: ReadonlySet<PropertyKey> = new Set(['jobs', 'lockUser']);

/** The stores, and which of them were reached for. */
function watched(stores: Stores): { stores: Stores; reached: Set<PropertyKey> } {
  const reached = new Set<PropertyKey>();
  const get = (_: Stores, name: string | symbol) => {
    reached.add(name);
    return stores[name as keyof Stores];
  };
  return { stores: new Proxy(stores, { get }), reached };
}

/** The same job, done by nobody but itself: whoever made it due answers for that alone. */
export const onBehalf = (handler: JobHandler, actors: Actors): JobHandler => ({
  ...handler,
  run(payload) {
    const { user_id } = payload as { user_id?: unknown };
    const actor: Actor = {
      user_id: typeof user_id === 'number' ? user_id : null,
      key_id: 0,
      is_admin: false,
      door: 'job',
      address: null,
      request_id: null,
      action: handler.spec.kind,
      params: {},
    };
    return actors.run(actor, () => handler.run(payload));
  },
});

export function createAudit({ actors, endpoints, clock }: AuditDeps): Audit {
  const known = new Map(endpoints.map((spec) => [spec.id as string, spec]));

  async function append(actor: Actor, spec: Audited | undefined, { stores, told }: Bound): Promise<void> {
    const now = formatTime(clock.now());
    const own = actor.user_id ?? SERVER;
    const owners = Map.groupBy(told, ({ user_id }) => user_id ?? own);
    if (owners.size === 0) owners.set(own, []);
    // In one order everywhere, since each chain is locked until the transaction ends.
    for (const [user_id, theirs] of [...owners].sort(([a], [b]) => a - b))
      await stores.audit.append(user_id, entryOf(actor, spec, theirs, now));
  }

  return {
    recording() {
      const actor = actors.current();
      if (actor === null) return null;
      const spec = known.get(actor.action);
      // What searches and other reads write are counts of use.
      if (spec?.access === 'read') return null;
      return async (bound, unit) => {
        const wrote = bound.handle.watchWrites();
        const { stores, reached } = watched(bound.stores);
        const value = await unit(stores);
        const silent = bound.told.length === 0;
        const queued = silent && spec?.access !== 'admin' && [...reached].every((name) => BOOKS.has(name));
        if (worthARow(actor, bound.told) && !queued && (!silent || (await wrote()))) await append(actor, spec, bound);
        return value;
      };
    },
  };
}
