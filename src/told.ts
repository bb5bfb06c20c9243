// Which methods of which stores say what they made, changed or ended, so that the audit log can name it. A write that says
// nothing is recorded all the same; its row names what the path of the request named.
import type { Deed, Told } from './features/audit/rules.ts';
import type { BoundStores } from './stores.ts';

export type Tell = (told: readonly Told[]) => void;

type Teller<F> = F extends (...args: infer A) => Promise<infer R> ? (result: R, ...args: A) => readonly Told[] : never;
type Tellers<S> = { readonly [K in keyof S]?: Teller<S[K]> };

/** The same store, whose methods report once they succeeded. */
function telling<S extends object>(store: S, tellers: Tellers<S>, tell: Tell): S {
  const copy = { ...store } as Record<string, unknown>;
  for (const [name, teller] of Object.entries(tellers) as [string, (...args: unknown[]) => readonly Told[]][]) {
    const real = copy[name] as (...args: unknown[]) => Promise<unknown>;
    copy[name] = async (...args: unknown[]) => {
      const result = await real.apply(copy, args);
      tell(teller(result, ...args));
      return result;
    };
  }
  return copy as S;
}

type Ids = number | string | readonly number[] | null;
const toldOf = (deed: Deed, type: string, user_id: number | null, ids: Ids): Told[] =>
  (ids === null ? [] : typeof ids === 'object' ? ids : [ids]).map((id) => ({ deed, type, id, user_id }));

interface Owned {
  id: number | string;
  user_id: number;
}
/** For methods that answer the new row. */
const madeRow =
  (type: string) =>
  ({ id, user_id }: Owned): Told[] =>
    toldOf('made', type, user_id, id);
/** For methods that take a row without an id and answer the id. */
const madeId =
  (type: string) =>
  (id: number | null, { user_id }: { user_id: number }): Told[] =>
    toldOf('made', type, user_id, id);
/** For methods that take the user and the id, or ids. */
const did =
  (deed: Deed, type: string) =>
  (_result: unknown, user_id: number, ids: Exclude<Ids, null>): Told[] =>
    toldOf(deed, type, user_id, ids);

const reviewed = (one: Told, status: string | undefined): Told =>
  status === 'approved' || status === 'rejected' ? { ...one, as: status } : one;

export function tellingStores(stores: BoundStores, tell: Tell): BoundStores {
  const { access, memories, conversations, entities, projects, episodes } = stores;
  const { sessions, approvals, gates, causes, consolidations, digests, reflections, contradictions } = stores;
  return {
    ...stores,
    access: telling(
      access,
      {
        createUser: ({ id }) => toldOf('made', 'user', id, id),
        createSpace: madeRow('space'),
        createKey: madeRow('key'),
        removeSpace: did('ended', 'space'),
        setKey: (_done, id) => toldOf('changed', 'key', null, id),
      },
      tell,
    ),
    memories: telling(
      memories,
      {
        insert: madeId('memory'),
        set: (done, user_id, id, { status }) =>
          done ? toldOf('changed', 'memory', user_id, id).map((one) => reviewed(one, status)) : [],
        supersede: (done, user_id, id) => (done ? toldOf('changed', 'memory', user_id, id) : []),
        replaceTags: did('changed', 'memory'),
        expire: (_done, user_id, ids) =>
          toldOf('ended', 'memory', user_id, ids).map((one) => ({ ...one, as: 'forgotten' })),
        remove: did('ended', 'memory'),
      },
      tell,
    ),
    conversations: telling(
      conversations,
      { create: madeRow('conversation'), remove: did('ended', 'conversation') },
      tell,
    ),
    entities: telling(entities, { insert: madeId('entity'), remove: did('ended', 'entity') }, tell),
    projects: telling(projects, { insert: madeId('project'), remove: did('ended', 'project') }, tell),
    episodes: telling(
      episodes,
      {
        create: madeRow('episode'),
        set: (row, user_id, id, { ended_at }) =>
          row && ended_at != null ? toldOf('ended', 'episode', user_id, id) : [],
      },
      tell,
    ),
    sessions: telling(sessions, { insert: madeRow('session') }, tell),
    approvals: telling(
      approvals,
      {
        insert: (_done, { id, user_id }) => toldOf('made', 'approval', user_id, id),
        decide: (done, user_id, id) => (done ? toldOf('changed', 'approval', user_id, id) : []),
      },
      tell,
    ),
    gates: telling(gates, { insert: madeId('gate'), settle: did('changed', 'gate') }, tell),
    causes: telling(causes, { addChain: madeRow('chain'), addLink: madeRow('causal_link') }, tell),
    consolidations: telling(consolidations, { add: madeRow('consolidation') }, tell),
    digests: telling(
      digests,
      { add: madeRow('digest'), subscribe: madeRow('subscription'), unsubscribe: did('ended', 'subscription') },
      tell,
    ),
    reflections: telling(reflections, { add: madeRow('reflection') }, tell),
    contradictions: telling(
      contradictions,
      {
        replace: (fresh, user_id) =>
          fresh.flatMap(({ memory_a, memory_b }) =>
            toldOf('made', 'contradiction', user_id, `${memory_a}-${memory_b}`),
          ),
        settle: (_done, user_id, memory_a, memory_b) =>
          toldOf('ended', 'contradiction', user_id, `${memory_a}-${memory_b}`),
      },
      tell,
    ),
  };
}
