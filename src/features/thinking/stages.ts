// What thinking memories over consists of. Each stage does a bounded amount, and what is left waits for the next time.
import type { Llm } from '../../core/llm.ts';
import type { MemoryFilter } from '../../core/ports.ts';
import type { Scope } from '../../core/scope.ts';
import type { Consolidation } from '../consolidation/service.ts';
import type { Contradictions } from '../contradictions/service.ts';
import type { Duplicates } from '../duplicates/service.ts';
import type { Growth } from '../growth/service.ts';
import type { MemoryStore } from '../memory/store.ts';
import type { Reconsolidation } from '../reconsolidation/service.ts';
import type { Reflections } from '../reflections/service.ts';
import type { Stage } from './rules.ts';

export interface StageDeps {
  read: { memories: Pick<MemoryStore, 'list'> };
  duplicates: Pick<Duplicates, 'merge'>;
  contradictions: Pick<Contradictions, 'pairs'>;
  reconsolidation: Pick<Reconsolidation, 'candidates' | 'run'>;
  reflections: Pick<Reflections, 'generate'>;
  consolidation: Pick<Consolidation, 'some'>;
  growth: Pick<Growth, 'reflect'>;
  llm: Llm | null;
}

/** Whose memories, and as of when. */
export interface Thought {
  readonly scope: Scope;
  /** core/clock text. */
  readonly now: string;
}

const DUPLICATE = 0.9;
const MAX_MERGE = 500;
const REVIEWED = 20;
const REFLECTIONS = 5;
const CONSOLIDATED = 3;
const GROWN_FROM = 20;
const LEAST_TO_GROW = 5;
const CHARS = 500;

export function stagesOf(deps: StageDeps): Stage<Thought>[] {
  const { read, duplicates, contradictions, reconsolidation, reflections, consolidation, growth, llm } = deps;
  return [
    {
      name: 'duplicates',
      after: [],
      async run({ scope }) {
        const found = await duplicates.merge(scope, { threshold: DUPLICATE, dry_run: true, max_merge: MAX_MERGE });
        return { pairs_found: found.pairs_found, clusters_found: found.clusters_found, dry_run: true };
      },
    },
    {
      name: 'contradictions',
      after: [],
      run: async ({ scope }) => ({ open: (await contradictions.pairs(scope)).contradictions.length }),
    },
    {
      name: 'reconsolidation',
      after: ['contradictions'],
      async run({ scope }) {
        const { results } = await reconsolidation.candidates(scope, REVIEWED);
        for (const { memory_id } of results) await reconsolidation.run(scope, memory_id);
        return { changed: results.length };
      },
    },
    {
      name: 'reflections',
      after: ['reconsolidation'],
      async run({ scope }) {
        const { count, degraded } = await reflections.generate(scope, REFLECTIONS, 'later');
        return { created: count, degraded };
      },
    },
    {
      name: 'consolidation',
      after: ['duplicates', 'contradictions'],
      run: async ({ scope }) => ({ summary_ids: await consolidation.some(scope, CONSOLIDATED) }),
    },
    {
      name: 'growth',
      after: [],
      async run({ scope, now }) {
        if (!llm) return { skipped: 'there is no language model' };
        const filter: MemoryFilter = { user_id: scope.user_id, space_id: scope.space_id ?? undefined, now };
        const rows = (await read.memories.list(filter, GROWN_FROM, 0)).filter(({ category }) => category !== 'growth');
        if (rows.length < LEAST_TO_GROW) return { skipped: 'there is too little to learn from' };
        const request = { service: 'engram', context: rows.map(({ content }) => content.slice(0, CHARS)) };
        const sources = rows.map(({ id }) => id);
        const { stored_memory_id, degraded } = await growth.reflect(scope, request, 'later', sources);
        return { stored_memory_id, degraded };
      },
    },
  ];
}
