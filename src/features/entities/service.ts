// Entities over the wire: making, changing, merging and relating them, and what is named with them.

import type { z } from 'zod';
import { nameKey, shortKey } from '../../algo/entities/keys.ts';
import { type Clock, formatTime } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import type { Redactor } from '../../core/redactor.ts';
import type { Scope } from '../../core/scope.ts';
import type { Atomically } from '../../core/unit-of-work.ts';
import type { MemoryRow } from '../memory/rules.ts';
import type { MemoryStore } from '../memory/store.ts';
import type { ChangeEntity, CreateEntity } from './contract.ts';
import { withManual } from './mention-store.ts';
import type { RelationshipRow } from './relationship-store.ts';
import { type EntityRow, spaceKey, togetherness } from './rules.ts';
import type { EntityStores } from './step.ts';
import type { Within } from './within.ts';

type Stores = Omit<EntityStores, 'projects'> & { memories: Pick<MemoryStore, 'byId'> };
export interface EntitiesDeps {
  read: Omit<Stores, 'lockUser'>;
  atomically: Atomically<Stores>;
  within: Within;
  spaceExists(user_id: number, space_id: number): Promise<boolean>;
  redactor: Pick<Redactor, 'plain'>;
  clock: Clock;
}

const MOST_RELATIONSHIPS = 1_000;
const REBUILD_PAGE = 200;
/** Pairs looked at for each that is shown: the most frequent are not the most telling. */
const MOST_PAIRS = 1_000;

const noEntity = (id: number) =>
  new AppError('entity_not_found', `There is no entity ${id}. GET /entities lists yours.`);

