// Looking facts up, and reading texts for them on request. Memories are read in the background by step.ts.
import { factKey, isSingleValued, predicateName } from '../../algo/facts/fact.ts';
import { type Clock, endOf, formatTime } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import type { Scope } from '../../core/scope.ts';
import type { Atomically } from '../../core/unit-of-work.ts';
import { StoreRequest } from '../memory/contract.ts';
import type { MemoryService } from '../memory/service.ts';
import type { MemoryStore } from '../memory/store.ts';
import type { ExtractRequest, FactsQuery } from './contract.ts';
import { type FactRow, stateKey, stateOf } from './rules.ts';
import { type FactReading, isDerived, readFacts, settle, writeFacts } from './step.ts';
import type { FactFilter, FactStore } from './store.ts';

interface Stores {
  facts: FactStore;
  memories: Pick<MemoryStore, 'byId' | 'list'>;
}

export interface FactsDeps extends FactReading {
  read: Stores;
  atomically: Atomically<Stores>;
  memory: Pick<MemoryService, 'store'>;
  clock: Clock;
}

/** Facts about the user that make up a state. */
const MAX_STATE = 2_000;
const STALE_SLOTS = 200;
const TASTES = /^(?:likes|loves|enjoys|prefers|dislikes|hates|favorite_.*)$/;

export function createFacts({ read, atomically, memory, clock, ...reading }: FactsDeps) {
  const now = () => formatTime(clock.now());
  const plain = (scope: Scope): FactFilter => ({
    user_id: scope.user_id,
    space_id: scope.space_id ?? undefined,
    now: now(),
  });

  const show = (
    {
      subject_key: _s,
      object_key: _o,
      is_end: _e,
      withdrawn_at: _w,
      space_id: _p,
      ...row
    }: FactRow & { episode_id: number | null },
    at: string,
  ) => ({
    ...row,
    is_current: row.valid_at <= at && (row.invalid_at === null || row.invalid_at > at),
  });

  const state = async (scope: Scope, key: string | undefined) =>
    stateOf(await read.facts.about(plain(scope), 'user', MAX_STATE), now()).filter((row) =>
      row.key.includes(key?.toLowerCase() ?? ''),
    );

  /** @returns how many facts the memory states, and how many of them are new */
  async function readNow(user_id: number, id: number) {
    const row = await read.memories.byId(user_id, id);
    if (!row || row.is_forgotten)
      throw new AppError(
        'memory_not_found',
        `There is no memory ${id}. It does not exist, was erased, or is in the trash.`,
      );
    const parent = row.parent_memory_id;
    const previous = parent === null ? null : ((await read.memories.byId(user_id, parent)) ?? null);
    const found = await readFacts(reading, row);
    const before = (await read.facts.ofMemories(user_id, [id])).length;
    if (row.is_latest === 1 && !isDerived(row))
      await atomically((stores) => writeFacts(stores, row, previous, found, now()));
    const facts = found.filter(({ ended }) => !ended);
    return { found: facts, fresh: Math.max(0, (await read.facts.ofMemories(user_id, [id])).length - before) };
  }

  return {
    async list(scope: Scope, query: FactsQuery) {
      const { limit, offset, as_of, subject, predicate, verb, ...rest } = query;
      const filter: FactFilter = {
        ...plain(scope),
        ...rest,
        subject: subject === undefined ? undefined : factKey(subject),
        predicate: predicate === undefined ? undefined : predicateName(predicate),
        verb: verb === undefined ? undefined : predicateName(verb),
        as_of: as_of === undefined ? undefined : endOf(as_of),
      };
      const rows = await read.facts.list(filter, limit, offset);
      return {
        facts: rows.map((row) => show(row, filter.now)),
        count: rows.length,
        total: await read.facts.count(filter),
      };
    },

    async state(scope: Scope, key: string | undefined) {
      const rows = await state(scope, key);
      if (key !== undefined) return { state: rows, rows, count: rows.length };
      return { state: Object.fromEntries(rows.map((row) => [row.key, row.value])), rows, count: rows.length };
    },

    async deleteState(scope: Scope, key: string | undefined): Promise<{ deleted: number }> {
      const rows = await state(scope, key);
      const keys = new Set(rows.map((row) => row.key));
      const time = now();
      await atomically(async (stores) => {
        const all = await stores.facts.about({ ...plain(scope), current: true }, 'user', MAX_STATE);
        const closing = all.filter(({ predicate }) => isSingleValued(predicate) && keys.has(stateKey(predicate)));
        for (const { id } of closing) await stores.facts.set(scope.user_id, id, { withdrawn_at: time });
        await settle(stores, scope.user_id, closing, time);
      });
      return { deleted: rows.length };
    },

    async extract(scope: Scope, { content, memory_id }: ExtractRequest) {
      const id = memory_id ?? (await memory.store(scope, StoreRequest.parse({ content, source: 'extraction' }))).id;
      const { found } = await readNow(scope.user_id, id);
      return {
        memory_id: id,
        facts: found.length,
        preferences: found.filter(({ predicate }) => TASTES.test(predicate)).length,
        state_updates: found.filter(({ predicate }) => isSingleValued(predicate)).length,
      };
    },

    async backfill(user_id: number, limit: number) {
      const rows = await read.memories.list({ user_id, now: now() }, limit, 0);
      let facts_created = 0;
      for (const row of rows) facts_created += (await readNow(user_id, row.id)).fresh;
      return { processed: rows.length, facts_created };
    },

    /** Opens again what was closed by something that is forgotten, archived or erased by now. */
    async follow(user_id: number): Promise<void> {
      const time = now();
      const stale = await read.facts.stale(user_id, time, STALE_SLOTS);
      if (stale.length > 0) await atomically((stores) => settle(stores, user_id, stale, time));
    },
  };
}
export type Facts = ReturnType<typeof createFacts>;
