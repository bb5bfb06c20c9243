// What a user has stored, in outline and in numbers.
import { profileOf, summaryOf } from '../../algo/personality/profile.ts';
import { THE_USER } from '../../algo/personality/types.ts';
import { type Clock, formatTime } from '../../core/clock.ts';
import type { MemoryFilter } from '../../core/ports.ts';
import type { Scope } from '../../core/scope.ts';
import type { LinkStore } from '../memory/link-store.ts';
import type { Semantics } from '../memory/semantics.ts';
import type { MemoryStore } from '../memory/store.ts';
import type { VectorStore } from '../memory/vector-store.ts';
import { MOST_SIGNALS, profileSignal, profileView } from '../personality/rules.ts';
import type { PersonalityStore } from '../personality/store.ts';

export interface ProfileDeps {
  read: {
    memories: MemoryStore;
    links: LinkStore;
    vectors: VectorStore;
    personality: Pick<PersonalityStore, 'newest'>;
  };
  semantics: Semantics;
  clock: Clock;
}

export function createProfile({ read, semantics, clock }: ProfileDeps) {
  const plainFilter = (scope: Scope): MemoryFilter => ({
    user_id: scope.user_id,
    space_id: scope.space_id ?? undefined,
    now: formatTime(clock.now()),
  });

  return {
    async outline(scope: Scope) {
      const filter = plainFilter(scope);
      const [outline, categories, tags, recent, statics, signals] = await Promise.all([
        read.memories.outline(filter),
        read.memories.categoryCounts(filter),
        read.memories.tagCounts(filter, 10),
        read.memories.list(filter, 10, 0),
        read.memories.list({ ...filter, is_static: true }, 50, 0),
        read.personality.newest(filter, { subject_key: THE_USER }, MOST_SIGNALS),
      ]);
      const personality = profileOf(signals.map(profileSignal), clock.now());
      return {
        user_id: scope.user_id,
        personality_traits: profileView(personality).traits,
        personality_summary: summaryOf(personality),
        memory_count: outline.count,
        oldest_memory: outline.oldest,
        newest_memory: outline.newest,
        avg_importance: Number(Number(outline.avg_importance ?? 0).toFixed(2)),
        top_categories: categories.slice(0, 10),
        top_tags: tags,
        static_facts: statics.map((row) => row.content),
        recent_activity: recent.map((row) => row.content),
      };
    },

    async stats(scope: Scope) {
      const filter = plainFilter(scope);
      const [outline, flags, links, categories, embedded] = await Promise.all([
        read.memories.outline(filter),
        read.memories.flagCounts(scope.user_id),
        read.links.count(scope.user_id),
        read.memories.categoryCounts(filter),
        semantics.model ? read.vectors.memories(scope.user_id, semantics.model.key) : 0,
      ]);
      return {
        memories: outline.count,
        ...flags,
        links,
        embedded,
        categories: Object.fromEntries(categories.map((c) => [c.category, c.count])),
      };
    },
  };
}
export type ProfileService = ReturnType<typeof createProfile>;