export function createEntities({ read, atomically, within, spaceExists, redactor, clock }: EntitiesDeps) {
  const clean = (text: string | null | undefined) => (text == null ? null : redactor.plain(text));
  const now = () => formatTime(clock.now());
  const filterOf = ({ user_id, space_id }: Scope) => ({ user_id, space_id });

  async function found(scope: Scope, id: number, stores: Pick<Stores, 'entities'> = read): Promise<EntityRow> {
    const row = await stores.entities.byId(filterOf(scope), id);
    if (!row) throw noEntity(id);
    return row;
  }

  async function present(rows: readonly EntityRow[]) {
    const aliases = new Map<number, string[]>();
    const user_id = rows[0]?.user_id;
    const ids = rows.map(({ id }) => id);
    if (user_id !== undefined)
      for (const { entity_id, alias } of await read.entities.aliases(user_id, ids))
        aliases.set(entity_id, [...(aliases.get(entity_id) ?? []), alias]);
    return rows.map(({ space_key: _space, name_key: _name, short_key: _short, ...row }) => ({
      ...row,
      type: row.entity_type,
      aliases: aliases.get(row.id) ?? [],
      metadata: row.metadata === null ? null : (JSON.parse(row.metadata) as unknown),
    }));
  }
  const presentOne = async (row: EntityRow) => (await present([row]))[0]!;

  const taken = (name: string, type: string) =>
    new AppError('name_taken', `There is already an entity of type ${type} named "${name}".`);

  const alias = ({ id, user_id, space_key, entity_type }: EntityRow, name: string, origin: string) => ({
    entity_id: id,
    user_id,
    space_key,
    alias: name,
    alias_key: nameKey(entity_type, name),
    origin,
  });

  const relationship = ({ origin: _origin, user_id: _user, ...row }: RelationshipRow) => row;

  async function memoryOf(scope: Scope, id: number, stores: Pick<Stores, 'memories'>): Promise<MemoryRow> {
    const row = await stores.memories.byId(scope.user_id, id);
    if (!row || row.is_forgotten === 1 || (scope.space_id !== null && row.space_id !== scope.space_id))
      throw new AppError('memory_not_found', `There is no memory ${id}.`);
    return row;
  }

  return {
    async create(scope: Scope, body: z.output<typeof CreateEntity>) {
      const { user_id } = scope;
      const wanted = body.space_id ?? null;
      if (wanted !== null && !(await spaceExists(user_id, wanted)))
        throw new AppError('space_not_found', `There is no space ${wanted}. GET /spaces lists yours.`);
      const space_id = wanted ?? scope.space_id ?? scope.default_space_id;
      const entity_type = body.entity_type ?? body.type ?? 'unknown';
      const at = now();
      const row: Omit<EntityRow, 'id'> = {
        user_id,
        space_id,
        space_key: spaceKey(space_id),
        name: body.name,
        name_key: nameKey(entity_type, body.name),
        short_key: shortKey(entity_type, body.name),
        entity_type,
        description: clean(body.description),
        metadata: body.metadata == null ? null : JSON.stringify(body.metadata),
        origin: 'manual',
        confidence: 1,
        memory_count: 0,
        occurrence_count: 0,
        first_seen_at: at,
        last_seen_at: at,
        created_at: at,
        updated_at: at,
      };
      const made = await atomically(async (stores) => {
        await stores.lockUser(user_id);
        const id = await stores.entities.insert(row);
        if (id === null) throw taken(body.name, entity_type);
        for (const name of body.aliases ?? body.aka ?? [])
          await stores.entities.putAlias(alias({ ...row, id }, name, 'manual'));
        return { ...row, id };
      });
      return { ...(await presentOne(made)), created: true };
    },

    async list(
      scope: Scope,
      query: { limit: number; offset: number; type?: string | undefined; q?: string | undefined },
    ) {
      const { limit, offset, type } = query;
      const q = query.q?.trim() ? nameKey('unknown', query.q) : undefined;
      const filter = { ...filterOf(scope), type, q };
      const entities = await present(await read.entities.list(filter, limit, offset));
      return { entities, count: entities.length, total: await read.entities.count(filter) };
    },

    get: async (scope: Scope, id: number) => presentOne(await found(scope, id)),

    async change(scope: Scope, id: number, body: z.output<typeof ChangeEntity>) {
      await atomically(async (stores) => {
        await stores.lockUser(scope.user_id);
        const row = await found(scope, id, stores);
        const name = body.name ?? row.name;
        const entity_type = body.entity_type ?? body.type ?? row.entity_type;
        const name_key = nameKey(entity_type, name);
        const twins = await stores.entities.named(scope.user_id, row.space_key, [name_key]);
        if (twins.some((twin) => twin.id !== id && twin.entity_type === entity_type)) throw taken(name, entity_type);
        const changed: EntityRow = {
          ...row,
          name,
          name_key,
          short_key: shortKey(entity_type, name),
          entity_type,
          ...(body.description !== undefined && { description: clean(body.description) }),
          ...(body.metadata !== undefined && {
            metadata: body.metadata === null ? null : JSON.stringify(body.metadata),
          }),
          origin: 'manual',
          updated_at: now(),
        };
        const { id: _id, ...columns } = changed;
        await stores.entities.set(scope.user_id, id, columns);
        if (name_key !== row.name_key) await stores.entities.putAlias(alias(changed, row.name, 'manual'));
        if (body.aliases === undefined) return;
        const kept = new Set(body.aliases.map((alias) => nameKey(entity_type, alias)));
        for (const old of await stores.entities.aliases(scope.user_id, [id]))
          if (!kept.has(old.alias_key)) await stores.entities.putAlias({ ...old, origin: 'removed' });
        for (const name of body.aliases) await stores.entities.putAlias(alias(changed, name, 'manual'));
      });
      return { ...(await presentOne(await found(scope, id))), updated: true as const };
    },

    async remove(scope: Scope, id: number) {
      await atomically(async (stores) => {
        await stores.lockUser(scope.user_id);
        if (await stores.entities.byId(filterOf(scope), id)) await stores.entities.remove(scope.user_id, id);
      });
      return { deleted: true as const, id };
    },

    async merge(scope: Scope, id: number, into: number) {
      if (id === into) throw new AppError('invalid_request', 'into names the entity itself; name another one.');
      const { user_id } = scope;
      await atomically(async (stores) => {
        await stores.lockUser(user_id);
        const [gone, kept] = [await found(scope, id, stores), await found(scope, into, stores)];
        if (gone.space_key !== kept.space_key)
          throw new AppError(
            'invalid_request',
            'The two entities lie in different spaces, which know nothing of each other.',
          );
        const aliases = await stores.entities.aliases(user_id, [id]);
        await stores.mentions.move(user_id, id, into);
        await stores.relationships.move(user_id, id, into);
        for (const name of [gone.name, ...aliases.map(({ alias }) => alias)])
          await stores.entities.putAlias(alias({ ...kept, entity_type: kept.entity_type }, name, 'merge'));
        await stores.entities.set(user_id, into, {
          description: kept.description ?? gone.description,
          // What a person decided stays, whatever is read.
          origin: 'manual',
          updated_at: now(),
        });
        for (const at of [gone.first_seen_at, gone.last_seen_at]) await stores.entities.seen(user_id, [into], at);
        await stores.entities.remove(user_id, id);
      });
      return { merged: true as const, id, into, entity: await presentOne(await found(scope, into)) };
    },

    async relationships(scope: Scope, id: number, type: string | undefined) {
      await found(scope, id);
      const rows = await read.relationships.of(scope.user_id, id, type, MOST_RELATIONSHIPS);
      return { relationships: rows.map(relationship) };
    },

    async relate(scope: Scope, source: number, target: number, type: string, strength: number) {
      const { user_id } = scope;
      const row = await atomically(async (stores) => {
        await stores.lockUser(user_id);
        const [from, to] = [await found(scope, source, stores), await found(scope, target, stores)];
        if (from.space_key !== to.space_key) throw noEntity(target);
        const { id, created } = await stores.relationships.add({
          user_id,
          source_entity_id: source,
          target_entity_id: target,
          relationship_type: type,
          strength,
          origin: 'manual',
          created_at: now(),
        });
        if (!created && !(await stores.relationships.state(user_id, id, strength)))
          throw new AppError('name_taken', `Entity ${source} already stands to ${target} as "${type}".`);
        return (await stores.relationships.byId(user_id, id))!;
      });
      return relationship(row);
    },

    async unrelate(scope: Scope, source: number, target: number, type: string | undefined) {
      await found(scope, source);
      await atomically(({ relationships }) => relationships.remove(scope.user_id, source, target, type));
      return {
        deleted: true as const,
        source_entity_id: source,
        target_entity_id: target,
        relationship_type: type ?? null,
      };
    },

    async memories(scope: Scope, id: number, limit: number) {
      await found(scope, id);
      return { memory_ids: await read.mentions.memoryIds(within.filterOf(scope), id, limit) };
    },

    async link(scope: Scope, entity_id: number, memory_id: number) {
      const { user_id } = scope;
      await atomically(async (stores) => {
        await stores.lockUser(user_id);
        const entity = await found(scope, entity_id, stores);
        const memory = await memoryOf(scope, memory_id, stores);
        if (spaceKey(memory.space_id) !== entity.space_key)
          throw new AppError(
            'memory_not_found',
            `Memory ${memory_id} does not lie in the space of entity ${entity_id}.`,
          );
        const mentions = await stores.mentions.of(user_id, memory_id);
        await stores.mentions.replace(user_id, memory_id, withManual(mentions, entity_id));
        // A person used it: it stays though nothing names it.
        await stores.entities.set(user_id, entity_id, { origin: 'manual' });
        await stores.entities.seen(user_id, [entity_id], memory.occurred_at ?? memory.created_at);
      });
      return { linked: true as const, entity_id, memory_id };
    },

    async unlink(scope: Scope, entity_id: number, memory_id: number) {
      const { user_id } = scope;
      await atomically(async (stores) => {
        await stores.lockUser(user_id);
        if (!(await stores.entities.byId(filterOf(scope), entity_id))) return;
        const mentions = await stores.mentions.of(user_id, memory_id);
        const rest = mentions.filter((mention) => mention.entity_id !== entity_id);
        if (rest.length < mentions.length) await stores.mentions.replace(user_id, memory_id, rest);
      });
      return { deleted: true as const, entity_id, memory_id };
    },

    async search(scope: Scope, id: number, query: string, limit: number) {
      await found(scope, id);
      return { ...(await within.search(scope, { entity_id: id }, query, limit)), entity_id: id };
    },

    async cooccurrences(scope: Scope, id: number, limit: number) {
      const { memory_count } = await found(scope, id);
      const pairs = await read.mentions.pairs(scope.user_id, id, MOST_PAIRS);
      const all = await read.mentions.counted(scope.user_id);
      const rows = await read.entities.byIds(
        filterOf(scope),
        pairs.map(({ entity_id }) => entity_id),
      );
      const together = new Map(pairs.map(({ entity_id, memories }) => [entity_id, memories]));
      const weighed = rows.map((row) => {
        const cooccurrence_count = together.get(row.id)!;
        const weight = togetherness(cooccurrence_count, memory_count, row.memory_count, all);
        return { row, cooccurrence_count, weight: Number(weight.toFixed(6)) };
      });
      // Rare company is telling, but once may be chance.
      const telling = (one: (typeof weighed)[number]) => one.weight * Math.log2(1 + one.cooccurrence_count);
      const best = weighed
        .sort((a, b) => telling(b) - telling(a) || b.cooccurrence_count - a.cooccurrence_count || a.row.id - b.row.id)
        .slice(0, limit);
      const shown = await present(best.map(({ row }) => row));
      return {
        cooccurrences: shown.map((entity, at) => ({
          ...entity,
          cooccurrence_count: best[at]!.cooccurrence_count,
          weight: best[at]!.weight,
        })),
      };
    },

    async rebuild({ user_id }: Scope) {
      let [after, rebuilt] = [0, 0];
      for (;;) {
        const ids = await read.entities.page(user_id, after, REBUILD_PAGE);
        if (ids.length === 0) return { rebuilt, rebuilt_pairs: rebuilt };
        rebuilt += await atomically(async ({ entities, mentions, lockUser }) => {
          await lockUser(user_id);
          await entities.recount(user_id, ids);
          return mentions.rebuildPairs(user_id, ids);
        });
        after = ids.at(-1)!;
      }
    },
  };
}
export type Entities = ReturnType<typeof createEntities>;
