// Writes out everything of a user, a page at a time, as fast as the reader takes it.
import { zipWriter } from '../../algo/zip.ts';
import { type Clock, formatTime } from '../../core/clock.ts';
import type { Scope } from '../../core/scope.ts';
import type { MemoryRow } from '../memory/rules.ts';
import type { PreferenceStore } from '../preferences/store.ts';
import { markdownOf } from './formats/markdown.ts';
import type { ExportedMemory, TransferStore } from './store.ts';

export interface ExportDeps {
  read: { transfers: TransferStore; preferences: PreferenceStore };
  clock: Clock;
}

export const EXPORT_VERSION = '2.0';
const PAGE = 200;

type Json = Readonly<Record<string, unknown>>;

const FLAGS = [
  'is_latest', 'is_static', 'is_forgotten', 'is_archived', 'is_fact', 'is_decomposed', 'is_superseded', 'is_consolidated',
] as const; // biome-ignore format: a list
const EPISODE = 'episode:';

function shown({ content_hash: _, user_id: __, key_id: ___, episode_id, tags, ...row }: ExportedMemory): Json {
  const flags = Object.fromEntries(FLAGS.map((name) => [name, row[name] === 1]));
  const episode = episode_id === null ? null : `${EPISODE}${episode_id}`;
  return { ...row, ...flags, tags: JSON.parse(tags) as string[], episode };
}

const parsed = (text: string | null): unknown => {
  if (text === null) return null;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
};

