// How reliably this server answers. Kept in memory: it is about this program, from its start on.
import { MINUTE_MS } from '../../algo/durations.ts';
import { type Clock, formatTime } from '../../core/clock.ts';

const TARGETS = { uptime_pct: 99.9, p99_latency_ms: 500, error_rate_pct: 1 };
const LATENCIES = 10_000;

const percent = (part: number, whole: number, none: number): number =>
  whole === 0 ? none : Math.round((part / whole) * 100_000) / 1000;

export function createSla(clock: Clock) {
  const fresh = () => ({
    since: clock.now(),
    requests: 0,
    errors: 0,
    /** Minutes with requests; those in which every one failed. */
    minutes: 0,
    down: 0,
    minute: -1,
    lives: false,
  });
  let state = fresh();
  const latencies = new Float64Array(LATENCIES);
  let measured = 0;

  function endMinute(): void {
    if (state.minute < 0) return;
    state.minutes++;
    if (!state.lives) state.down++;
  }

  return {
    observe({ status, seconds }: { status: number; seconds: number }): void {
      const minute = Math.floor(clock.now() / MINUTE_MS);
      if (minute !== state.minute) {
        endMinute();
        state.minute = minute;
        state.lives = false;
      }
      state.requests++;
      if (status >= 500) state.errors++;
      else state.lives = true;
      latencies[measured++ % LATENCIES] = seconds * 1000;
    },

    report() {
      const minutes = state.minutes + (state.minute < 0 ? 0 : 1);
      const down = state.down + (state.minute >= 0 && !state.lives ? 1 : 0);
      const sorted = latencies.slice(0, Math.min(measured, LATENCIES)).sort();
      const p99 = sorted.length === 0 ? null : sorted[Math.ceil(sorted.length * 0.99) - 1]!;
      const current_uptime_pct = percent(minutes - down, minutes, 100);
      const current_error_rate_pct = percent(state.errors, state.requests, 0);
      return {
        targets: TARGETS,
        current_uptime_pct,
        current_error_rate_pct,
        current_p99_latency_ms: p99 === null ? null : Math.round(p99 * 1000) / 1000,
        total_requests: state.requests,
        total_errors: state.errors,
        since: formatTime(state.since),
        met:
          current_uptime_pct >= TARGETS.uptime_pct &&
          current_error_rate_pct <= TARGETS.error_rate_pct &&
          (p99 ?? 0) <= TARGETS.p99_latency_ms,
      };
    },

    reset() {
      state = fresh();
      measured = 0;
      return { status: 'ok' as const, reset_at: formatTime(state.since) };
    },
  };
}
export type Sla = ReturnType<typeof createSla>;
