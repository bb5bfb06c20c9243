// Reads a memory for whom and what it names, and files it under those entities and projects.
import { foldName, nameKey, shortKey } from '../../algo/entities/keys.ts';
import type { Llm } from '../../core/llm.ts';
import type { Logger } from '../../core/log.ts';
import type { MemoryRow } from '../memory/rules.ts';
import { tagsOf } from '../memory/rules.ts';
import type { ProjectStore } from '../projects/store.ts';
import type { Step } from '../understanding/service.ts';
import type { MentionStore } from './mention-store.ts';
import { askLlm, namedRelations, type Reading, readText } from './reading.ts';
import type { RelationshipStore } from './relationship-store.ts';
import { type Draft, type EntityRow, type Known, MOST_PAIRED, resolve, spaceKey } from './rules.ts';
import type { EntityStore } from './store.ts';

export interface EntityStores {
  entities: EntityStore;
  mentions: MentionStore;
  relationships: RelationshipStore;
  projects: ProjectStore;
  lockUser(user_id: number): Promise<void>;
}

/** Names of things made by hand that are looked for in every text. */
const MOST_KNOWN = 2_000;
const PROJECT_TAG = 'project:';

export function entityStep(deps: {
  read: Pick<EntityStores, 'entities' | 'projects'>;
  llm: Llm | null;
  logger: Logger;
}): Step<EntityStores> {
  const { read, llm, logger } = deps;

  async function readOne({ user_id, space_id, content, id }: MemoryRow): Promise<Reading> {
    const space = spaceKey(space_id);
    const names = new Set([
      ...(await read.entities.handMade(user_id, space, MOST_KNOWN)).map(foldName),
      ...(await read.projects.names(user_id, space, MOST_KNOWN)).map(({ name_key }) => name_key),
    ]);
    if (llm !== null) {
      try {
        const { found, relationships } = await askLlm(llm, content);
        const reading = readText(content, names, found);
        return { ...reading, relations: [...reading.relations, ...namedRelations(reading.drafts, relationships)] };
      } catch (error) {
        logger.warn({ err: error, memory: id }, 'entities are found by rules: the language model did not answer');
      }
    }
    return readText(content, names);
  }

  return {
    name: 'entities',
    async read({ row }) {
      const reading = await readOne(row);
      return (stores) => write(stores, row, reading);
    },
  };
}

async function write(stores: EntityStores, row: MemoryRow, { drafts, relations, known }: Reading): Promise<void> {
  const { entities, mentions, relationships, projects, lockUser } = stores;
  const { user_id, id: memory_id } = row;
  await lockUser(user_id);
  const before = await mentions.of(user_id, memory_id);
  const meant = await entitiesOf(stores, row, drafts);

  const found = new Map<number, number>();
  for (const draft of drafts) {
    const entity = meant.get(draft);
    if (entity !== undefined) found.set(entity, (found.get(entity) ?? 0) + draft.mentions);
  }
  // What people linked stays, though no rule finds it.
  for (const { entity_id, origin, mentions } of before)
    if (origin === 'manual' && !found.has(entity_id)) found.set(entity_id, mentions);
  const manual = new Set(before.filter(({ origin }) => origin === 'manual').map(({ entity_id }) => entity_id));
  await mentions.replace(
    user_id,
    memory_id,
    [...found].map(([entity_id, mentions], at) => ({
      entity_id,
      mentions,
      is_paired: Number(at < MOST_PAIRED),
      origin: manual.has(entity_id) ? 'manual' : 'read',
    })),
  );
  await entities.seen(user_id, [...found.keys()], row.occurred_at ?? row.created_at);

  const said: number[] = [];
  for (const { source, target, type } of relations) {
    const [from, to] = [meant.get(source), meant.get(target)];
    if (from === undefined || to === undefined || from === to) continue;
    const { id } = await relationships.add({
      user_id,
      source_entity_id: from,
      target_entity_id: to,
      relationship_type: type,
      strength: 1,
      origin: 'read',
      created_at: row.created_at,
    });
    said.push(id);
  }
  await relationships.replaceEvidence(user_id, memory_id, [...new Set(said)]);
  await entities.removeUnnamed(
    user_id,
    before.map(({ entity_id }) => entity_id).filter((id) => !found.has(id)),
  );

  const named = new Set([
    ...known,
    ...drafts.filter(({ type }) => type === 'project' || type === 'unknown').map(({ key }) => key),
    ...tagsOf(row).flatMap((tag) => (tag.startsWith(PROJECT_TAG) ? [foldName(tag.slice(PROJECT_TAG.length))] : [])),
  ]);
  const all = named.size === 0 ? [] : await projects.names(user_id, spaceKey(row.space_id), MOST_KNOWN);
  await projects.replaceRead(
    user_id,
    memory_id,
    all.filter(({ name_key }) => named.has(name_key)).map(({ id }) => id),
  );
}

