// What units of work did becomes events, in the transaction that did it: derived from what stores tell (told.ts), so that no
// service can forget to say it.
import type { Actors } from './core/actor.ts';
import { eventsOf } from './features/webhooks/rules.ts';
import type { Bound } from './stores.ts';

export interface Announcer {
  /**
   * Now, since the queue of the database may run the unit for somebody else.
   * @returns what to call when the unit is through, before its transaction ends; it says whether somebody is to be told
   */
  announcing(): (bound: Bound) => Promise<boolean>;
  /** The transaction is through, and somebody is to be told. */
  heard(): void;
}

/** @param heard starts due jobs */
export const createAnnouncer = (actors: Actors, heard: () => void): Announcer => ({
  announcing() {
    const actor = actors.current();
    return async ({ stores, told }) => {
      let any = false;
      for (const { user_id, event, data } of eventsOf(actor, told))
        any = (await stores.events.publish(user_id, event, data)) || any;
      return any;
    };
  },
  heard,
});
