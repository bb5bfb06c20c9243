// Runs the stages of thinking for one user, on request or by itself while the server is idle.
import { DAY_MS } from '../../algo/durations.ts';
import { type Clock, formatTime, parseTime } from '../../core/clock.ts';
import { othersFirst } from '../../core/event-loop.ts';
import type { Logger } from '../../core/log.ts';
import type { Scope } from '../../core/scope.ts';
import { messageOf } from '../../core/thrown.ts';
import type { Atomically } from '../../core/unit-of-work.ts';
import type { MemoryStore } from '../memory/store.ts';
import { blockedBy, countsOf, inOrder, inWords, type Report, type Stage } from './rules.ts';
import type { Thought } from './stages.ts';
import type { ThinkingStore } from './store.ts';

export interface ThinkingDeps {
  read: {
    thinking: ThinkingStore;
    memories: Pick<MemoryStore, 'newestIds'>;
    access: { users(): Promise<readonly { id: number }[]> };
  };
  atomically: Atomically<{ thinking: ThinkingStore }>;
  stages: readonly Stage<Thought>[];
  enabled: boolean;
  /** Requests answered so far. */
  requests(): number;
  clock: Clock;
  logger: Logger;
}

/** By itself at most once a day; when there is never a quiet moment, after two. */
const EVERY_MS = DAY_MS;
const OVERDUE_MS = 2 * DAY_MS;
/** Users per look: each takes a second or so, with a language model more. */
const USERS_AT_ONCE = 3;

export function createThinking(deps: ThinkingDeps) {
  const { read, atomically, enabled, requests, clock, logger } = deps;
  const stages = inOrder(deps.stages);
  let requestsBefore = -1;

  async function newest(user_id: number): Promise<number> {
    const filter = { user_id, now: formatTime(clock.now()) };
    return (await read.memories.newestIds(filter, 1))[0] ?? 0;
  }

  async function run(scope: Scope) {
    const now = formatTime(clock.now());
    const last_memory_id = scope.space_id === null ? await newest(scope.user_id) : null;
    const failed = new Set<string>();
    const reports: Report[] = [];
    for (const { name, after, run } of stages) {
      const started = performance.now();
      const report = (status: Report['status'], more: Pick<Report, 'output' | 'error'>) =>
        void reports.push({ name, status, duration_ms: Math.round(performance.now() - started), ...more });
      const blocked = blockedBy(after, failed);
      if (blocked !== null) {
        failed.add(name);
        report('skipped', { error: `${blocked} did not end well` });
        continue;
      }
      try {
        const outcome = await run({ scope, now });
        if (typeof outcome.skipped === 'string') report('skipped', { error: outcome.skipped });
        else report('ok', { output: outcome });
      } catch (error) {
        logger.warn({ err: error, stage: name, user: scope.user_id }, 'a stage of thinking failed');
        failed.add(name);
        report('failed', { error: messageOf(error) });
      }
      await othersFirst();
    }
    const all = { reports, ...countsOf(reports) };
    // What was thought within one space says nothing of the others.
    if (last_memory_id !== null)
      await atomically(({ thinking }) =>
        thinking.put({ user_id: scope.user_id, started_at: now, last_memory_id, report: JSON.stringify(all) }),
      );
    return all;
  }

  /** Users who stored something since their memories were thought over, and for whom it is time. */
  async function waiting(least_ms: number): Promise<number[]> {
    const ready: number[] = [];
    for (const { id } of await read.access.users()) {
      const state = await read.thinking.state(id);
      const since = state ? clock.now() - (parseTime(state.started_at) ?? 0) : Number.POSITIVE_INFINITY;
      if (since >= least_ms && (await newest(id)) > (state?.last_memory_id ?? 0)) ready.push(id);
      if (ready.length === USERS_AT_ONCE) break;
    }
    return ready;
  }

  return {
    run,

    async dream(scope: Scope) {
      const report = await run(scope);
      const words = inWords(report.reports);
      return report.failed_count > 0
        ? { status: 'error' as const, error: words, ...report }
        : { status: 'completed' as const, result: words, ...report };
    },

    async state(scope: Scope) {
      const state = scope.space_id === null ? await read.thinking.state(scope.user_id) : undefined;
      return {
        enabled,
        stages: stages.map(({ name }) => name),
        last_run_at: state?.started_at ?? null,
        last_report: state ? (JSON.parse(state.report) as Awaited<ReturnType<typeof run>>) : null,
      };
    },

    /** Looked at now and then: thinks for a few users when no request came since the last look. */
    async whenIdle(): Promise<void> {
      const idle = requests() === requestsBefore;
      requestsBefore = requests();
      for (const user_id of await waiting(idle ? EVERY_MS : OVERDUE_MS))
        await run({ user_id, key_id: 0, scopes: ['write'], default_space_id: null, space_id: null });
    },
  };
}
export type Thinking = ReturnType<typeof createThinking>;
