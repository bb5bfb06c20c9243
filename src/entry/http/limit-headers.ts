// What is left of a limit, as headers: the two fields of draft-ietf-httpapi-ratelimit-headers-08 and later, and the three of
// the drafts before, which most clients read.
import type { Verdict } from '../../core/limits.ts';

export const LIMIT_HEADERS = [
  'ratelimit-policy',
  'ratelimit',
  'ratelimit-limit',
  'ratelimit-remaining',
  'ratelimit-reset',
] as const;

export function limitHeaders(headers: Headers, verdict: Verdict | undefined): void {
  if (!verdict) return;
  const { policy, limit, remaining, reset } = verdict;
  headers.set('ratelimit-policy', `"${policy}";q=${limit};w=60`);
  headers.set('ratelimit', `"${policy}";r=${remaining};t=${reset}`);
  headers.set('ratelimit-limit', String(limit));
  headers.set('ratelimit-remaining', String(remaining));
  headers.set('ratelimit-reset', String(reset));
}
