// Notes for minutes. What is over is never shown, whether or not it has been swept yet.
import { type Clock, formatTime } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import type { Redactor } from '../../core/redactor.ts';
import type { Scope } from '../../core/scope.ts';
import type { Atomically } from '../../core/unit-of-work.ts';
import { StoreRequest } from '../memory/contract.ts';
import type { MemoryService } from '../memory/service.ts';
import type { PromoteScratch, PutScratch } from './contract.ts';
import type { ScratchFilter, ScratchRow, ScratchStore } from './store.ts';

/** Removed in one transaction: nobody waits long for the sweep. */
const SWEEP_PAGE = 500;

export interface ScratchDeps {
  read: { scratch: ScratchStore };
  atomically: Atomically<{ scratch: ScratchStore }>;
  memory: Pick<MemoryService, 'store'>;
  redactor: Pick<Redactor, 'plain'>;
  clock: Clock;
}

const show = ({ session, agent, model, key, value, created_at, updated_at, expires_at }: ScratchRow) => ({
  session,
  agent,
  model,
  key,
  value,
  created_at,
  updated_at,
  expires_at,
});
const sentence = ({ key, value }: ScratchRow): string => (value.trim() === '' ? key : `${key}: ${value.trim()}`);

/** The agent, where all notes are of one that said its name. */
function sourceOf(rows: readonly ScratchRow[]): string {
  const agents = new Set(rows.map((row) => row.agent));
  const [agent] = agents;
  return agents.size === 1 && agent !== 'unknown' ? agent! : 'scratchpad';
}

export function createScratch({ read, atomically, memory, redactor, clock }: ScratchDeps) {
  const now = () => formatTime(clock.now());

  return {
    async list(scope: Scope, filter: ScratchFilter) {
      const entries = (await read.scratch.list(scope.user_id, filter, now())).map(show);
      return { entries, count: entries.length };
    },

    async put({ user_id }: Scope, { session, agent, model, entries, ttl }: PutScratch) {
      const at = clock.now();
      const expires_at = formatTime(at + ttl * 60_000);
      const common = { user_id, session, agent, model, updated_at: formatTime(at), expires_at };
      // The last one of a key counts, as if they had been written one after the other.
      const wanted = new Map(entries.map(({ key, value }) => [key, redactor.plain(value)]));
      const written = await atomically(async ({ scratch }) => {
        const rows: ScratchRow[] = [];
        for (const [key, value] of wanted) rows.push(await scratch.put({ ...common, key, value }));
        return rows;
      });
      return {
        stored: true as const,
        session,
        agent,
        model,
        count: written.length,
        ttl_minutes: ttl,
        expires_at,
        entries: written.map(show),
      };
    },

    /** @returns how many notes went */
    remove: (scope: Scope, session: string, key: string | null): Promise<number> =>
      atomically(({ scratch }) => scratch.remove(scope.user_id, session, key, now())),

    async promote(scope: Scope, session: string, { keys, combine, category }: PromoteScratch) {
      const there = (await read.scratch.list(scope.user_id, { session }, now())).sort((a, b) => a.id - b.id);
      const rows = keys == null ? there : [...new Set(keys)].flatMap((key) => there.filter((row) => row.key === key));
      if (rows.length === 0) {
        const what = there.length === 0 ? 'no notes, or their time is over' : 'no notes under these keys';
        throw new AppError(
          'scratch_not_found',
          `The session "${session}" has ${what}. GET /scratch shows what there is.`,
        );
      }
      const memory_ids: number[] = [];
      for (const part of combine ? [rows] : rows.map((row) => [row])) {
        const request = { category, session_id: session, source: sourceOf(part), tags: ['scratchpad'] };
        const content = part.map(sentence).join('\n');
        const { id } = await memory.store(scope, StoreRequest.parse({ ...request, content }));
        memory_ids.push(id);
      }
      const found = new Set(there.map((row) => row.key));
      const missing = (keys ?? []).filter((key) => !found.has(key));
      return { promoted: true as const, memory_ids, count: memory_ids.length, missing };
    },

    /** Removes what is over, of all users. @returns how many notes went */
    async sweep(): Promise<number> {
      let removed = 0;
      for (;;) {
        const went = await atomically(({ scratch }) => scratch.sweep(now(), SWEEP_PAGE));
        removed += went;
        if (went < SWEEP_PAGE) return removed;
      }
    },
  };
}
export type ScratchService = ReturnType<typeof createScratch>;
