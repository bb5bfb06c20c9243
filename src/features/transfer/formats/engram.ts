// Engram's own export: one record a line with its kind in `type`, or one document with lists. Reads those of older
// servers too: positional columns, tags as text, ids instead of sync ids.
import type { Item } from '../../../algo/json-items.ts';
import {
  BadEntry,
  type Fields,
  type Format,
  fields,
  type ImportRecord,
  isFields,
  json,
  list,
  type MemoryRecord,
  needed,
  number,
  origin,
  text,
  time,
} from './record.ts';

const KINDS = new Set([
  'header',
  'memory',
  'link',
  'episode',
  'conversation',
  'message',
  'fact',
  'entity',
  'preference',
]);
/** Lists of a document, by what they hold. */
const SECTIONS: Readonly<Record<string, string>> = {
  memories: 'memory',
  links: 'link',
  episodes: 'episode',
  conversations: 'conversation',
  messages: 'message',
  facts: 'fact',
  entities: 'entity',
  preferences: 'preference',
};
/** Columns in the order in which one server wrote them without names. */
const POSITIONS = ['id', 'content', 'category', 'source', 'session_id', 'importance'];

/** Of a memory, what is taken over as it is. */
const NUMBERS = [
  'source_count', 'recall_hits', 'recall_misses', 'adaptive_score', 'access_count', 'fsrs_stability', 'fsrs_difficulty',
  'fsrs_storage_strength', 'fsrs_retrieval_strength', 'fsrs_learning_state', 'fsrs_reps', 'fsrs_lapses', 'valence',
  'arousal', 'confidence',
] as const; // biome-ignore format: a list
const FLAGS = ['is_fact', 'is_decomposed', 'is_superseded', 'is_consolidated', 'is_forgotten', 'is_archived'] as const;
const TIMES = ['last_accessed_at', 'fsrs_last_review_at', 'forgotten_at', 'superseded_at'] as const;
const TEXTS = ['dominant_emotion', 'forget_reason', 'status'] as const;

const named = (value: Fields): Fields =>
  'col_0' in value
    ? { ...value, ...Object.fromEntries(POSITIONS.map((name, at) => [name, value[`col_${at}`]])) }
    : value;
const truthy = (value: unknown): boolean => value === true || value === 1;

/** Ids of an older server stand for a sync id where there is none: within one file they name the same memory. */
const memoryKey = (sync: unknown, id: unknown): string | undefined =>
  typeof sync === 'string' && sync !== '' ? `sync:${sync}` : id == null ? undefined : `id:${String(id)}`;

function state(value: Fields): Record<string, unknown> {
  const found: Record<string, unknown> = {};
  for (const name of NUMBERS) if (number(value, name) !== undefined) found[name] = value[name];
  for (const name of FLAGS)
    if (value[name] !== undefined && value[name] !== null) found[name] = truthy(value[name]) ? 1 : 0;
  for (const name of TIMES) if (time(value[name]) !== undefined) found[name] = time(value[name]);
  for (const name of TEXTS) if (text(value, name) !== undefined) found[name] = value[name];
  // Emotions and figures that an older server left at zero were never worked out.
  return found;
}

function memory(raw: Fields, digest: (text: string) => string): MemoryRecord {
  const value = named(raw);
  const content = needed(value, 'content');
  const created = time(value.created_at);
  return {
    kind: 'memory',
    key: memoryKey(value.sync_id, value.id) ?? `text:${digest(`${created ?? ''}\n${content}`)}`,
    content,
    category: text(value, 'category'),
    source: text(value, 'source'),
    tags: list(value.tags),
    importance: number(value, 'importance'),
    session_id: text(value, 'session_id'),
    space: text(value, 'space'),
    is_static: truthy(value.is_static),
    model: text(value, 'model'),
    origin: origin(value.origin),
    agent: text(value, 'agent')?.slice(0, 200),
    confidence: number(value, 'confidence'),
    occurred_at: time(value.occurred_at),
    created_at: created,
    updated_at: time(value.updated_at),
    forget_after: time(value.forget_after),
    state: state(value),
    parent: memoryKey(value.parent_sync_id, value.parent_memory_id),
    episode: text(value, 'episode') ?? (value.episode_id == null ? undefined : `episode:${String(value.episode_id)}`),
  };
}

/** One memory as a line of an export has it. @throws BadEntry */
export const memoryOf = (value: unknown, digest: (text: string) => string): MemoryRecord =>
  memory(fields(value), digest);

function link(value: Fields): ImportRecord {
  const from = memoryKey(value.source_sync_id, value.source_id);
  const to = memoryKey(value.target_sync_id, value.target_id);
  if (from === undefined || to === undefined) throw new BadEntry('A link needs two memories.');
  const similarity = Math.max(0, Math.min(1, number(value, 'similarity') ?? 1));
  const type =
    text(value, 'link_type', 'relation') ?? (text(value, 'type') === 'link' ? undefined : text(value, 'type'));
  return {
    kind: 'link',
    from,
    to,
    type: (type ?? 'similarity').slice(0, 64),
    similarity,
    created_at: time(value.created_at),
  };
}

