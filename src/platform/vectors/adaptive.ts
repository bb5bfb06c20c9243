// Small users in memory, large ones in LanceDB, each switched in the background once its table is complete.
// Where LanceDB is missing or fails, that is said and the exact index goes on: a search is answered either way.
import { existsSync } from 'node:fs';
import type { Logger } from '../../core/log.ts';
import type { ModelIdentity, VectorIndex, VectorSource } from '../../core/ports.ts';
import { exactIndex } from './exact.ts';
import type { LanceIndex } from './lance.ts';
import { loadLance } from './load-lance.ts';

export interface AdaptiveOptions {
  /** Folder of the LanceDB database; made when the first user needs it. */
  path: string;
  model: ModelIdentity;
  source: VectorSource;
  logger: Logger;
  /** Pieces of one user from which LanceDB takes over; it hands back below half of that. */
  threshold: number;
  /** Memory for vectors. A user whose vectors alone are more waits for LanceDB instead of being read into it. */
  max_bytes?: number | undefined;
  openLance?: (() => Promise<LanceIndex>) | undefined;
}

export interface AdaptiveIndex extends VectorIndex {
  /** What answers this user's searches now. */
  serving(user_id: number): 'exact' | 'lance';
  /** Ends when no switch is under way. */
  settled(): Promise<void>;
}

interface User {
  /** While building, writes go to both. */
  mode: 'exact' | 'building' | 'lance';
  /**
   * Pieces, counted when first seen and at each look, guessed from writes in between: the guess takes what is replaced
   * for new and what is removed for one piece.
   */
  count: number;
  /** Guessed count at which to look again. */
  look_at: number;
  building: Promise<void>;
}

