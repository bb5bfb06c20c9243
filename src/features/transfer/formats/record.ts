// What every format is read into: plain records, one shape for each thing that can be brought in.

import type { Item } from '../../../algo/json-items.ts';
import { formatTime, parseTime } from '../../../core/clock.ts';
import { ORIGINS } from '../../../core/shapes.ts';

export interface MemoryRecord {
  readonly kind: 'memory';
  /** Names it for good within its format, so that the same entry is known when it comes again. */
  readonly key: string;
  readonly content: string;
  readonly category?: string | undefined;
  readonly source?: string | undefined;
  readonly tags?: readonly string[] | undefined;
  readonly importance?: number | undefined;
  readonly session_id?: string | undefined;
  readonly space?: string | undefined;
  readonly is_static?: boolean | undefined;
  readonly model?: string | undefined;
  /** Who or what the text is of, as core/shapes ORIGINS has it, and the agent that wrote it. */
  readonly origin?: Origin | undefined;
  readonly agent?: string | undefined;
  readonly confidence?: number | undefined;
  readonly occurred_at?: string | undefined;
  readonly created_at?: string | undefined;
  readonly updated_at?: string | undefined;
  readonly forget_after?: string | undefined;
  /** Columns of a memory that only Engram itself writes; what is missing stays as it is stored. */
  readonly state?: Readonly<Record<string, unknown>> | undefined;
  /** Keys of the version before it and of its episode. */
  readonly parent?: string | undefined;
  readonly episode?: string | undefined;
}
export interface LinkRecord {
  readonly kind: 'link';
  /** Keys of memories. */
  readonly from: string;
  readonly to: string;
  readonly type: string;
  readonly similarity: number;
  readonly created_at?: string | undefined;
}
export interface EpisodeRecord {
  readonly kind: 'episode';
  readonly key: string;
  readonly title: string | null;
  readonly session_id: string | null;
  readonly agent: string | null;
  readonly summary: string | null;
  readonly is_summarized: boolean;
  readonly started_at: string;
  readonly ended_at: string | null;
  readonly created_at: string;
}
export interface MessageRecord {
  readonly kind: 'message';
  /** Tells it from others of the same words; its line does where there is none. */
  readonly key?: string | undefined;
  /** Key of the conversation. */
  readonly conversation: string;
  readonly role: string;
  readonly content: string;
  readonly metadata: string | null;
  readonly created_at: string | null;
}
export interface ConversationRecord {
  readonly kind: 'conversation';
  readonly key: string;
  readonly agent: string;
  readonly session_id: string | null;
  readonly title: string | null;
  readonly metadata: string | null;
  readonly started_at: string | null;
  readonly updated_at: string | null;
  /** In order; of formats that list them apart, none. */
  readonly messages: readonly MessageRecord[];
}
export interface FactRecord {
  readonly kind: 'fact';
  /** Key of the memory that states it. */
  readonly memory: string;
  readonly columns: Readonly<Record<string, unknown>>;
}
export interface EntityRecord {
  readonly kind: 'entity';
  readonly name: string;
  readonly entity_type: string;
  readonly description: string | null;
  readonly metadata: string | null;
  readonly origin: string;
  readonly confidence: number;
  readonly space?: string | undefined;
  readonly created_at: string | null;
}
export interface PreferenceRecord {
  readonly kind: 'preference';
  readonly name: string;
  readonly value: string;
  readonly domain: string;
  readonly updated_at: string | null;
}
export type ImportRecord =
  | MemoryRecord
  | LinkRecord
  | EpisodeRecord
  | ConversationRecord
  | MessageRecord
  | FactRecord
  | EntityRecord
  | PreferenceRecord;

export type Origin = (typeof ORIGINS)[number];

/** An entry that cannot be brought in, with the reason. */
export class BadEntry extends Error {}

export interface Format {
  readonly name: string;
  readonly title: string;
  /** Whether a file that begins so is of this format, by one of its first entries. */
  recognises(item: Item): boolean;
  /** @returns none for what holds nothing to remember; @throws BadEntry */
  read(item: Item, digest: (text: string) => string): ImportRecord[];
}

export type Fields = Readonly<Record<string, unknown>>;
export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** @throws BadEntry when it is no object */
export function fields(value: unknown): Fields {
  if (isFields(value)) return value;
  throw new BadEntry('This entry is no object.');
}

/** The first of these fields that holds some text. */
export function text(value: Fields, ...names: readonly string[]): string | undefined {
  for (const name of names) {
    const found = value[name];
    if (typeof found === 'string' && found.trim() !== '') return found;
  }
  return undefined;
}

/** @throws BadEntry when none of these fields holds text */
export function needed(value: Fields, ...names: readonly string[]): string {
  const found = text(value, ...names);
  if (found !== undefined) return found;
  throw new BadEntry(`There is no text in ${names.map((name) => `"${name}"`).join(' or ')}.`);
}

export const number = (value: Fields, name: string): number | undefined => {
  const found = value[name];
  return typeof found === 'number' && Number.isFinite(found) ? found : undefined;
};

/** A list of texts, also when it is written as JSON or with commas. */
export function list(value: unknown): string[] {
  if (typeof value === 'string') {
    if (value.trimStart().startsWith('[')) {
      try {
        return list(JSON.parse(value));
      } catch {
        return [];
      }
    }
    return value.split(',').map((one) => one.trim());
  }
  return Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : [];
}

/** A time as text, or as seconds or milliseconds since 1970. @returns core/clock text */
export function time(value: unknown): string | undefined {
  if (typeof value === 'number' && Number.isFinite(value) && value > 0) {
    const ms = value > 1e11 ? value : value * 1000;
    return ms < 253_402_300_800_000 ? formatTime(ms) : undefined;
  }
  if (typeof value !== 'string') return undefined;
  const ms = parseTime(value);
  return ms === null ? undefined : formatTime(ms);
}

export const json = (value: unknown): string | null =>
  value === null || value === undefined ? null : typeof value === 'string' ? value : JSON.stringify(value);

/** What the text is of, if it says so in our words. */
export const origin = (value: unknown): Origin | undefined => ORIGINS.find((one) => one === value);
