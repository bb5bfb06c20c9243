// Puts one record in its place. Memories go in through the same door as any other, so that whatever holds for stored
// memories holds for these; then they get back the times and the standing they had.
import { nameKey, shortKey } from '../../algo/entities/keys.ts';
import { type Clock, formatTime } from '../../core/clock.ts';
import type { Sha256 } from '../../core/crypto.ts';
import { AppError } from '../../core/errors.ts';
import type { FullTextIndex } from '../../core/ports.ts';
import type { Redactor } from '../../core/redactor.ts';
import type { Scope } from '../../core/scope.ts';
import type { Atomically } from '../../core/unit-of-work.ts';
import type { ConversationStore } from '../conversations/store.ts';
import type { WordStore } from '../conversations/word-store.ts';
import type { EntityStore } from '../entities/store.ts';
import type { EpisodeStore } from '../episodes/store.ts';
import type { FactStore } from '../facts/store.ts';
import { StoreRequest } from '../memory/contract.ts';
import type { FingerprintStore } from '../memory/fingerprint-store.ts';
import type { LinkStore } from '../memory/link-store.ts';
import { fullTextEntry, type MemoryRow, type NewMemory, normalizeContent } from '../memory/rules.ts';
import type { MemoryService } from '../memory/service.ts';
import type { MemoryStore } from '../memory/store.ts';
import type { PreferenceStore } from '../preferences/store.ts';
import type {
  ConversationRecord,
  EntityRecord,
  EpisodeRecord,
  FactRecord,
  ImportRecord,
  LinkRecord,
  MemoryRecord,
  MessageRecord,
  PreferenceRecord,
} from './formats/record.ts';
import type { TransferStore } from './store.ts';

export interface PlacerStores {
  transfers: TransferStore;
  memories: MemoryStore;
  links: LinkStore;
  episodes: EpisodeStore;
  conversations: ConversationStore;
  words: WordStore;
  facts: FactStore;
  entities: Pick<EntityStore, 'insert'>;
  preferences: PreferenceStore;
  fingerprints: Pick<FingerprintStore, 'remove'>;
  fullText: FullTextIndex;
  lockUser(user_id: number): Promise<void>;
}

export interface PlacerDeps {
  read: Omit<PlacerStores, 'lockUser'>;
  atomically: Atomically<PlacerStores>;
  memory: Pick<MemoryService, 'store'>;
  /** Takes secrets out of what is said in conversations; memories pass it on their way in. */
  redactor: Pick<Redactor, 'message'>;
  /** Id of the space of this name, made when there is none. */
  spaceNamed(scope: Scope, name: string): Promise<number>;
  clock: Clock;
  sha256: Sha256;
}

export type Outcome = 'imported' | 'skipped' | 'duplicate';

/** Columns of a memory that a record may set after it was stored. */
const STATE: ReadonlySet<string> = new Set([
  'source_count', 'recall_hits', 'recall_misses', 'adaptive_score', 'access_count', 'fsrs_stability', 'fsrs_difficulty',
  'fsrs_storage_strength', 'fsrs_retrieval_strength', 'fsrs_learning_state', 'fsrs_reps', 'fsrs_lapses', 'valence',
  'arousal', 'confidence', 'is_fact', 'is_decomposed', 'is_superseded', 'is_consolidated', 'is_forgotten', 'is_archived',
  'last_accessed_at', 'fsrs_last_review_at', 'forgotten_at', 'superseded_at', 'dominant_emotion', 'forget_reason',
]); // biome-ignore format: a list

const SYNC = /^sync:([\x21-\x7e]{1,100})$/;
const INTEGERS = new Set([
  'source_count',
  'recall_hits',
  'recall_misses',
  'access_count',
  'fsrs_learning_state',
  'fsrs_reps',
  'fsrs_lapses',
]);

const nativeKey = (key: string): string => `native:${key}`;

