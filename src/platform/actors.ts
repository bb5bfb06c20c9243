// Who acts, carried along asynchronous calls by the runtime.
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Actor, Actors } from '../core/actor.ts';

export function createActors(): Actors {
  const storage = new AsyncLocalStorage<Actor>();
  return {
    run: (actor, work) => storage.run(actor, work),
    current: () => storage.getStore() ?? null,
  };
}
