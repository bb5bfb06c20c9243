// What is found in a text: who and what it names, and where.

export const ENTITY_TYPES = [
  'person', 'organization', 'place', 'server', 'tool', 'project', 'email', 'url', 'path', 'env', 'code', 'ticket',
] as const; // biome-ignore format: a list
export type EntityType = (typeof ENTITY_TYPES)[number];

export interface Span {
  /** Of the text, in UTF-16 units; `end` is exclusive. */
  readonly start: number;
  readonly end: number;
}

export interface Found extends Span {
  readonly name: string;
  /** `unknown`: a name of something; only who knows it already can say of what. */
  readonly type: EntityType | 'unknown';
  /** `15.2` of "Postgres 15.2". */
  readonly version?: string;
}
