// How mem0's words map to ours, as pure functions: whose a memory is, how it is shown, which ones a filter means.
import { parseTime } from '../../core/clock.ts';
import type { Sha256 } from '../../core/crypto.ts';
import { AppError } from '../../core/errors.ts';
import type { MemoryRow } from '../memory/rules.ts';

/** Whom a memory is about, inside one user of this server. */
export interface Entities {
  user_id: string | null;
  agent_id: string | null;
  app_id: string | null;
  run_id: string | null;
}
export const KINDS = ['user', 'agent', 'app', 'run'] as const;
export type Kind = (typeof KINDS)[number];
const fieldOf = (kind: Kind): keyof Entities => `${kind}_id`;
export const FIELDS = KINDS.map(fieldOf);

/** On every memory that came in here, so that a search can be kept to them. */
export const TAG = 'mem0';
/** Tags are lower case and cannot hold everything, session names are short: what does not fit is named by its digest. */
const TAGGABLE = /^[a-z0-9._@+-]{1,100}$/;
const MAX_SESSION_CHARS = 200;
const DIGEST_CHARS = 32;

export const tagOf = (kind: Kind, name: string, sha256: Sha256): string =>
  `${kind}:${TAGGABLE.test(name) ? name : `#${sha256(name).slice(0, DIGEST_CHARS)}`}`;

export const tagsFor = (entities: Partial<Entities>, sha256: Sha256): string[] => [
  TAG,
  ...KINDS.flatMap((kind) => {
    const name = entities[fieldOf(kind)];
    return name == null ? [] : [tagOf(kind, name, sha256)];
  }),
];

/** Texts are only taken for repeats of each other within one session: what two people say the same stays two memories. */
export function sessionOf(entities: Entities, sha256: Sha256): string {
  const named = KINDS.flatMap((kind) => {
    const name = entities[fieldOf(kind)];
    return name === null ? [] : [`${kind}=${encodeURIComponent(name)}`];
  }).join('&');
  const session = `mem0:${named}`;
  return session.length <= MAX_SESSION_CHARS ? session : `mem0:#${sha256(named)}`;
}

/** A memory as it came in here. */
export interface Owned extends Entities {
  /** The first version of the memory: its id here, whatever is made of it later. */
  root_id: number;
  metadata: Record<string, unknown> | null;
  created_at: string;
  /** Its newest version. */
  memory: MemoryRow;
}

export const isoTime = (text: string): string => {
  const ms = parseTime(text);
  return ms === null ? text : new Date(ms).toISOString();
};
const GENERAL = 'general';
const categoriesOf = ({ category }: MemoryRow): string[] => (category === GENERAL ? [] : [category]);

export function presentOwned({ root_id, metadata, created_at, memory, user_id, agent_id, app_id, run_id }: Owned) {
  return {
    id: String(root_id),
    memory: memory.content,
    ...{ user_id, agent_id, app_id, run_id },
    hash: memory.content_hash,
    metadata,
    categories: categoriesOf(memory),
    created_at: isoTime(created_at),
    updated_at: isoTime(memory.created_at),
    expiration_date: memory.forget_after === null ? null : memory.forget_after.slice(0, 'YYYY-MM-DD'.length),
    status: memory.status,
  };
}
export type Presented = ReturnType<typeof presentOwned>;

/** Which memories are meant. */
export interface Selection {
  /** Known to hold for all of them, so that a database can look for it. */
  readonly must: Partial<Entities>;
  /** There is more to ask than `must`; then this decides. */
  readonly test: ((item: Presented) => boolean) | null;
}
type Test = (item: Presented) => boolean;

const bad = (message: string): never => {
  throw new AppError('invalid_request', message);
};
const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const TIMES = new Set(['created_at', 'updated_at']);
const timeOf = (value: unknown): number => {
  const ms = typeof value === 'string' ? parseTime(value) : null;
  return ms ?? bad(`filters: ${JSON.stringify(value)} is no time; send one such as "2026-03-01".`);
};

const fieldIn = (item: Presented, field: string): unknown =>
  field in item ? item[field as keyof Presented] : item.metadata?.[field];