export function createPlacer(deps: PlacerDeps) {
  const { read, atomically, memory, redactor, clock, sha256 } = deps;
  const now = () => formatTime(clock.now());

  /** Of a memory known by its sync id, whatever it came in with. */
  const syncMark = (sync_id: string): string => sha256(`sync:${sync_id}`);

  /** For one import: names of one format mean the same thing from its first entry to its last. */
  function placing(scope: Scope, format: string, dry: boolean) {
    const { user_id } = scope;
    /** Of a dry run: what would be there by now. */
    const would = new Set<string>();
    const markOf = (key: string): string =>
      key.startsWith('sync:') ? syncMark(key.slice(5)) : sha256(`${format}\n${key}`);

    async function memoryId(key: string): Promise<number | null> {
      const marked = await read.transfers.marked(user_id, markOf(key));
      if (marked !== null && (await read.memories.byId(user_id, marked))) return marked;
      const sync_id = SYNC.exec(key)?.[1];
      return sync_id === undefined ? null : ((await read.transfers.bySyncId(user_id, sync_id))?.id ?? null);
    }
    async function targetOf(key: string): Promise<number | null> {
      return read.transfers.marked(user_id, markOf(key));
    }

    async function placeMemory(record: MemoryRecord): Promise<Outcome> {
      if ((await memoryId(record.key)) !== null || would.has(record.key)) return 'skipped';
      const parent = record.parent === undefined ? null : await memoryId(record.parent);
      const before = parent === null ? undefined : await read.memories.byId(user_id, parent);
      // What comes after a version that something else has followed already begins a chain of its own.
      const follows = before !== undefined && before.is_latest === 1 && before.is_forgotten === 0;
      const space_id =
        record.space === undefined || scope.space_id !== null || dry
          ? null
          : await deps.spaceNamed(scope, record.space);
      const episode_id = record.episode === undefined ? null : await targetOf(record.episode);
      const status = record.state?.status === 'pending' ? 'pending' : 'approved';
      const request = StoreRequest.parse({
        content: record.content,
        category: record.category?.slice(0, 200),
        source: record.source?.slice(0, 200),
        importance: record.importance,
        tags: record.tags?.map((tag) => tag.slice(0, 200)).slice(0, 100),
        session_id: record.session_id?.slice(0, 200),
        is_static: record.is_static,
        is_fact: record.state?.is_fact === 1,
        model: record.model?.slice(0, 200),
        occurred_at: record.occurred_at,
        forget_after: record.forget_after,
        parent_memory_id: follows ? parent : null,
        space_id,
        episode_id,
        episode: false,
        status,
        origin: record.origin,
        agent: record.agent,
      });
      if (dry) {
        would.add(record.key);
        const content_hash = sha256(normalizeContent(request.content.trim()));
        const wouldBe = `text:${content_hash}`;
        const like = {
          ...{ user_id, content_hash, status, category: request.category, session_id: request.session_id || null },
          ...{ space_id: scope.space_id ?? scope.default_space_id, forget_after: request.forget_after ?? null },
        };
        const said = would.has(wouldBe) || (await read.memories.repeatOf(like)) !== undefined;
        would.add(wouldBe);
        return said ? 'duplicate' : 'imported';
      }
      const stored = await memory.store(scope, request);
      await atomically(async (stores) => {
        await stores.lockUser(user_id);
        await stores.transfers.mark(user_id, markOf(record.key), stored.id);
        if (!stored.created) return;
        const row = await stores.memories.byId(user_id, stored.id);
        if (row) await restore(stores, row, record);
        // Its successor came now; it stepped down when it did.
        if (follows && before)
          await stores.memories.set(user_id, before.id, {
            superseded_at: before.superseded_at ?? record.created_at ?? now(),
            updated_at: before.updated_at,
          });
      });
      return stored.created ? 'imported' : 'duplicate';
    }

    /** The times and the standing it had. */
    async function restore(stores: PlacerStores, row: MemoryRow, record: MemoryRecord): Promise<void> {
      const state = Object.entries(record.state ?? {})
        .filter(([name]) => STATE.has(name))
        .map(([name, value]) => [name, INTEGERS.has(name) ? Math.round(Number(value)) : value] as const);
      const sync_id = SYNC.exec(record.key)?.[1];
      const created_at = record.created_at ?? row.created_at;
      const change: Partial<NewMemory> = {
        ...(Object.fromEntries(state) as Partial<NewMemory>),
        ...(record.confidence !== undefined && { confidence: Math.max(0, Math.min(1, record.confidence)) }),
        ...(record.state?.status === 'rejected' && { status: 'rejected' }),
        ...(sync_id !== undefined && { sync_id }),
        created_at,
        updated_at: record.updated_at ?? created_at,
      };
      await stores.memories.set(user_id, row.id, change);
      if (change.is_forgotten === 1 || change.is_archived === 1) await stores.fingerprints.remove(user_id, [row.id]);
      // The day it was said is one of the words it is found by.
      await stores.fullText.put(fullTextEntry({ ...row, ...change }, row.id));
    }

    async function placeLink(record: LinkRecord): Promise<Outcome> {
      const [from, to] = [await memoryId(record.from), await memoryId(record.to)];
      if (dry && (would.has(record.from) || would.has(record.to))) return 'imported';
      if (from === null || to === null)
        throw new AppError('memory_not_found', 'A memory that this link names is not here.');
      if (from === to) return 'skipped';
      const edge = { source_id: from, target_id: to, type: record.type, similarity: record.similarity };
      const known = (await read.links.touching(user_id, [from])).some(
        (one) => one.source_id === from && one.target_id === to && one.type === record.type,
      );
      if (known) return 'skipped';
      if (!dry) await atomically((stores) => stores.links.add(user_id, edge, record.created_at ?? now()));
      return 'imported';
    }

    async function placeEpisode({ kind: _, key, is_summarized, ...row }: EpisodeRecord): Promise<Outcome> {
      const known = (await targetOf(key)) ?? (await read.transfers.episodeLike(user_id, row))?.id ?? null;
      if (dry) return known === null ? 'imported' : 'skipped';
      await atomically(async (stores) => {
        const id =
          known ?? (await stores.episodes.create({ ...row, user_id, is_summarized: is_summarized ? 1 : 0 })).id;
        const words = [row.title, row.summary].filter(Boolean).join('\n');
        if (known === null && words !== '') await stores.words.add(user_id, 'episode', [{ id, text: words }]);
        await stores.transfers.mark(user_id, markOf(key), id);
      });
      return known === null ? 'imported' : 'skipped';
    }

    async function placeConversation(record: ConversationRecord): Promise<Outcome> {
      const { key, agent, session_id, title, metadata, messages } = record;
      const started_at = record.started_at ?? now();
      const row = { agent, session_id, title, started_at };
      const marked = await targetOf(key);
      const known = marked ?? (await read.transfers.conversationLike(user_id, row))?.id ?? null;
      if (dry) {
        would.add(key);
        return known === null ? 'imported' : 'skipped';
      }
      await atomically(async (stores) => {
        const updated_at = record.updated_at ?? started_at;
        const id = known ?? (await stores.conversations.create({ ...row, user_id, metadata, updated_at })).id;
        if (known === null) for (const message of messages) await addMessage(stores, id, message, started_at);
        await stores.transfers.mark(user_id, markOf(key), id);
        if (known !== null && marked === null) await stores.transfers.mark(user_id, markOf(nativeKey(key)), id);
      });
      return known === null ? 'imported' : 'skipped';
    }

    async function addMessage(stores: PlacerStores, id: number, message: MessageRecord, at: string): Promise<void> {
      const { role, content, metadata, created_at } = message;
      const added = await stores.conversations.addMessages(
        user_id,
        id,
        [{ role: role.slice(0, 200), content: redactor.message(content), metadata }],
        created_at ?? at,
      );
      await stores.words.add(
        user_id,
        'message',
        added.map((one) => ({ id: one.id, text: one.content })),
      );
    }

    /** One after the other, so that those of a conversation stay in order. */
    async function placeMessage(record: MessageRecord, line: number): Promise<Outcome> {
      const id = await targetOf(record.conversation);
      if (dry) return 'imported';
      if (id === null) throw new AppError('conversation_not_found', 'Its conversation is not in this file.');
      const key = `message:${record.conversation}\n${record.key ?? line}\n${record.role}\n${sha256(record.content)}`;
      if ((await targetOf(key)) !== null) return 'skipped';
      // A conversation that was not brought in, but is here, has its messages.
      const there = (await targetOf(nativeKey(record.conversation))) !== null;
      const conversation = await read.conversations.byId(user_id, id);
      if (!conversation) throw new AppError('conversation_not_found', 'Its conversation was erased.');
      await atomically(async (stores) => {
        if (!there) await addMessage(stores, id, record, conversation.started_at);
        await stores.transfers.mark(user_id, markOf(key), id);
      });
      return there ? 'skipped' : 'imported';
    }

    async function placeFact({ memory: key, columns }: FactRecord): Promise<Outcome> {
      const id = await memoryId(key);
      if (dry) return id !== null || would.has(key) ? 'imported' : 'skipped';
      if (id === null) throw new AppError('memory_not_found', 'The memory that states this fact is not here.');
      const row = (await read.memories.byId(user_id, id))!;
      const word = (name: string): string | null =>
        typeof columns[name] === 'string' ? (columns[name] as string) : null;
      const figure = (name: string): number | null =>
        typeof columns[name] === 'number' ? (columns[name] as number) : null;
      const subject = word('subject')!;
      const object = word('object') ?? '';
      const predicate = word('predicate') ?? 'is';
      const known = await read.facts.ofMemories(user_id, [id]);
      if (known.some((one) => one.subject === subject && one.predicate === predicate && one.object === object))
        return 'skipped';
      await atomically(({ facts }) =>
        facts.insert({
          ...{ user_id, space_id: row.space_id, memory_id: id, subject, predicate, object },
          subject_key: word('subject_key') ?? subject.toLowerCase(),
          object_key: word('object_key') ?? object.toLowerCase(),
          verb: word('verb') ?? predicate,
          quantity: figure('quantity'),
          unit: word('unit'),
          date_ref: word('date_ref'),
          date_approx: word('date_approx'),
          confidence: figure('confidence') ?? 1,
          origin: columns.origin === 'llm' ? 'llm' : 'rules',
          is_end: figure('is_end') === 1 ? 1 : 0,
          valid_at: word('valid_at') ?? row.created_at,
          withdrawn_at: word('withdrawn_at'),
          invalid_at: word('invalid_at'),
          invalidated_by: null,
          created_at: word('created_at') ?? row.created_at,
        }),
      );
      return 'imported';
    }

    async function placeEntity(record: EntityRecord): Promise<Outcome> {
      // Those that were read in memories are read in them again.
      if (record.origin !== 'manual') return 'skipped';
      if (dry) return 'imported';
      const { name, entity_type, description, metadata, confidence } = record;
      const space_id =
        record.space === undefined || scope.space_id !== null
          ? (scope.space_id ?? scope.default_space_id)
          : await deps.spaceNamed(scope, record.space);
      const at = record.created_at ?? now();
      const id = await atomically(({ entities }) =>
        entities.insert({
          ...{ user_id, space_id, space_key: space_id ?? 0, name, entity_type, description, metadata, confidence },
          ...{ name_key: nameKey(entity_type, name), short_key: shortKey(entity_type, name), origin: 'manual' },
          ...{
            memory_count: 0,
            occurrence_count: 0,
            first_seen_at: at,
            last_seen_at: at,
            created_at: at,
            updated_at: at,
          },
        }),
      );
      return id === null ? 'skipped' : 'imported';
    }

    async function placePreference({ name, value, domain, updated_at }: PreferenceRecord): Promise<Outcome> {
      const known = await read.preferences.byKey(user_id, name);
      // What was set here, or set later, holds.
      if (known && (known.value === value || updated_at === null || known.updated_at >= updated_at)) return 'skipped';
      if (!dry)
        await atomically(({ preferences }) =>
          preferences.put({ user_id, key: name, value, domain, updated_at: updated_at ?? now() }),
        );
      return 'imported';
    }

    return (record: ImportRecord, line: number): Promise<Outcome> => {
      switch (record.kind) {
        case 'memory':
          return placeMemory(record);
        case 'link':
          return placeLink(record);
        case 'episode':
          return placeEpisode(record);
        case 'conversation':
          return placeConversation(record);
        case 'message':
          return placeMessage(record, line);
        case 'fact':
          return placeFact(record);
        case 'entity':
          return placeEntity(record);
        case 'preference':
          return placePreference(record);
      }
    };
  }
  return Object.assign(placing, { markOf: syncMark });
}
export type Placing = ReturnType<typeof createPlacer>;
