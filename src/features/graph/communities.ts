// Communities as callers see them: only of memories that may be shown to them.
import { type Clock, formatTime } from '../../core/clock.ts';
import type { MemoryFilter } from '../../core/ports.ts';
import type { Scope } from '../../core/scope.ts';
import type { Pace } from './pace.ts';
import type { RankStore } from './rank-store.ts';
import { filterFor } from './views.ts';

export interface CommunityDeps {
  read: { ranks: RankStore };
  pace(): Pace;
  clock: Clock;
}

/** Members named in the list. */
export const TOP_MEMBERS = 50;
const PAGE = 20;

/** A type alias, since an interface does not fit a loose object. */
type MakeUp = {
  community_id: number;
  count: number;
  avg_importance: number;
  /** Most frequent first. */
  categories: string;
};

export function createCommunities({ read, pace, clock }: CommunityDeps) {
  const filterOf = (scope: Scope) => filterFor(scope, formatTime(clock.now()));

  /** In the order asked for; without those that have no member to show. */
  async function stats(filter: MemoryFilter, ids: readonly number[]): Promise<MakeUp[]> {
    const going = pace();
    const all: MakeUp[] = [];
    for (let at = 0; at < ids.length; at += PAGE) {
      const page = ids.slice(at, at + PAGE);
      const rows = await read.ranks.makeUp(filter, page);
      for (const community_id of page) {
        const own = rows.filter((row) => row.community_id === community_id);
        const count = own.reduce((sum, { n }) => sum + n, 0);
        if (count === 0) continue;
        own.sort((a, b) => b.n - a.n || (a.category < b.category ? -1 : 1));
        all.push({
          community_id,
          count,
          avg_importance: own.reduce((sum, { importance }) => sum + importance, 0) / count,
          categories: own.map(({ category }) => category).join(','),
        });
      }
      await going.rest();
    }
    return all;
  }

  return {
    async list(scope: Scope, limit: number, offset: number) {
      const filter = filterOf(scope);
      const made = await stats(filter, await read.ranks.communities(filter, limit, offset));
      const going = pace();
      const communities = [];
      for (const { community_id, count, ...rest } of made) {
        const members = await read.ranks.members(filter, community_id, TOP_MEMBERS);
        members.sort((a, b) => b.importance - a.importance || b.id - a.id);
        communities.push({ id: community_id, top_memories: members.map(({ id }) => id), size: count, ...rest });
        await going.rest();
      }
      return { communities, count: communities.length };
    },

    async stats(scope: Scope, limit: number, offset: number) {
      const filter = filterOf(scope);
      return { stats: await stats(filter, await read.ranks.communities(filter, limit, offset)) };
    },

    async get(scope: Scope, id: number) {
      const filter = filterOf(scope);
      const [community] = await stats(filter, [id]);
      return { community: community ?? null, members: await read.ranks.members(filter, id, TOP_MEMBERS) };
    },

    members: async (scope: Scope, id: number, limit: number) => ({
      members: await read.ranks.members(filterOf(scope), id, limit),
    }),
  };
}
export type Communities = ReturnType<typeof createCommunities>;
