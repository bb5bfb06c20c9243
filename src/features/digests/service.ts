// Makes digests of what was stored in a period.
import { type Clock, formatTime, parseTime } from '../../core/clock.ts';
import type { Llm } from '../../core/llm.ts';
import type { Logger } from '../../core/log.ts';
import type { MemoryFilter } from '../../core/ports.ts';
import type { Scope } from '../../core/scope.ts';
import type { Atomically } from '../../core/unit-of-work.ts';
import type { ContradictionStore } from '../contradictions/store.ts';
import type { MemoryRow } from '../memory/rules.ts';
import type { MemoryStore } from '../memory/store.ts';
import type { SourceStore } from '../thinking/source-store.ts';
import type { DigestPeriod } from './contract.ts';
import { contentOf, dataOf, digestView, type Figures, INSTRUCTIONS, Paragraph, PERIOD_MS, summaryOf } from './rules.ts';
import type { DigestStore } from './store.ts';

interface Stores {
  digests: DigestStore;
  memories: Pick<MemoryStore, 'byIds'>;
  thoughtSources: SourceStore;
}

export interface DigestDeps {
  read: Stores & { contradictions: Pick<ContradictionStore, 'list'> };
  atomically: Atomically<Stores>;
  llm: Llm | null;
  clock: Clock;
  logger: Logger;
}

/** Read for the summary. */
const READ = 50;
const CONTRADICTIONS = 5;
const COUNTED = 100;

export function createDigests({ read, atomically, llm, clock, logger }: DigestDeps) {
  const filterOf = ({ user_id, space_id }: Pick<Scope, 'user_id' | 'space_id'>): MemoryFilter => ({
    user_id,
    space_id: space_id ?? undefined,
    now: formatTime(clock.now()),
  });

  async function tell(rows: readonly MemoryRow[], urgency: 'soon' | 'later') {
    if (!llm || rows.length === 0) return { paragraph: null, degraded: [] };
    try {
      const data = dataOf(rows);
      const { paragraph } = await llm.ask({
        purpose: 'digest',
        instructions: INSTRUCTIONS,
        data,
        answer: Paragraph,
        urgency,
      });
      return { paragraph, degraded: [] };
    } catch (error) {
      logger.warn({ err: error }, 'a digest goes without its paragraph: the language model did not answer');
      return { paragraph: null, degraded: ['llm'] };
    }
  }

  /** @param until core/clock text: the end of the period */
  async function make(
    scope: Pick<Scope, 'user_id' | 'space_id'>,
    period: DigestPeriod,
    until: string,
    urgency: 'soon' | 'later',
  ) {
    const filter = filterOf(scope);
    const from = formatTime((parseTime(until) ?? clock.now()) - PERIOD_MS[period]);
    const counts = await read.digests.counts(filter, from, until);
    const top = await read.digests.top(filter, from, until, READ);
    const pairs = await read.contradictions.list({ ...scope, now: filter.now }, 0, COUNTED);
    const shownPairs = pairs.slice(0, CONTRADICTIONS);
    const sum = (of: (one: (typeof counts)[number]) => number) => counts.reduce((all, one) => all + of(one), 0);
    const figures: Figures = {
      new_memories: sum(({ n, changed }) => n - changed),
      changed_memories: sum(({ changed }) => changed),
      contradictions: pairs.length,
      categories: counts.map(({ category, n }) => ({ category, count: n })),
      top_memory_ids: top.slice(0, 10).map(({ id }) => id),
      summary: summaryOf(top) || null,
      ...(await tell(top, urgency)),
    };
    const content = contentOf(period, figures, top, shownPairs);
    const quoted = new Set([
      ...top.map(({ id }) => id),
      ...shownPairs.flatMap(({ memory_a, memory_b }) => [memory_a, memory_b]),
    ]);
    return {
      period,
      content,
      figures,
      top,
      pairs: shownPairs,
      quoted: [...quoted],
      from,
      until,
      memory_count: sum(({ n }) => n),
    };
  }

  return {
    make,

    async generate(scope: Scope, period: DigestPeriod) {
      const { user_id, space_id } = scope;
      const made = await make(scope, period, formatTime(clock.now()), 'soon');
      const row = await atomically(async ({ digests, memories, thoughtSources }) => {
        const row = await digests.add({
          ...{ user_id, space_id, period, content: made.content, memory_count: made.memory_count },
          details: JSON.stringify(made.figures),
          quoted: made.quoted.length,
          started_at: made.from,
          ended_at: made.until,
          created_at: formatTime(clock.now()),
        });
        const left = (await memories.byIds(user_id, made.quoted)).map(({ id }) => id);
        await thoughtSources.add(user_id, 'digest', row.id, left);
        return row;
      });
      return digestView(row);
    },

    async list(scope: Scope, limit: number) {
      const rows = await read.digests.list(scope.user_id, scope.space_id, limit);
      const ids = rows.map(({ id }) => id);
      const telling = await read.thoughtSources.telling(scope.user_id, 'digest', ids, formatTime(clock.now()));
      const digests = rows.filter(({ id, quoted }) => (telling.get(id) ?? 0) >= quoted).map(digestView);
      return { digests, count: digests.length };
    },

    /** Digests that quote what is erased go for good. */
    async follow(user_id: number): Promise<void> {
      const rows = await read.digests.list(user_id, null, 500);
      const ids = rows.map(({ id }) => id);
      const sources = await read.thoughtSources.of(user_id, 'digest', ids);
      const gone = rows.filter(({ id, quoted }) => (sources.get(id)?.length ?? 0) < quoted);
      if (gone.length === 0) return;
      await atomically(async ({ digests, thoughtSources }) => {
        await thoughtSources.remove(
          user_id,
          'digest',
          gone.map(({ id }) => id),
        );
        for (const { id } of gone) await digests.remove(user_id, id);
      });
    },
  };
}
export type Digests = ReturnType<typeof createDigests>;
