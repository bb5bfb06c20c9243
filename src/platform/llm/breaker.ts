// A circuit breaker: a server that failed several times in a row is left alone for a while, and nobody waits for it; then
// one request tries whether it is back.

export type Verdict =
  | 'ok'
  | 'failed'
  /** Nothing was learnt, for example because whoever asked gave up early. */
  | 'unknown';

export interface BreakerOptions {
  /** Failures in a row that open it. */
  failures: number;
  /** How long it stays open the first time; twice as long after every trial that fails. */
  open_ms: number;
  longest_ms: number;
  /** Never goes back, milliseconds. */
  monotonic(): number;
}

export interface Breaker {
  /** Milliseconds until a request may try again; 0 when requests may pass, `Infinity` while one is trying. */
  readonly closed_for_ms: number;
  /** Null when no request may pass now, else to be called with how it went, once. */
  enter(): ((verdict: Verdict) => void) | null;
}

export function createBreaker({ failures, open_ms, longest_ms, monotonic }: BreakerOptions): Breaker {
  let in_a_row = 0;
  let opened = 0;
  let open_until = 0;
  let trying = false;

  const open = () => {
    opened++;
    open_until = monotonic() + Math.min(longest_ms, open_ms * 2 ** (opened - 1));
  };
  const close = () => {
    in_a_row = 0;
    opened = 0;
  };

  return {
    get closed_for_ms() {
      if (opened === 0) return 0;
      return trying ? Infinity : Math.max(0, open_until - monotonic());
    },
    enter() {
      if (opened === 0)
        return (verdict) => {
          // Requests that were under way when it opened have no say any more.
          if (opened > 0 || verdict === 'unknown') return;
          if (verdict === 'ok') in_a_row = 0;
          else if (++in_a_row >= failures) open();
        };
      if (trying || monotonic() < open_until) return null;
      trying = true;
      return (verdict) => {
        trying = false;
        if (verdict === 'ok') close();
        else if (verdict === 'failed') open();
      };
    },
  };
}
