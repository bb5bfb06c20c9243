// One thing that a text states about something: "Alice works_at Acme".

export interface Fact {
  /** Whom or what it is about; `user` for whoever speaks when no name is given. */
  readonly subject: string;
  /** Lower case, words joined by underscores. */
  readonly predicate: string;
  /** Infinitive of the verb it was read from. */
  readonly verb: string;
  readonly object: string;
  readonly quantity: number | null;
  readonly unit: string | null;
  /** The words that say when. */
  readonly date_ref: string | null;
  /** First day of what they mean, YYYY-MM-DD. */
  readonly date_approx: string | null;
  /** Since when it holds, or when it happened, or when it ended: epoch milliseconds; null = as of when it was said. */
  readonly at: number | null;
  /** 0..1. */
  readonly confidence: number;
  /** It says that this is no longer so. */
  readonly ended: boolean;
}

/** What one can have one of at a time: a newer value takes the place of the older one. */
const SINGLE = new Set([
  'works_at', 'role', 'lives_in', 'location', 'runs_on', 'version', 'port', 'host', 'hostname', 'url', 'address', 'email',
  'phone', 'phone_number', 'status', 'state', 'owner', 'deadline', 'due', 'scheduled_for', 'name', 'nickname', 'age',
  'birthday', 'job', 'employer', 'title', 'salary', 'budget', 'timezone', 'region', 'branch', 'timeout', 'ttl', 'limit',
  'retention', 'size', 'manager', 'boss', 'lead', 'wife', 'husband', 'partner', 'married_to', 'hosted_on', 'deployed_to',
  'stored_in', 'costs', 'runs_at', 'is', 'born_in', 'from', 'password_manager', 'language', 'framework', 'database',
  'endpoint', 'ip', 'domain', 'path', 'schedule', 'maintainer', 'priority', 'capacity', 'price', 'pronouns', 'doctor',
]); // biome-ignore format: a list
const ATTRIBUTE_ENDING = /_(?:lead|number|port|host|url|version|owner|deadline|name|address|email)$/;

/** Whether a newer fact about the same subject with this predicate closes the older one. */
export const isSingleValued = (predicate: string): boolean =>
  SINGLE.has(predicate) || predicate.startsWith('favorite_') || ATTRIBUTE_ENDING.test(predicate);

/** "The Billing  Service" and "billing service" are the same. */
export const factKey = (words: string): string =>
  words
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[’‘]/g, "'")
    .replace(/^(?:the|a|an|our|my)\s+/, '')
    .replace(/\s+/g, ' ')
    .replace(/[\s.,;:!?"']+$/, '')
    .trim();

export const predicateName = (words: string): string =>
  words
    .trim()
    .toLowerCase()
    .replace(/favourite/g, 'favorite')
    .replace(/[^\p{L}\p{N}-]+/gu, '_')
    .replace(/^_+|_+$/g, '');