export function createExports({ read: { transfers, preferences }, clock }: ExportDeps) {
  async function* paged<Row extends { id: number }>(page: (after: number) => Promise<Row[]>): AsyncGenerator<Row[]> {
    for (let after = 0; ; ) {
      const rows = await page(after);
      if (rows.length > 0) yield rows;
      if (rows.length < PAGE) return;
      after = rows.at(-1)!.id;
    }
  }
  const spaceOf = (scope: Scope) => scope.space_id;
  const memoryPages = (scope: Scope): AsyncGenerator<ExportedMemory[]> =>
    paged((after) => transfers.memories(scope.user_id, spaceOf(scope), after, PAGE));

  const header = (scope: Scope): Json => ({
    type: 'header',
    version: EXPORT_VERSION,
    exported_at: formatTime(clock.now()),
    user_id: scope.user_id,
  });

  async function* episodes(scope: Scope): AsyncGenerator<Json> {
    for await (const page of paged((after) => transfers.episodes(scope.user_id, spaceOf(scope), after, PAGE)))
      for (const { user_id: _, is_summarized, ...row } of page)
        yield { key: `${EPISODE}${row.id}`, ...row, is_summarized: is_summarized === 1 };
  }
  async function* memories(scope: Scope): AsyncGenerator<Json> {
    for await (const page of memoryPages(scope)) for (const row of page) yield shown(row);
  }
  async function* about(scope: Scope, of: (user_id: number, ids: number[]) => Promise<Json[]>): AsyncGenerator<Json> {
    for await (const page of memoryPages(scope))
      yield* await of(
        scope.user_id,
        page.map(({ id }: Pick<MemoryRow, 'id'>) => id),
      );
  }
  const links = (scope: Scope) =>
    about(scope, async (user_id, ids) =>
      (await transfers.links(user_id, ids)).map(({ type, ...row }) => ({ ...row, link_type: type })),
    );
  const facts = (scope: Scope) =>
    about(scope, async (user_id, ids) => (await transfers.facts(user_id, ids)).map(({ user_id: _, ...row }) => row));
  const vectors = (scope: Scope) =>
    about(scope, async (user_id, ids) =>
      (await transfers.vectors(user_id, ids)).map(({ vector, ...row }) => ({
        ...row,
        // Base64 of little-endian float32.
        vector: base64(vector),
      })),
    );
  async function* entities(scope: Scope): AsyncGenerator<Json> {
    for await (const page of paged((after) => transfers.entities(scope.user_id, spaceOf(scope), after, PAGE)))
      for (const { user_id: _, space_key: __, name_key: ___, short_key: ____, metadata, ...row } of page)
        yield { ...row, metadata: parsed(metadata) };
  }
  /** Conversations and preferences lie in no space: they go out with all of them only. */
  async function* conversations(scope: Scope, messagesOf: boolean): AsyncGenerator<Json> {
    if (spaceOf(scope) !== null) return;
    for await (const page of paged((after) => transfers.conversations(scope.user_id, after, PAGE)))
      for (const { user_id, metadata, ...row } of page) {
        const key = `conversation:${row.id}`;
        yield { type: 'conversation', key, ...row, metadata: parsed(metadata) };
        if (!messagesOf) continue;
        const messages = paged((after) => transfers.messages(user_id, row.id, after, PAGE));
        for await (const rows of messages)
          for (const { user_id: _, metadata, ...message } of rows)
            yield { type: 'message', conversation: key, ...message, metadata: parsed(metadata) };
      }
  }
  async function* preferencesOf(scope: Scope): AsyncGenerator<Json> {
    if (spaceOf(scope) !== null) return;
    for (const { user_id: _, ...row } of await preferences.list(scope.user_id, null)) yield row;
  }

  async function* typed(type: string, rows: AsyncGenerator<Json>): AsyncGenerator<Json> {
    for await (const row of rows) yield { type, ...row };
  }

  /** In an order in which every record names only what came before it. */
  async function* records(scope: Scope, withVectors: boolean): AsyncGenerator<Json> {
    yield header(scope);
    yield* typed('episode', episodes(scope));
    yield* typed('memory', memories(scope));
    yield* typed('link', links(scope));
    yield* typed('fact', facts(scope));
    if (withVectors) yield* typed('vector', vectors(scope));
    yield* typed('entity', entities(scope));
    yield* conversations(scope, true);
    yield* typed('preference', preferencesOf(scope));
  }

  async function* jsonl(scope: Scope, withVectors: boolean): AsyncGenerator<string> {
    for await (const record of records(scope, withVectors)) yield `${JSON.stringify(record)}\n`;
  }

  async function* list(name: string, rows: AsyncGenerator<Json>): AsyncGenerator<string> {
    yield `,${JSON.stringify(name)}:[`;
    let first = true;
    for await (const row of rows) {
      yield `${first ? '' : ','}${JSON.stringify(row)}`;
      first = false;
    }
    yield ']';
  }
  async function* only(type: string, rows: AsyncGenerator<Json>): AsyncGenerator<Json> {
    for await (const row of rows) if (row.type === type) yield row;
  }

  async function* json(scope: Scope): AsyncGenerator<string> {
    const stats = await transfers.counts(scope.user_id, spaceOf(scope));
    const { type: _, ...head } = header(scope);
    yield JSON.stringify({ ...head, version: 'engram-v4', stats }).slice(0, -1);
    yield* list('episodes', episodes(scope));
    yield* list('memories', memories(scope));
    yield* list('links', links(scope));
    yield* list('facts', facts(scope));
    yield* list('entities', entities(scope));
    yield* list('conversations', conversations(scope, false));
    yield* list('messages', only('message', conversations(scope, true)));
    yield* list('preferences', preferencesOf(scope));
    yield ',"skills":[]}\n';
  }

  async function* markdown(scope: Scope): AsyncGenerator<Uint8Array> {
    const zip = zipWriter();
    const encoder = new TextEncoder();
    for await (const row of memories(scope)) {
      const folder = row.is_latest === true ? 'memories' : 'versions';
      yield zip.file(`${folder}/${String(row.id).padStart(6, '0')}.md`, encoder.encode(markdownOf(row)));
    }
    yield zip.end();
  }

  return { jsonl, json, markdown };
}
export type Exports = ReturnType<typeof createExports>;

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}
