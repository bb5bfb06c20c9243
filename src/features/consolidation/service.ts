// Finds memories about one thing, stores one memory that tells them all, and takes that back. Sources stay where they are, with a mark.
import { z } from 'zod';
import type { Fsrs } from '../../algo/fsrs.ts';
import { type Clock, formatTime } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import { othersFirst } from '../../core/event-loop.ts';
import type { Llm } from '../../core/llm.ts';
import type { Logger } from '../../core/log.ts';
import type { MemoryFilter } from '../../core/ports.ts';
import type { Scope } from '../../core/scope.ts';
import type { Atomically } from '../../core/unit-of-work.ts';
import type { ContradictionStore } from '../contradictions/store.ts';
import { StoreRequest } from '../memory/contract.ts';
import type { FingerprintStore } from '../memory/fingerprint-store.ts';
import type { LinkStore } from '../memory/link-store.ts';
import { cosine, type MemoryRow, presentMemory } from '../memory/rules.ts';
import type { Semantics } from '../memory/semantics.ts';
import type { MemoryService } from '../memory/service.ts';
import type { MemoryStore } from '../memory/store.ts';
import type { SourceStore } from '../thinking/source-store.ts';
import type { ConsolidateRequest } from './contract.ts';
import {
  type Cluster,
  clustersOf,
  dataOf,
  extract,
  INSTRUCTIONS,
  LIKENING,
  type Likeness,
  summaryOf,
} from './rules.ts';
import type { ConsolidationRow, ConsolidationStore, Single } from './store.ts';

interface Stores {
  memories: Pick<MemoryStore, 'byId' | 'byIds' | 'chain' | 'set'>;
  links: Pick<LinkStore, 'add' | 'drop' | 'touching'>;
  consolidations: ConsolidationStore;
  thoughtSources: SourceStore;
  lockUser(user_id: number): Promise<void>;
}

export interface ConsolidationDeps {
  read: Omit<Stores, 'lockUser'> & {
    contradictions: Pick<ContradictionStore, 'disputesOf'>;
    fingerprints: Pick<FingerprintStore, 'vectors'>;
  };
  atomically: Atomically<Stores>;
  memory: Pick<MemoryService, 'store' | 'forget'>;
  semantics: Pick<Semantics, 'model'>;
  llm: Llm | null;
  fsrs: Fsrs;
  clock: Clock;
  logger: Logger;
}

/** Newest memories whose links are looked at, and those whose vectors are compared with each other. */
const LOOKED_AT = 1_000;
const COMPARED = 300;
const LINK_PAGE = 200;
const FOLLOWED = 500;
/** A pair may be told as one; by themselves only groups of three are. */
const LEAST = 2;
export const LEAST_BY_ITSELF = 3;
export const SURE = 0.8;
const Summary = z.object({ summary: z.string().trim().min(20).max(8_000) });

