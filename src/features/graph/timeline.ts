// How the graph grew, week by week.
import { type Clock, formatTime } from '../../core/clock.ts';
import type { Scope } from '../../core/scope.ts';
import type { GraphExtras } from './extras.ts';
import type { GraphStore } from './graph-store.ts';
import type { Pace } from './pace.ts';
import { weekName, weekStart, weeksLater } from './rules.ts';
import { filterFor } from './views.ts';

export interface TimelineDeps {
  read: { graph: GraphStore };
  extras: GraphExtras;
  pace(): Pace;
  clock: Clock;
}

const PAGE = 500;

export function createTimeline({ read, extras, pace, clock }: TimelineDeps) {
  return async function timeline(scope: Scope, weeks: number) {
    const now = formatTime(clock.now());
    const filter = filterFor(scope, now);
    const going = pace();
    const [memories, links, entities] = [
      new Map<string, number>(),
      new Map<string, number>(),
      new Map<string, number>(),
    ];
    const add = (to: Map<string, number>, rows: Iterable<{ day: string; n: number }>) => {
      for (const { day, n } of rows) to.set(weekStart(day), (to.get(weekStart(day)) ?? 0) + n);
    };
    let after = 0;
    for (;;) {
      const ids = await read.graph.ids(filter, after, PAGE);
      if (ids.length > 0) {
        add(memories, await read.graph.memoryDays(filter, after, ids.at(-1)!));
        add(links, await read.graph.linkDays(filter, ids));
      }
      if (ids.length < PAGE) break;
      after = ids.at(-1)!;
      await going.rest();
    }
    add(
      entities,
      [...(await extras.entityDays(scope))].map(([day, n]) => ({ day, n })),
    );

    const last = weekStart(now.slice(0, 10));
    const first = weeksLater(last, 1 - weeks);
    const before = (counts: ReadonlyMap<string, number>) =>
      [...counts].reduce((sum, [week, n]) => (week < first ? sum + n : sum), 0);
    let [all_memories, all_links, all_entities] = [before(memories), before(links), before(entities)];
    const rows = Array.from({ length: weeks }, (_, i) => {
      const week_start = weeksLater(first, i);
      const came = (counts: ReadonlyMap<string, number>) => counts.get(week_start) ?? 0;
      all_memories += came(memories);
      all_links += came(links);
      all_entities += came(entities);
      return {
        week: weekName(week_start),
        week_start,
        memories: came(memories),
        links: came(links),
        entities: came(entities),
        cumulative_memories: all_memories,
        cumulative_links: all_links,
        cumulative_entities: all_entities,
      };
    });
    return {
      timeline: rows,
      weeks,
      total_memories: all_memories,
      total_links: all_links,
      total_entities: all_entities,
    };
  };
}
export type Timeline = ReturnType<typeof createTimeline>;
