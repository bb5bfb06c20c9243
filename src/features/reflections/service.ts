// Reflections: kept as callers write them, made of a period by a language model, or made by rules of neglected memories.
import { DAY_MS } from '../../algo/durations.ts';
import { type Clock, formatTime, parseTime } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import type { Llm } from '../../core/llm.ts';
import type { Logger } from '../../core/log.ts';
import type { MemoryFilter } from '../../core/ports.ts';
import type { Scope } from '../../core/scope.ts';
import type { Atomically } from '../../core/unit-of-work.ts';
import { StoreRequest } from '../memory/contract.ts';
import type { MemoryRow } from '../memory/rules.ts';
import type { MemoryService } from '../memory/service.ts';
import type { MemoryStore } from '../memory/store.ts';
import type { SourceStore } from '../thinking/source-store.ts';
import type { Period, ReflectRequest } from './contract.ts';
import {
  type Details,
  dataOf,
  FRESH_MS,
  isAction,
  LEAST_MEMORIES,
  MOST_MEMORIES,
  NEGLECT_INSTRUCTIONS,
  NEGLECTED,
  NeglectAnswer,
  NO_DETAILS,
  neglect,
  PERIOD_INSTRUCTIONS,
  PERIOD_MS,
  PeriodAnswer,
  view,
} from './rules.ts';
import type { ReflectionRow, ReflectionStore } from './store.ts';

interface Stores {
  memories: Pick<MemoryStore, 'byId' | 'byIds'>;
  reflections: ReflectionStore;
  thoughtSources: SourceStore;
  lockUser(user_id: number): Promise<void>;
}

export interface ReflectionDeps {
  read: Omit<Stores, 'lockUser'>;
  atomically: Atomically<Stores>;
  memory: Pick<MemoryService, 'store' | 'forget'>;
  llm: Llm | null;
  clock: Clock;
  logger: Logger;
}

/** What a reflection starts as. */
type Draft = Pick<ReflectionRow, 'reflection_type' | 'origin' | 'content' | 'confidence'> & {
  details?: Details;
  memory_id?: number | null;
  period?: { start: string; end: string };
};

const IMPORTANCE = 7;
const FOLLOWED = 500;

