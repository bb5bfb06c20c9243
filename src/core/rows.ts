// Whose rows a query may touch, by who asks for it: what the row guards of a database are told.
import type { Actor, Actors } from './actor.ts';
import type { EndpointSpec } from './endpoint.ts';

/** One user's, or everybody's. */
export type Rows = number | 'all';

/** What `rowsFor` looks at in an endpoint. */
export type Reach = Pick<EndpointSpec, 'access' | 'others'>;

/**
 * Of everybody: the program itself, requests that nobody need identify for, jobs for all, and administrators where the
 * endpoint is about others. Administrators at any other endpoint are users like all.
 * @param reachOf by id of the endpoint
 */
export function rowsFor(actor: Actor | null, reachOf: (action: string) => Reach | undefined): Rows {
  if (actor === null || actor.user_id === null) return 'all';
  const reach = actor.is_admin ? reachOf(actor.action) : undefined;
  return reach?.access === 'admin' || reach?.others ? 'all' : actor.user_id;
}

/** For a database to ask at each query. */
export function rowsOfActors(actors: Actors, endpoints: readonly (Reach & { readonly id: string })[]): () => Rows {
  const known = new Map(endpoints.map((spec) => [spec.id, spec]));
  return () => rowsFor(actors.current(), (action) => known.get(action));
}
