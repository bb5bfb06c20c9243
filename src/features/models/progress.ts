// How far embedding in the background has come, as it is told. Pure.
import type { Progress } from './contract.ts';

export interface Facts {
  /** Models that answer, and that will. */
  from: string | null;
  to: string | null;
  /** The newest job that embeds. */
  newest: { status: string; error: string | null } | undefined;
  running: boolean;
  done: number;
  total: number;
}

export function progressOf({ from, to, newest, running, done, total }: Facts): Progress {
  const under_way = running || newest?.status === 'waiting' || newest?.status === 'running';
  const state = under_way ? 'running' : newest?.status === 'failed' ? 'failed' : 'idle';
  return {
    state: from === null && to === null ? 'idle' : state,
    from,
    to,
    done,
    total,
    percent: total === 0 ? 100 : Math.floor((1000 * done) / total) / 10,
    error: newest?.error ?? null,
  };
}