const FACT_COLUMNS = [
  'subject', 'subject_key', 'predicate', 'verb', 'object', 'object_key', 'quantity', 'unit', 'date_ref', 'date_approx',
  'confidence', 'origin', 'is_end', 'valid_at', 'withdrawn_at', 'invalid_at', 'created_at',
]; // biome-ignore format: a list

function record(kind: string, value: Fields, digest: (text: string) => string): ImportRecord[] {
  switch (kind) {
    case 'memory':
      return [memory(value, digest)];
    case 'link':
      return [link(value)];
    case 'episode': {
      const started_at = time(value.started_at) ?? time(value.created_at) ?? '1970-01-01 00:00:00';
      return [
        {
          kind: 'episode',
          key: text(value, 'key') ?? `episode:${String(value.id)}`,
          title: text(value, 'title') ?? null,
          session_id: text(value, 'session_id') ?? null,
          agent: text(value, 'agent') ?? null,
          summary: text(value, 'summary') ?? null,
          is_summarized: truthy(value.is_summarized),
          started_at,
          ended_at: time(value.ended_at) ?? null,
          created_at: time(value.created_at) ?? started_at,
        },
      ];
    }
    case 'conversation':
      return [
        {
          kind: 'conversation',
          key: text(value, 'key') ?? `conversation:${String(value.id)}`,
          agent: text(value, 'agent') ?? 'unknown',
          session_id: text(value, 'session_id') ?? null,
          title: text(value, 'title') ?? null,
          metadata: json(value.metadata),
          started_at: time(value.started_at) ?? null,
          updated_at: time(value.updated_at) ?? null,
          messages: [],
        },
      ];
    case 'message':
      return [
        {
          kind: 'message',
          key: value.id == null ? undefined : String(value.id),
          conversation: text(value, 'conversation') ?? `conversation:${String(value.conversation_id)}`,
          role: text(value, 'role') ?? 'user',
          content: needed(value, 'content'),
          metadata: json(value.metadata),
          created_at: time(value.created_at) ?? null,
        },
      ];
    case 'fact': {
      const memory = memoryKey(value.memory_sync_id, value.memory_id);
      if (memory === undefined) throw new BadEntry('A fact needs its memory.');
      needed(value, 'subject');
      const columns = Object.fromEntries(
        FACT_COLUMNS.filter((name) => name in value).map((name) => [name, value[name]]),
      );
      return [{ kind: 'fact', memory, columns }];
    }
    case 'entity':
      return [
        {
          kind: 'entity',
          name: needed(value, 'name'),
          entity_type: text(value, 'entity_type') ?? 'concept',
          description: text(value, 'description') ?? null,
          metadata: json(value.metadata),
          origin: text(value, 'origin') ?? 'manual',
          confidence: number(value, 'confidence') ?? 1,
          space: text(value, 'space'),
          created_at: time(value.created_at) ?? null,
        },
      ];
    case 'preference':
      return [
        {
          kind: 'preference',
          name: text(value, 'key') ?? needed(value, 'preference'),
          value: text(value, 'value') ?? needed(value, 'preference'),
          domain: text(value, 'domain') ?? 'general',
          updated_at: time(value.updated_at) ?? null,
        },
      ];
    default:
      return [];
  }
}

const kindOf = ({ section, value }: Item): string | null => {
  if (section !== null) return SECTIONS[section] ?? null;
  if (!isFields(value)) return null;
  return typeof value.type === 'string' && KINDS.has(value.type) ? value.type : null;
};

export const engram: Format = {
  name: 'engram',
  title: 'Engram export',
  recognises: ({ section, value }) =>
    section === null
      ? isFields(value) &&
        ((value.type === 'header' && 'exported_at' in value) ||
          (value.type === 'memory' && ('content' in value || 'col_1' in value)))
      : section === 'version' || section === 'exported_at',
  read(item, digest) {
    const kind = kindOf(item);
    if (kind === null && item.section === null) {
      const value = fields(item.value);
      return text(value, 'content') === undefined ? [] : [memory(value, digest)];
    }
    return kind === null || kind === 'header' ? [] : record(kind, fields(item.value), digest);
  },
};

/** A plain list of memories. */
export const array: Format = {
  name: 'array',
  title: 'List of memories',
  recognises: ({ section, value }) => section === null && isFields(value) && text(value, 'content') !== undefined,
  read: ({ value }, digest) => {
    if (typeof value === 'string' && value.trim() !== '') return [memory({ content: value }, digest)];
    const entry = fields(value);
    return [memory({ ...entry, content: needed(entry, 'content', 'text', 'memory') }, digest)];
  },
};