const order = (field: string, value: unknown): number | string | null =>
  TIMES.has(field) ? timeOf(value) : typeof value === 'number' || typeof value === 'string' ? value : null;
const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
const holds = (there: unknown, part: unknown, fold: boolean): boolean => {
  const plain = (value: unknown) => (fold ? String(value).toLowerCase() : String(value));
  if (Array.isArray(there)) return there.some((one) => plain(one) === plain(part));
  return there != null && plain(there).includes(plain(part));
};

const COMPARE: Readonly<Record<string, (order: number) => boolean>> = {
  gt: (n) => n > 0,
  gte: (n) => n >= 0,
  lt: (n) => n < 0,
  lte: (n) => n <= 0,
};

function operator(field: string, name: string, wanted: unknown): Test {
  const of = (item: Presented) => fieldIn(item, field);
  if (name === 'in') {
    if (!Array.isArray(wanted)) return bad(`filters: ${field}.in needs a list.`);
    return (item) =>
      wanted.some((one) => (Array.isArray(of(item)) ? holds(of(item), one, false) : same(of(item), one)));
  }
  if (name === 'eq') return (item) => same(of(item), wanted);
  if (name === 'ne') return (item) => !same(of(item), wanted);
  if (name === 'contains' || name === 'icontains') return (item) => holds(of(item), wanted, name === 'icontains');
  const compare = COMPARE[name];
  if (!compare)
    return bad(
      `filters: there is no operator "${name}"; there are in, eq, ne, gt, gte, lt, lte, contains and icontains.`,
    );
  const bound = order(field, wanted) ?? bad(`filters: ${field}.${name} needs a number, a text or a time.`);
  return (item) => {
    const there = of(item) == null ? null : order(field, of(item));
    if (there === null || typeof there !== typeof bound) return false;
    return compare(there < bound ? -1 : there > bound ? 1 : 0);
  };
}

const KNOWN = new Set<string>([
  ...FIELDS,
  ...TIMES,
  'id',
  'memory',
  'hash',
  'categories',
  'metadata',
  'expiration_date',
]);

function condition(field: string, wanted: unknown): Test {
  if (field === 'metadata') {
    if (!isRecord(wanted)) return bad('filters: metadata needs keys and values.');
    const all = Object.entries(wanted).map(([key, value]) => inMetadata(key, value));
    return (item) => all.every((test) => test(item));
  }
  if (field === 'memory_ids') return operator('id', 'in', Array.isArray(wanted) ? wanted.map(String) : wanted);
  if (field === 'keywords') {
    const { contains, icontains } = isRecord(wanted) ? wanted : { contains: undefined, icontains: wanted };
    return (item) => holds(item.memory, contains ?? icontains, contains === undefined);
  }
  if (!KNOWN.has(field)) return bad(`filters: there is no field "${field}"; what you keep yourself lies in metadata.`);
  if (wanted === '*') return (item) => fieldIn(item, field) != null;
  if (isRecord(wanted)) {
    const all = Object.entries(wanted).map(([name, value]) => operator(field, name, value));
    return (item) => all.every((test) => test(item));
  }
  if (field === 'categories') return (item) => holds(item.categories, wanted, false);
  return (item) => same(fieldIn(item, field), wanted);
}
function inMetadata(key: string, wanted: unknown): Test {
  const at = (item: Presented) => item.metadata?.[key];
  if (wanted === '*') return (item) => at(item) != null;
  if (!isRecord(wanted)) return (item) => same(at(item), wanted);
  const all = Object.entries(wanted).map(([name, value]) => operator(key, name, value));
  return (item) => all.every((test) => test(item));
}