export function createReflections({ read, atomically, memory, llm, clock, logger }: ReflectionDeps) {
  const now = () => formatTime(clock.now());
  const filterOf = ({ user_id, space_id }: Scope): MemoryFilter => ({
    user_id,
    space_id: space_id ?? undefined,
    now: now(),
  });

  /** Writes it with its sources, of those that are still there. */
  const add = (scope: Scope, draft: Draft, source_ids: readonly number[]) =>
    atomically(async ({ memories, reflections, thoughtSources }) => {
      const { period, details = NO_DETAILS, memory_id = null, ...rest } = draft;
      const sources = (await memories.byIds(scope.user_id, [...new Set(source_ids)])).map(({ id }) => id);
      const row = await reflections.add({
        ...rest,
        user_id: scope.user_id,
        space_id: scope.space_id,
        details: JSON.stringify(details),
        memory_id,
        memory_count: source_ids.length,
        period_start: period?.start ?? null,
        period_end: period?.end ?? null,
        created_at: now(),
      });
      await thoughtSources.add(scope.user_id, 'reflection', row.id, sources);
      return view(
        row,
        sources.sort((a, b) => a - b),
      );
    });

  /** Those that may be told: a caller's own words always, others while all they were made from may be. */
  async function telling(rows: readonly ReflectionRow[]): Promise<ReflectionRow[]> {
    const [first] = rows;
    if (!first) return [];
    const ids = rows.map(({ id }) => id);
    const counts = await read.thoughtSources.telling(first.user_id, 'reflection', ids, now());
    return rows.filter((row) => row.origin === 'manual' || (counts.get(row.id) ?? 0) >= row.memory_count);
  }

  const lookedBack = (row: ReflectionRow, period: { start: string; end: string }, cached: boolean) => {
    const { themes, progress, patterns, unresolved, insight } = view(row, []);
    return {
      ...{ id: row.id, memory_id: row.memory_id, reflection: row.content },
      ...{ themes, progress, patterns, unresolved, insight, period, cached },
      memories_analyzed: row.memory_count,
    };
  };

  async function wording(rows: readonly MemoryRow[], urgency: 'soon' | 'later') {
    const said = new Map<number, { action: string; content: string }>();
    if (!llm || rows.length === 0) return { said, origin: 'rules' as const, degraded: [] };
    try {
      const answer = await llm.ask({
        purpose: 'reflect on memories',
        instructions: NEGLECT_INSTRUCTIONS,
        data: dataOf(rows),
        answer: NeglectAnswer,
        urgency,
      });
      for (const { id, action, content } of answer.reflections) said.set(id, { action, content });
      return { said, origin: 'llm' as const, degraded: [] };
    } catch (error) {
      logger.warn({ err: error }, 'reflections are worded by rules: the language model did not answer');
      return { said, origin: 'rules' as const, degraded: ['llm'] };
    }
  }

  return {
    async keep(scope: Scope, request: ReflectRequest & { content: string }) {
      const ids = [...new Set(request.source_memory_ids)];
      const rows = await read.memories.byIds(scope.user_id, ids);
      const reachable = (row: MemoryRow) =>
        row.is_forgotten === 0 && (scope.space_id === null || row.space_id === scope.space_id);
      const lacking = ids.find((id) => !rows.some((row) => row.id === id && reachable(row)));
      if (lacking !== undefined)
        throw new AppError(
          'memory_not_found',
          `There is no memory ${lacking}. It does not exist, was erased, or is in the trash.`,
        );
      const { content, reflection_type, confidence } = request;
      if (content.trim() === '') throw new AppError('invalid_request', 'content is empty: write the reflection.');
      return add(scope, { content: content.trim(), reflection_type, confidence, origin: 'manual' }, ids);
    },

    async lookBack(scope: Scope, period: Period, force: boolean) {
      const { user_id, space_id } = scope;
      const at = clock.now();
      const type = `period:${period}`;
      const latest = await read.reflections.latest(user_id, space_id, type);
      const fresh = latest && at - (parseTime(latest.created_at) ?? 0) < FRESH_MS[period];
      if (fresh && !force && (await telling([latest])).length > 0)
        return lookedBack(latest, { start: latest.period_start!, end: latest.period_end! }, true);
      const span = { start: formatTime(at - PERIOD_MS[period]), end: formatTime(at) };
      if (!llm)
        throw new AppError(
          'llm_not_configured',
          'Looking back on a period needs a language model, and none is configured: set ENGRAM_LLM_URL and ENGRAM_LLM_MODEL. POST /reflections/generate and POST /digests/generate work without one.',
        );
      const filter = { ...filterOf(scope), from: span.start, until: span.end };
      const rows = await read.reflections.ofPeriod(filter, MOST_MEMORIES);
      if (rows.length < LEAST_MEMORIES)
        return {
          ...NO_DETAILS,
          ...{ id: null, memory_id: null, reflection: null, period: span, cached: false },
          memories_analyzed: rows.length,
          message: `There are ${rows.length} memories of this ${period}; a reflection needs at least ${LEAST_MEMORIES}.`,
        };
      const {
        reflection,
        insight = null,
        ...lists
      } = await llm.ask({
        purpose: 'reflect',
        instructions: PERIOD_INSTRUCTIONS,
        data: dataOf(rows),
        answer: PeriodAnswer,
        urgency: 'soon',
      });
      // Of all spaces: then it lies in none, so that nobody who sees only one learns of the others.
      const stored = await memory.store(
        { ...scope, default_space_id: null },
        StoreRequest.parse({
          content: insight ? `${reflection}\n\n${insight}` : reflection,
          category: 'discovery',
          source: 'reflection',
          importance: IMPORTANCE,
          is_static: true,
          episode: false,
          tags: ['reflection', period],
          model: llm.model,
        }),
      );
      const details = { ...lists, insight: insight || null };
      const made = await add(
        scope,
        {
          ...{ content: reflection, reflection_type: type, confidence: 1, origin: 'llm' as const },
          ...{ details, memory_id: stored.id, period: span },
        },
        rows.map(({ id }) => id),
      );
      return {
        ...{ id: made.id, memory_id: stored.id, reflection, ...details, period: span, cached: false },
        memories_analyzed: rows.length,
      };
    },

    async list(scope: Scope, limit: number) {
      const shown: ReflectionRow[] = [];
      let before = Number.MAX_SAFE_INTEGER;
      while (shown.length < limit) {
        const page = await read.reflections.list(scope.user_id, scope.space_id, before, limit);
        shown.push(...(await telling(page)).slice(0, limit - shown.length));
        if (page.length < limit) break;
        before = page.at(-1)!.id;
      }
      const sources = await read.thoughtSources.of(
        scope.user_id,
        'reflection',
        shown.map(({ id }) => id),
      );
      const reflections = shown.map((row) => view(row, sources.get(row.id) ?? []));
      return { reflections, count: reflections.length, total: reflections.length };
    },

    async generate(scope: Scope, limit: number, urgency: 'soon' | 'later') {
      const at = clock.now();
      const stored_by = formatTime(at - NEGLECTED.days * DAY_MS);
      const rows = await read.reflections.neglected(filterOf(scope), { ...NEGLECTED, stored_by }, limit);
      const { said, origin, degraded } = await wording(rows, urgency);
      const reflections = [];
      for (const row of rows) {
        const plain = neglect(row, at);
        const worded = said.get(row.id);
        const usable = worded && isAction(worded.action) && worded.content.length >= 10;
        reflections.push(
          await add(
            { ...scope, space_id: row.space_id },
            {
              reflection_type: usable ? worded.action : plain.action,
              content: usable ? worded.content : plain.content,
              origin: usable ? origin : 'rules',
              confidence: usable ? 0.7 : 0.5,
            },
            [row.id],
          ),
        );
      }
      return { reflections, count: reflections.length, degraded };
    },

    add,

    /** What was made of a memory that is erased, archived or in the trash goes; its memory goes to the trash. */
    async follow(user_id: number): Promise<void> {
      const rows = await read.reflections.list(user_id, null, Number.MAX_SAFE_INTEGER, FOLLOWED);
      const kept = new Set((await telling(rows)).map(({ id }) => id));
      for (const row of rows) {
        if (kept.has(row.id)) continue;
        const told = row.memory_id === null ? undefined : await read.memories.byId(user_id, row.memory_id);
        const scope: Scope = { user_id, key_id: 0, scopes: ['write'], default_space_id: null, space_id: row.space_id };
        if (told && told.is_forgotten === 0) await memory.forget(scope, told.id, 'a memory it was made from is gone');
      }
    },
  };
}
export type Reflections = ReturnType<typeof createReflections>;
