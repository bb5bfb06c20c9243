// Limits, and what of a user goes when. Pure.

export const LIMITS = [
  'max_memories',
  'max_conversations',
  'max_api_keys',
  'max_spaces',
  'max_memory_size_bytes',
] as const;
export type Limit = (typeof LIMITS)[number];
export type Quota = Record<Limit, number> & { rate_limit_override: number | null };

/** 0 is no limit. */
export const isWithin = (count: number, limit: number): boolean => limit === 0 || count < limit;

/**
 * What a user keeps who throws everything away: who they are, what opens the door, what they may, and what they did. What
 * they set up to be told of things stays too.
 */
const KEPT_BY_RESET = new Set([
  'users',
  'api_keys',
  'spaces',
  'user_quotas',
  'user_counts',
  'usage_days',
  'audit_log',
  'audit_heads',
  'digest_subscriptions',
  'webhooks',
  'webhook_deliveries',
  'oauth_grants',
  'oauth_tokens',
]);

/** Tables to empty, in this order. The head of an audit comes before its rows: it is what holds them. */
export function tablesToEmpty(of_users: readonly string[], whole: boolean): string[] {
  const tables = of_users.filter((name) => name !== 'users' && (whole || !KEPT_BY_RESET.has(name)));
  return tables.sort((a, b) => Number(b.endsWith('_heads')) - Number(a.endsWith('_heads')) || (a < b ? -1 : 1));
}

/** A space's rows beside its memories that move as they are; others are read again where the memories lie then. */
export const MOVING = [
  'structured_facts',
  'personality_signals',
  'causal_chains',
  'reflections',
  'consolidations',
  'digests',
  'digest_subscriptions',
] as const;
/** Of one name in a space there is one. */
export const NAMED = ['entities', 'projects'] as const;