/** Finds or makes the entity of every name. */
async function entitiesOf(
  { entities, mentions, relationships }: EntityStores,
  row: MemoryRow,
  drafts: readonly Draft[],
): Promise<Map<Draft, number>> {
  const { user_id, space_id } = row;
  const space_key = spaceKey(space_id);
  const keys = [
    ...new Set(
      drafts.flatMap(({ type, name, key, others }) => [
        key,
        foldName(name),
        shortKey(type, name) ?? key,
        ...others.keys(),
      ]),
    ),
  ];
  const [named, shortened] = [
    await entities.named(user_id, space_key, keys),
    await entities.shortened(user_id, space_key, keys),
  ];
  const aliases = await entities.aliased(user_id, space_key, keys);
  const called = new Map(
    (await entities.allByIds(user_id, [...new Set(aliases.map(({ entity_id }) => entity_id))])).map((one) => [
      one.id,
      one,
    ]),
  );
  const known: Known & { named: EntityRow[]; shortened: EntityRow[] } = {
    named,
    shortened,
    aliased: aliases.flatMap(({ alias_key, origin, entity_id }) => {
      const entity = called.get(entity_id);
      return entity ? [{ alias_key, origin, entity }] : [];
    }),
  };

  const meant = new Map<Draft, number>();
  // Longer names first: a short one may mean what a longer one made known.
  for (const draft of [...drafts].sort((a, b) => b.key.length - a.key.length)) {
    const resolution = resolve(draft, known);
    if (resolution.kind === 'nothing') continue;
    const own = { name: draft.name, name_key: draft.key, short_key: shortKey(draft.type, draft.name) };
    let id: number | null;
    if (resolution.kind === 'is') id = resolution.entity.id;
    else if (resolution.kind === 'rename') {
      const { entity } = resolution;
      id = entity.id;
      await entities.set(user_id, id, { ...own, updated_at: row.created_at });
      await entities.addAlias(alias(entity, entity.name, entity.name_key, 'short'));
      Object.assign(entity, own);
      known.shortened.push(entity);
    } else {
      const at = row.occurred_at ?? row.created_at;
      const entity: Omit<EntityRow, 'id'> = {
        user_id,
        space_id,
        space_key,
        ...own,
        entity_type: draft.type,
        description: null,
        metadata: null,
        origin: 'read',
        confidence: draft.confidence,
        memory_count: 0,
        occurrence_count: 0,
        first_seen_at: at,
        last_seen_at: at,
        created_at: row.created_at,
        updated_at: row.created_at,
      };
      id = await entities.insert(entity);
      if (id === null) continue;
      known.named.push({ ...entity, id });
      if (own.short_key !== null) known.shortened.push({ ...entity, id });
    }
    meant.set(draft, id);
    const entity = { id, user_id, space_key };
    for (const [key, name] of draft.others) {
      const stated = draft.stated.has(key);
      // The given name of somebody is looked up by itself; only what a text says is kept.
      if (stated) await entities.addAlias(alias(entity, name, nameKey(draft.type, name), 'read'));
      const twin = known.named.find(
        (one) => one.name_key === key && one.id !== id && one.origin === 'read' && one.entity_type === draft.type,
      );
      if (!stated || !twin) continue;
      await mentions.move(user_id, twin.id, id);
      await relationships.move(user_id, twin.id, id);
      await entities.remove(user_id, twin.id);
      known.named.splice(known.named.indexOf(twin), 1);
    }
  }
  return meant;
}

const alias = (
  { id, user_id, space_key }: Pick<EntityRow, 'id' | 'user_id' | 'space_key'>,
  name: string,
  alias_key: string,
  origin: string,
) => ({ entity_id: id, user_id, space_key, alias: name, alias_key, origin });
