// The order in which memories are thought over, and what becomes of what depends on a stage that failed.

import { PART_SOURCE } from '../decompose/rules.ts';

/** Memories from these sources were made of other memories: nothing more is made of them. */
export const DERIVED: readonly string[] = ['reflection', 'consolidation', PART_SOURCE];

export interface Stage<T> {
  readonly name: string;
  /** Names of stages that must have ended well. */
  readonly after: readonly string[];
  run(given: T): Promise<Outcome>;
}
/** What a stage found or did, in figures; or why there was nothing it could do. */
export type Outcome = Record<string, unknown> | { skipped: string };

export type Report = {
  name: string;
  status: 'ok' | 'failed' | 'skipped';
  duration_ms: number;
  output?: Record<string, unknown>;
  error?: string;
};

/**
 * Every stage after those it depends on, otherwise in the order given.
 * @throws when a stage depends on one that is missing, or on itself
 */
export function inOrder<T>(stages: readonly Stage<T>[]): Stage<T>[] {
  const byName = new Map(stages.map((stage) => [stage.name, stage]));
  const ordered: Stage<T>[] = [];
  const state = new Map<string, 'open' | 'done'>();
  const visit = (stage: Stage<T>): void => {
    if (state.get(stage.name) === 'done') return;
    if (state.get(stage.name) === 'open') throw new Error(`stage ${stage.name} depends on itself`);
    state.set(stage.name, 'open');
    for (const name of stage.after) {
      const before = byName.get(name);
      if (!before) throw new Error(`stage ${stage.name} depends on ${name}, which does not exist`);
      visit(before);
    }
    state.set(stage.name, 'done');
    ordered.push(stage);
  };
  for (const stage of stages) visit(stage);
  return ordered;
}

/** The first stage it depends on that did not end well; one that had nothing to do does not count. */
export const blockedBy = (after: readonly string[], failed: ReadonlySet<string>): string | null =>
  after.find((name) => failed.has(name)) ?? null;

export function countsOf(reports: readonly Report[]) {
  const count = (status: Report['status']) => reports.filter((report) => report.status === status).length;
  return {
    total_duration_ms: reports.reduce((sum, { duration_ms }) => sum + duration_ms, 0),
    ok_count: count('ok'),
    failed_count: count('failed'),
    skipped_count: count('skipped'),
  };
}

/** "duplicates ok, growth skipped (no language model)". */
export const inWords = (reports: readonly Report[]): string =>
  reports
    .map(({ name, status, error }) => (error === undefined ? `${name} ${status}` : `${name} ${status} (${error})`))
    .join(', ');
