// Jobs as they are shown. Pure.
import { LANES } from '../../core/job.ts';
import type { JobRow, JobStatus } from './store.ts';

/** As existing clients know them. */
export const SHOWN_STATUS = {
  waiting: 'pending',
  running: 'running',
  done: 'completed',
  failed: 'failed',
} as const satisfies Record<JobStatus, string>;
export const KEPT_STATUS = { pending: 'waiting', running: 'running', failed: 'failed' } as const;

/** Fields that may hold what somebody wrote, even when it is one word. */
const WRITTEN = /content|text|query|value|line|message|prompt|secret|key$/i;
/** Ids, names of models, times: no spaces but the one between a day and its time. */
const NAMED = /^(?:[\w.:@/+-]{1,200}|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)$/;

function shownValue(name: string, value: unknown): unknown {
  if (typeof value === 'string')
    return NAMED.test(value) && !WRITTEN.test(name) ? value : `(${value.length} characters)`;
  if (Array.isArray(value)) return value.map((each) => shownValue(name, each));
  if (typeof value === 'object' && value !== null) return shownPayload(value);
  return value;
}

const shownPayload = (payload: object): Record<string, unknown> =>
  Object.fromEntries(Object.entries(payload).map(([name, value]) => [name, shownValue(name, value)]));

/** What a job was given, without anything that reads like what somebody stored. */
export function presentPayload(json: string): Record<string, unknown> {
  try {
    const payload: unknown = JSON.parse(json);
    return typeof payload === 'object' && payload !== null ? shownPayload(payload) : {};
  } catch {
    return {};
  }
}

const LONGEST_ERROR = 1_000;

export const presentJob = (row: JobRow) => ({
  id: row.id,
  type: row.kind,
  lane: row.lane,
  payload: presentPayload(row.payload),
  status: SHOWN_STATUS[row.status as JobStatus],
  attempts: row.attempts,
  max_attempts: row.max_attempts,
  error: row.error?.slice(0, LONGEST_ERROR) ?? null,
  created_at: row.created_at,
  claimed_at: row.started_at,
  completed_at: row.finished_at,
  next_retry_at: row.status === 'waiting' ? row.run_at : null,
});

/** Lanes in what app_state holds under `jobs.paused`; names that this program does not know are left out. */
export const parsePaused = (text: string | undefined): string[] =>
  (text ?? '').split(',').filter((lane) => Object.hasOwn(LANES, lane));
