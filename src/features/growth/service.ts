// Observations of agents about their own work. Finding one needs a language model; keeping and telling them does not.
import { type Clock, formatTime } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import type { Llm } from '../../core/llm.ts';
import type { Logger } from '../../core/log.ts';
import type { MemoryFilter } from '../../core/ports.ts';
import type { Scope } from '../../core/scope.ts';
import { StoreRequest } from '../memory/contract.ts';
import type { MemoryService } from '../memory/service.ts';
import type { MemoryStore } from '../memory/store.ts';
import type { Reflections } from '../reflections/service.ts';
import type { GrowthRequest } from './contract.ts';
import { INSTRUCTIONS, linesWithin, Observed, worthKeeping } from './rules.ts';

export interface GrowthDeps {
  read: { memories: Pick<MemoryStore, 'list' | 'byId'> };
  memory: Pick<MemoryService, 'store' | 'link'>;
  reflections: Pick<Reflections, 'add'>;
  llm: Llm | null;
  clock: Clock;
  logger: Logger;
}

const CATEGORY = 'growth';
const IMPORTANCE = 7;
const INSIGHT_IMPORTANCE = 8;
/** What it learnt before, so that it learns something else. */
const KNOWN = 20;
const MAX_TOKENS = 300;
const TEMPERATURE = 0.7;

export function createGrowth({ read, memory, reflections, llm, clock, logger }: GrowthDeps) {
  const listed = (scope: Scope, limit: number, source?: string) => {
    const filter: MemoryFilter = {
      user_id: scope.user_id,
      space_id: scope.space_id ?? undefined,
      category: CATEGORY,
      source,
      now: formatTime(clock.now()),
    };
    return read.memories.list(filter, limit, 0);
  };

  async function observed(scope: Scope, request: GrowthRequest, urgency: 'soon' | 'later') {
    if (!llm) return { text: null, degraded: ['llm'] };
    const known = (await listed(scope, KNOWN)).map(({ content }) => content);
    try {
      const { observation } = await llm.ask({
        purpose: 'growth',
        instructions: INSTRUCTIONS,
        data: JSON.stringify({
          agent: request.service,
          done: request.context,
          known: request.existing_growth ? [request.existing_growth, ...known] : known,
          ...(request.prompt_override && { look_for: request.prompt_override }),
        }),
        answer: Observed,
        max_tokens: MAX_TOKENS,
        temperature: TEMPERATURE,
        urgency,
      });
      return { text: worthKeeping(observation), degraded: [] };
    } catch (error) {
      logger.warn({ err: error }, 'nothing was learnt: the language model did not answer');
      return { text: null, degraded: ['llm'] };
    }
  }

  return {
    /** @param sources memories it was learnt from */
    async reflect(scope: Scope, request: GrowthRequest, urgency: 'soon' | 'later', sources: readonly number[] = []) {
      const { text, degraded } = await observed(scope, request, urgency);
      const nothing = { observation: null, stored_memory_id: null, reflection_id: null, degraded };
      if (text === null) return nothing;
      // Of all spaces: then it lies in none, so that nobody who sees only one learns of the others.
      const stored = await memory.store(
        { ...scope, default_space_id: null },
        StoreRequest.parse({
          content: text,
          category: CATEGORY,
          source: request.service,
          importance: IMPORTANCE,
          is_static: true,
          episode: false,
          tags: [CATEGORY],
          model: llm!.model,
        }),
      );
      if (stored.duplicate) return nothing;
      const draft = { content: text, reflection_type: CATEGORY, origin: 'llm', confidence: 0.7 } as const;
      const { id } = await reflections.add(scope, { ...draft, memory_id: stored.id }, sources);
      return { observation: text, stored_memory_id: stored.id, reflection_id: id, degraded };
    },

    async observations(scope: Scope, limit: number) {
      const observations = (await listed(scope, limit)).map(({ id, content, source, importance, created_at }) => ({
        ...{ id, content, source, importance, created_at },
      }));
      return { observations, count: observations.length };
    },

    /** A Markdown list, newest first. */
    async text(
      scope: Scope,
      { service, limit, max_bytes }: { service?: string | undefined; limit: number; max_bytes: number },
    ) {
      const rows = await listed(scope, limit, service);
      return linesWithin(
        rows.map(({ content }) => `- ${content.replace(/\s+/gu, ' ')}`),
        max_bytes,
      );
    },

    async materialize(scope: Scope, observation_id: number) {
      const row = await read.memories.byId(scope.user_id, observation_id);
      const hidden = !row || row.is_forgotten === 1 || row.is_archived === 1 || row.is_latest === 0;
      if (hidden || row.category !== CATEGORY || (scope.space_id !== null && row.space_id !== scope.space_id))
        throw new AppError(
          'observation_not_found',
          `There is no observation ${observation_id}. GET /growth/observations lists them.`,
        );
      const { id } = await memory.store(
        { ...scope, default_space_id: null, space_id: row.space_id },
        StoreRequest.parse({
          content: row.content,
          category: 'insight',
          source: CATEGORY,
          importance: INSIGHT_IMPORTANCE,
          is_static: true,
          episode: false,
          tags: ['insight'],
        }),
      );
      await memory.link(scope, { source_id: id, target_id: row.id, type: 'derived_from', similarity: 1 });
      return { ok: true as const, memory_id: id };
    },
  };
}
export type Growth = ReturnType<typeof createGrowth>;