export function adaptiveIndex(options: AdaptiveOptions): AdaptiveIndex {
  const { model, source, logger, threshold, max_bytes = 2 ** 31 } = options;
  const exact = exactIndex(source, model, { max_bytes });
  const users = new Map<number, Promise<User>>();
  /** The users that are known already, for the paths that must not wait. */
  const known = new Map<number, User>();
  let lance: Promise<LanceIndex | null> | null = null;
  let closed = false;

  const openLance =
    options.openLance ??
    (async () => {
      const { lanceIndex } = await loadLance();
      return lanceIndex({ path: options.path, model, logger });
    });

  function opened(): Promise<LanceIndex | null> {
    lance ??= openLance().catch((error) => {
      logger.warn({ err: error, path: options.path }, 'LanceDB cannot be used, large users are searched in memory');
      return null;
    });
    return lance;
  }

  function userOf(user_id: number): Promise<User> {
    let user = users.get(user_id);
    if (!user) {
      user = source.count(user_id, model.key).then((count) => {
        const fresh: User = { mode: 'exact', count, look_at: threshold, building: Promise.resolve() };
        known.set(user_id, fresh);
        if (count >= threshold) startBuilding(user_id, fresh);
        return fresh;
      });
      users.set(user_id, user);
      user.catch(() => users.delete(user_id));
    }
    return user;
  }

  function startBuilding(user_id: number, user: User): void {
    if (user.mode !== 'exact' || closed) return;
    user.mode = 'building';
    user.building = user.building
      .then(() => build(user_id, user))
      .catch((error) => {
        logger.warn({ err: error, user_id }, 'building the LanceDB table failed, the user is searched in memory');
        backToExact(user);
      });
  }

  async function build(user_id: number, user: User): Promise<void> {
    const index = await opened();
    if (!index || closed) return backToExact(user);
    await index.reconcile(user_id, source);
    // A write that failed meanwhile has already sent the user back.
    if (user.mode !== 'building') return;
    user.mode = 'lance';
    exact.forget(user_id);
    logger.info({ user_id, vectors: user.count }, 'vectors are searched in LanceDB from now on');
  }

  /** The next try comes only after a quarter more vectors, so that a broken disk is not hammered. */
  function backToExact(user: User): void {
    user.mode = 'exact';
    user.look_at = Math.max(threshold, Math.ceil(user.count * 1.25));
  }

  /** Counts again when the guess has crossed a border; between half the threshold and the threshold nothing changes. */
  async function reconsider(user_id: number, user: User): Promise<void> {
    const grown = user.mode === 'exact' && user.count >= user.look_at;
    const shrunk = user.mode === 'lance' && user.count < threshold / 2;
    if (!grown && !shrunk) return;
    // A guess can be wrong either way: it is the source that knows.
    user.count = await source.count(user_id, model.key);
    if (user.mode === 'exact' && user.count >= user.look_at) startBuilding(user_id, user);
    if (user.mode === 'lance' && user.count < threshold / 2) {
      user.mode = 'exact';
      user.look_at = threshold;
      const dropped = async () => (await opened())?.drop(user_id);
      user.building = dropped().catch((error) =>
        logger.warn({ err: error, user_id }, 'a LanceDB table was left behind'),
      );
    }
  }

  /** What LanceDB and the counting need to know of a write. Its failure costs speed, never the write. */
  async function follow(user_id: number, change: number, write: (index: LanceIndex) => Promise<void>): Promise<void> {
    // A user nobody searched yet is counted and compared with the source at the first search.
    if (!users.has(user_id)) return;
    const user = known.get(user_id) ?? (await userOf(user_id).catch(() => null));
    if (!user) return;
    try {
      const index = user.mode === 'exact' ? null : await opened();
      if (index) await write(index);
      user.count += change;
      await reconsider(user_id, user);
    } catch (error) {
      logger.warn({ err: error, user_id }, 'LanceDB did not take a write, the user is searched in memory');
      backToExact(user);
    }
  }

  return {
    name: 'adaptive',
    async put(records) {
      await exact.put(records);
      const groups = Map.groupBy(records, (record) => record.user_id);
      await Promise.all(Array.from(groups, ([user_id, own]) => follow(user_id, own.length, (index) => index.put(own))));
    },
    async remove(user_id, memory_ids) {
      await exact.remove(user_id, memory_ids);
      await follow(user_id, -memory_ids.length, (index) => index.remove(user_id, memory_ids));
    },
    async search(user_id, query, limit, allowed) {
      const user = await userOf(user_id);
      if (user.mode === 'building' && user.count * model.dims * 4 > max_bytes) await user.building;
      if (user.mode === 'lance') {
        try {
          return await (await opened())!.search(user_id, query, limit, allowed);
        } catch (error) {
          logger.warn({ err: error, user_id }, 'LanceDB failed to search, the user is searched in memory');
          backToExact(user);
        }
      }
      return exact.search(user_id, query, limit, allowed);
    },
    async forgetUser(user_id) {
      await known.get(user_id)?.building;
      users.delete(user_id);
      known.delete(user_id);
      exact.forget(user_id);
      // A table of an earlier run is there even when none was opened in this one.
      if (lance || existsSync(options.path)) await (await opened())?.drop(user_id);
    },
    serving(user_id) {
      return known.get(user_id)?.mode === 'lance' ? 'lance' : 'exact';
    },
    async settled() {
      for (const user of users.values()) await (await user).building;
      await (await lance)?.settled();
    },
    async close() {
      closed = true;
      await Promise.all(Array.from(known.values(), (user) => user.building));
      await exact.close();
      await (await lance)?.close();
    },
    async destroy() {
      closed = true;
      await Promise.all(Array.from(known.values(), (user) => user.building));
      await exact.destroy();
      // Tables of an earlier run are there even when none was opened in this one.
      if (!lance && !existsSync(options.path)) return;
      const index = await opened();
      if (index) await index.destroy();
      else logger.warn({ path: options.path, model: model.key }, 'LanceDB tables of a removed model were left behind');
    },
  };
}