const MAX_DEPTH = 16;
function testOf(filter: unknown, depth = 0): Test {
  if (depth > MAX_DEPTH) return bad(`filters: nested more than ${MAX_DEPTH} levels deep.`);
  if (!isRecord(filter)) return bad('filters: needs an object, such as {"user_id": "alice"}.');
  const all = Object.entries(filter).map(([key, value]): Test => {
    if (!['AND', 'OR', 'NOT'].includes(key)) return condition(key, value);
    const parts = (Array.isArray(value) ? value : [value]).map((part) => testOf(part, depth + 1));
    if (key === 'AND') return (item) => parts.every((test) => test(item));
    const some: Test = (item) => parts.some((test) => test(item));
    return key === 'OR' ? some : (item) => !some(item);
  });
  return (item) => all.every((test) => test(item));
}

/** What must hold, as far as it is about entities named outright. */
function mustOf(filter: unknown, depth = 0): { must: Partial<Entities>; whole: boolean } {
  const must: Partial<Entities> = {};
  let whole = true;
  if (!isRecord(filter) || depth > MAX_DEPTH) return { must, whole: false };
  const take = (field: keyof Entities, name: string) => {
    if (must[field] !== undefined && must[field] !== name) whole = false;
    must[field] ??= name;
  };
  for (const [key, value] of Object.entries(filter)) {
    if ((FIELDS as string[]).includes(key) && typeof value === 'string' && value !== '*')
      take(key as keyof Entities, value);
    else if (key === 'AND') {
      for (const part of Array.isArray(value) ? value : [value]) {
        const inner = mustOf(part, depth + 1);
        whole &&= inner.whole;
        for (const field of FIELDS) if (inner.must[field] != null) take(field, inner.must[field]);
      }
    } else whole = false;
  }
  return { must, whole };
}

/** @throws AppError invalid_request for a filter that means nothing here */
export function selectionOf(filters: unknown, named: Partial<Entities> = {}): Selection {
  const given = Object.fromEntries(Object.entries(named).filter(([, name]) => name != null));
  const filter = Object.keys(given).length === 0 ? (filters ?? {}) : { AND: [given, filters ?? {}] };
  const test = testOf(filter);
  const { must, whole } = mustOf(filter);
  return { must, test: whole ? null : test };
}

interface Message {
  role: string;
  content: string;
}
const textIn = (content: unknown): string =>
  typeof content === 'string'
    ? content
    : (Array.isArray(content) ? content : [content])
        .flatMap((part) => (isRecord(part) && typeof part.text === 'string' ? [part.text] : []))
        .join('\n');

/** A conversation, however it was written down; pictures have no text and are left out. */
export function messagesOf(
  given: string | { role: string; content: unknown } | readonly { role: string; content: unknown }[],
): Message[] {
  const list = typeof given === 'string' ? [{ role: 'user', content: given }] : 'role' in given ? [given] : given;
  const messages = list
    .map(({ role, content }) => ({ role, content: textIn(content).trim() }))
    .filter(({ content }) => content !== '');
  if (messages.length === 0) bad('messages: there is no text in them.');
  return messages;
}

export type HistoryRow = Pick<
  MemoryRow,
  'id' | 'content' | 'created_at' | 'updated_at' | 'is_forgotten' | 'is_latest' | 'forgotten_at' | 'category'
>;
/** What happened to a memory, oldest first. */
export function historyOf(owned: Omit<Owned, 'memory'>, chain: readonly HistoryRow[]) {
  const entry = (
    id: string,
    event: 'ADD' | 'UPDATE' | 'DELETE',
    before: string | null,
    after: string | null,
    at: string,
  ) => ({
    id,
    memory_id: String(owned.root_id),
    input: [] as { role: string; content: string }[],
    old_memory: before,
    new_memory: after,
    event,
    user_id: owned.user_id,
    metadata: owned.metadata,
    categories: [] as string[],
    created_at: isoTime(owned.created_at),
    updated_at: isoTime(at),
  });
  const events = chain.map((row, at) => {
    const before = at === 0 ? null : chain[at - 1]!.content;
    return entry(String(row.id), at === 0 ? 'ADD' : 'UPDATE', before, row.content, row.created_at);
  });
  const last = chain.at(-1);
  if (last?.is_forgotten === 1)
    events.push(entry(`${last.id}-deleted`, 'DELETE', last.content, null, last.forgotten_at ?? last.updated_at));
  return events;
}