export function createConsolidation(deps: ConsolidationDeps) {
  const { read, atomically, memory, semantics, llm, fsrs, clock, logger } = deps;
  const now = () => formatTime(clock.now());
  const filterOf = ({ user_id, space_id }: Scope): MemoryFilter => ({
    user_id,
    space_id: space_id ?? undefined,
    now: now(),
  });
  const tellable = (row: MemoryRow): boolean =>
    row.is_forgotten === 0 &&
    row.is_archived === 0 &&
    row.is_latest === 1 &&
    row.status === 'approved' &&
    (row.forget_after === null || row.forget_after > now());

  async function likenesses(user_id: number, singles: readonly Single[]): Promise<Likeness[]> {
    const found: Likeness[] = [];
    const ids = singles.map(({ id }) => id);
    for (let at = 0; at < ids.length; at += LINK_PAGE) {
      for (const edge of await read.links.touching(user_id, ids.slice(at, at + LINK_PAGE)))
        if (LIKENING.has(edge.type)) found.push({ a: edge.source_id, b: edge.target_id, similarity: edge.similarity });
      await othersFirst();
    }
    const model = semantics.model?.key;
    if (model === undefined) return found;
    const vectors = [...(await read.fingerprints.vectors(user_id, model, ids.slice(0, COMPARED)))];
    for (const [at, [a, one]] of vectors.entries()) {
      for (const [b, other] of vectors.slice(at + 1)) found.push({ a, b, similarity: cosine(one, other) });
      if (at % 32 === 31) await othersFirst();
    }
    return found;
  }

  async function clusters(scope: Scope, threshold: number, least: number): Promise<Cluster[]> {
    const { user_id, space_id } = scope;
    const singles = await read.consolidations.singles(filterOf(scope), LOOKED_AT);
    const ids = singles.map(({ id }) => id);
    const disputes = await read.contradictions.disputesOf({ user_id, space_id, now: now() }, ids);
    const apart = (a: number, b: number) => disputes.get(a)?.some(({ other_id }) => other_id === b) ?? false;
    return clustersOf(singles, await likenesses(user_id, singles), apart, threshold, least);
  }

  async function write(rows: readonly MemoryRow[], urgency: 'soon' | 'later') {
    if (!llm) return { content: extract(rows), method: 'rules' as const, degraded: [] };
    try {
      const answer = await llm.ask({
        purpose: 'consolidate',
        instructions: INSTRUCTIONS,
        data: dataOf(rows),
        answer: Summary,
        urgency,
      });
      return { content: answer.summary, method: 'llm' as const, degraded: [] };
    } catch (error) {
      logger.warn({ err: error }, 'memories are consolidated by rules: the language model did not answer');
      return { content: extract(rows), method: 'rules' as const, degraded: ['llm'] };
    }
  }

  const nothing = (reason: string) => ({
    created: false,
    consolidated: false,
    consolidation_id: null,
    summary_id: null,
    source_ids: [],
    archived: 0,
    method: null,
    reason,
    degraded: [] as string[],
  });

  /** The newest version of a summary; null when it was erased. */
  async function summary(row: ConsolidationRow): Promise<MemoryRow | null> {
    if (row.memory_id === null) return null;
    const chain = await read.memories.chain(row.user_id, row.memory_id);
    return chain.findLast(({ is_latest }) => is_latest === 1) ?? null;
  }

  /** The consolidation of exactly these, if its summary is still there. */
  async function existing(user_id: number, ids: readonly number[]) {
    const of = new Set((await read.thoughtSources.used(user_id, 'consolidation', ids)).map((one) => one.thought_id));
    const sources = await read.thoughtSources.of(user_id, 'consolidation', [...of]);
    for (const [id, own] of sources) {
      if (own.length !== ids.length || own.some((source) => !ids.includes(source))) continue;
      const row = await read.consolidations.byId(user_id, id);
      if (row?.status !== 'active') continue;
      const memory = await summary(row);
      if (memory && tellable(memory)) return { row, memory };
    }
    return null;
  }

  const shown = (
    row: ConsolidationRow,
    made: MemoryRow,
    source_ids: number[],
    degraded: string[],
    created: boolean,
  ) => ({
    ...presentMemory(made, clock.now(), fsrs),
    created,
    consolidated: true,
    consolidation_id: row.id,
    summary_id: made.id,
    source_ids,
    archived: 0,
    method: row.method,
    reason: created ? null : 'They were consolidated before.',
    degraded,
  });

  async function combine(scope: Scope, wanted: readonly number[], urgency: 'soon' | 'later') {
    const { user_id } = scope;
    const ids = [...new Set(wanted)].sort((a, b) => a - b);
    const rows = (await read.memories.byIds(user_id, ids)).filter(
      (row) => tellable(row) && (scope.space_id === null || row.space_id === scope.space_id),
    );
    const lacking = ids.find((id) => !rows.some((row) => row.id === id));
    if (lacking !== undefined)
      throw new AppError(
        'memory_not_found',
        `There is no current memory ${lacking}. It does not exist, was replaced or archived, or is in the trash.`,
      );
    const [first] = rows;
    if (!first || rows.length < LEAST)
      throw new AppError('invalid_request', 'One memory cannot be consolidated: name two or more.');
    const { space_id } = first;
    if (rows.some((row) => row.space_id !== space_id))
      throw new AppError(
        'invalid_request',
        'The memories lie in several spaces; consolidate those of each by themselves.',
      );
    const before = await existing(user_id, ids);
    if (before) return shown(before.row, before.memory, ids, [], false);

    const { content, method, degraded } = await write(rows, urgency);
    const request = StoreRequest.parse({
      ...summaryOf(rows),
      content,
      source: 'consolidation',
      is_static: true,
      episode: false,
      space_id,
      ...(method === 'llm' && { model: llm!.model }),
    });
    const stored = await memory.store({ ...scope, default_space_id: null, space_id }, request);
    if (ids.includes(stored.id)) return nothing('They say the same; POST /deduplicate merges memories that do.');
    const made = await atomically(async (stores) => {
      await stores.lockUser(user_id);
      const current = await stores.memories.byIds(user_id, ids);
      const row = await stores.consolidations.add({
        ...{ user_id, space_id, memory_id: stored.id, method, status: 'active', memory_count: ids.length },
        created_at: now(),
        undone_at: null,
      });
      const left = current.map(({ id }) => id);
      await stores.thoughtSources.add(user_id, 'consolidation', row.id, left);
      for (const id of left) {
        const edge = { source_id: stored.id, target_id: id, type: 'consolidates', similarity: 1 };
        await stores.links.add(user_id, edge, row.created_at);
        await stores.memories.set(user_id, id, { is_consolidated: 1 });
      }
      return row;
    });
    return shown(made, (await read.memories.byId(user_id, stored.id))!, ids, degraded, true);
  }

  /** Puts the summary away. */
  async function withdraw(row: ConsolidationRow, status: 'undone' | 'stale', reason: string): Promise<number | null> {
    const { user_id, id } = row;
    const told = await summary(row);
    const sources = (await read.thoughtSources.of(user_id, 'consolidation', [id])).get(id) ?? [];
    await atomically(async ({ consolidations, links, memories, lockUser }) => {
      await lockUser(user_id);
      await consolidations.end(user_id, id, status, now());
      const elsewhere = await consolidations.told(user_id, sources);
      for (const source of sources) {
        if (told) await links.drop(user_id, told.id, source, 'consolidates');
        if (!elsewhere.has(source)) await memories.set(user_id, source, { is_consolidated: 0 });
      }
    });
    if (told && told.is_forgotten === 0) {
      const scope: Scope = { user_id, key_id: 0, scopes: ['write'], default_space_id: null, space_id: row.space_id };
      await memory.forget(scope, told.id, reason);
    }
    return told?.id ?? null;
  }

  return {
    async make(scope: Scope, { memory_ids, memory_id, threshold }: ConsolidateRequest) {
      if (memory_ids) return combine(scope, memory_ids, 'soon');
      if (memory_id !== undefined) {
        const row = await read.memories.byId(scope.user_id, memory_id);
        if (!row || !tellable(row) || (scope.space_id !== null && row.space_id !== scope.space_id))
          throw new AppError('memory_not_found', `There is no current memory ${memory_id}.`);
      }
      const found = await clusters(scope, threshold, memory_id === undefined ? LEAST_BY_ITSELF : LEAST);
      const cluster = memory_id === undefined ? found[0] : found.find(({ ids }) => ids.includes(memory_id));
      return cluster
        ? combine(scope, cluster.ids, 'soon')
        : nothing('There is no group of memories that are alike enough and not consolidated already.');
    },

    async candidates(scope: Scope, threshold: number) {
      const found = await clusters(scope, threshold, LEAST);
      return {
        groups: found.map(({ ids }) => ids.map(String)),
        candidates: found.map(({ ids, category, similarity }) => ({
          ...{ ids: [...ids], category, size: ids.length },
          similarity: Math.round(similarity * 1000) / 1000,
        })),
        count: found.length,
      };
    },

    /** Consolidates the surest groups. @returns ids of the summaries */
    async some(scope: Scope, most: number): Promise<number[]> {
      const made: number[] = [];
      for (const { ids } of (await clusters(scope, SURE, LEAST_BY_ITSELF)).slice(0, most)) {
        const { summary_id, created } = await combine(scope, ids, 'later');
        if (created && summary_id !== null) made.push(summary_id);
      }
      return made;
    },

    async list(scope: Scope, limit: number) {
      const rows = await read.consolidations.active(scope.user_id, scope.space_id, Number.MAX_SAFE_INTEGER, limit);
      const sources = await read.thoughtSources.of(
        scope.user_id,
        'consolidation',
        rows.map(({ id }) => id),
      );
      const all = [];
      for (const row of rows) {
        const told = await summary(row);
        if (!told || !tellable(told)) continue;
        const { id, method, created_at } = row;
        const { content, category } = told;
        all.push({
          id,
          summary: content,
          memory_id: told.id,
          source_ids: sources.get(id) ?? [],
          category,
          method,
          created_at,
        });
      }
      return { consolidations: all, count: all.length };
    },

    async undo(scope: Scope, id: number) {
      const row = await read.consolidations.byId(scope.user_id, id);
      if (row?.status !== 'active' || (scope.space_id !== null && row.space_id !== scope.space_id))
        throw new AppError(
          'consolidation_not_found',
          `There is no consolidation ${id}, or it was taken back. GET /intelligence/consolidations lists them.`,
        );
      const source_ids = (await read.thoughtSources.of(scope.user_id, 'consolidation', [id])).get(id) ?? [];
      const memory_id = await withdraw(row, 'undone', 'its consolidation was taken back');
      return { undone: true as const, id, memory_id, source_ids };
    },

    /** What tells of a memory that is erased, in the trash or archived goes to the trash too. */
    async follow(user_id: number): Promise<void> {
      const rows = await read.consolidations.active(user_id, null, Number.MAX_SAFE_INTEGER, FOLLOWED);
      const telling = await read.thoughtSources.telling(
        user_id,
        'consolidation',
        rows.map(({ id }) => id),
        now(),
      );
      for (const row of rows)
        if ((telling.get(row.id) ?? 0) < row.memory_count) await withdraw(row, 'stale', 'a memory it told of is gone');
    },
  };
}
export type Consolidation = ReturnType<typeof createConsolidation>;
