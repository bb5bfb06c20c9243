// Who and what memories name: people, organizations, places, servers, tools, projects; how they stand to each other.
import { z } from 'zod';
import { endpoint } from '../../core/endpoint.ts';
import { Id, IdParams, Limit, Memory, Offset, Text, TimeText } from '../../core/shapes.ts';

const Count = z.number().int();
const Name = Text.transform((name) => name.replace(/\s+/g, ' ').trim()).pipe(
  z.string().min(1, 'must not be blank').max(200, 'at most 200 characters'),
);
const Type = Text.transform((type) => type.trim().toLowerCase()).pipe(
  z.string().min(1, 'must not be blank').max(50, 'at most 50 characters'),
);
const TypeName = Type.meta({
  description:
    'person, organization, place, server, tool, project, email, url, path, env, code or ticket when memories are read; any word is accepted',
  example: 'tool',
});
const RelationshipType = Type.default('related').meta({ description: 'Any word', example: 'works_at' });
const Description = Text.max(10_000, 'at most 10,000 characters').nullish().meta({ description: 'What it is' });
const Aliases = z.array(Name).max(50, 'at most 50 aliases').meta({ description: 'Other names of it' });
const Metadata = z.record(z.string(), z.unknown()).nullish().meta({ description: 'Any JSON object' });

export const Entity = z
  .looseObject({
    id: Count,
    name: z.string().meta({ example: 'Postgres' }),
    entity_type: z.string().meta({ example: 'tool' }),
    type: z.string().meta({ description: 'The same as entity_type' }),
    description: z.string().nullable(),
    aliases: z.array(z.string()),
    metadata: z.unknown(),
    user_id: Count,
    space_id: Count.nullable(),
    origin: z.string().meta({ description: '`read` in memories, or `manual`' }),
    confidence: z.number(),
    occurrence_count: Count.meta({ description: 'How often current memories name it' }),
    memory_count: Count.meta({ description: 'How many current memories name it' }),
    first_seen_at: TimeText,
    last_seen_at: TimeText,
    created_at: TimeText,
    updated_at: TimeText,
  })
  .meta({ id: 'Entity' });

export const Relationship = z
  .looseObject({
    id: Count,
    source_entity_id: Count,
    target_entity_id: Count,
    relationship_type: z.string().meta({ example: 'works_at' }),
    strength: z.number(),
    evidence_count: Count.meta({ description: 'Current memories that say so' }),
    created_at: TimeText,
  })
  .meta({ id: 'EntityRelationship' });

export const CreateEntity = z.object({
  name: Name.meta({ description: 'What it is called', example: 'Postgres' }),
  entity_type: TypeName.optional(),
  type: Type.optional().meta({ description: 'The same as entity_type' }),
  description: Description,
  aliases: Aliases.optional(),
  aka: Aliases.optional().meta({ description: 'The same as aliases' }),
  metadata: Metadata,
  space_id: Id.nullish().meta({ description: 'Space it lies in; that of the request when left out' }),
});
export const ChangeEntity = z.object({
  name: Name.optional().meta({ description: 'New name; the old one becomes another name of it' }),
  entity_type: TypeName.optional(),
  type: Type.optional().meta({ description: 'The same as entity_type' }),
  description: Description,
  aliases: Aliases.optional().meta({ description: 'All other names of it; those left out are not learnt again' }),
  metadata: Metadata,
});

export const createEntity = endpoint({
  id: 'entities.create',
  method: 'POST',
  path: '/entities',
  access: 'write',
  status: 201,
  summary: 'Make an entity',
  description: 'Memories that name it, by its name or another, are filed under it when they are read.',
  body: CreateEntity,
  response: Entity,
  errors: ['name_taken', 'space_not_found'],
});
export const listEntities = endpoint({
  id: 'entities.list',
  method: 'GET',
  path: '/entities',
  access: 'read',
  summary: 'Whom and what memories name, most often named first',
  query: z.object({
    limit: Limit(50, 1000),
    offset: Offset,
    type: Type.optional().meta({ description: 'Only those of this type' }),
    q: Text.max(200).optional().meta({ description: 'Part of the name' }),
  }),
  response: z.looseObject({ entities: z.array(Entity), count: Count, total: Count }),
});
export const getEntity = endpoint({
  id: 'entities.get',
  method: 'GET',
  path: '/entities/{id}',
  access: 'read',
  summary: 'One entity',
  params: IdParams,
  response: Entity,
  errors: ['entity_not_found'],
});
export const changeEntity = endpoint({
  id: 'entities.change',
  method: 'PUT',
  path: '/entities/{id}',
  access: 'write',
  summary: 'Change an entity',
  params: IdParams,
  body: ChangeEntity,
  response: Entity.extend({ updated: z.literal(true) }),
  errors: ['entity_not_found', 'name_taken'],
});
export const deleteEntity = endpoint({
  id: 'entities.delete',
  method: 'DELETE',
  path: '/entities/{id}',
  access: 'write',
  summary: 'Remove an entity',
  description: 'Memories stay. One that still names it brings it back when it is read again. Fine when there is none.',
  params: IdParams,
  response: z.looseObject({ deleted: z.literal(true), id: Count }),
});
export const mergeEntity = endpoint({
  id: 'entities.merge',
  method: 'POST',
  path: '/entities/{id}/merge',
  access: 'write',
  summary: 'Say that two entities are the same',
  description:
    'Its names become other names of `into`, which takes over its memories and relationships. To undo it, take the name out of `aliases` and have all memories read again.',
  params: IdParams,
  body: z.object({ into: Id.meta({ description: 'The entity that stays' }) }),
  response: z.looseObject({ merged: z.literal(true), id: Count, into: Count, entity: Entity }),
  errors: ['entity_not_found', 'invalid_request'],
});

export const listRelationships = endpoint({
  id: 'entities.relationships',
  method: 'GET',
  path: '/entities/{id}/relationships',
  access: 'read',
  summary: 'How an entity stands to others',
  params: IdParams,
  query: z.object({ type: Type.optional().meta({ description: 'Only relationships of this type' }) }),
  response: z.looseObject({ relationships: z.array(Relationship) }),
  errors: ['entity_not_found'],
});
export const addRelationship = endpoint({
  id: 'entities.relate',
  method: 'POST',
  path: '/entity-relationships',
  access: 'write',
  status: 201,
  summary: 'State a relationship between two entities',
  body: z.object({
    source_entity_id: Id.meta({ description: 'Entity it is said of' }),
    target_entity_id: Id.meta({ description: 'Entity it stands to' }),
    relationship_type: RelationshipType,
    strength: z.number().min(0).max(1).default(1).meta({ description: 'How sure, 0 to 1' }),
  }),
  response: Relationship,
  errors: ['entity_not_found', 'name_taken'],
});
export const addRelationshipTo = endpoint({
  id: 'entities.relate_to',
  method: 'POST',
  path: '/entities/{id}/relationships',
  access: 'write',
  status: 201,
  summary: 'State a relationship of an entity to another',
  params: IdParams,
  body: z.object({ target_id: Id.meta({ description: 'Entity it stands to' }), relationship: RelationshipType }),
  response: Relationship,
  errors: ['entity_not_found', 'name_taken'],
});
export const deleteRelationship = endpoint({
  id: 'entities.unrelate',
  method: 'DELETE',
  path: '/entities/{id}/relationships',
  access: 'write',
  summary: 'Remove relationships of an entity to another',
  params: IdParams,
  body: z.object({
    target_entity_id: Id.meta({ description: 'Entity it stands to' }),
    type: Type.nullish().meta({ description: 'All types when left out' }),
  }),
  response: z.looseObject({
    deleted: z.literal(true),
    source_entity_id: Count,
    target_entity_id: Count,
    relationship_type: z.string().nullable(),
  }),
  errors: ['entity_not_found'],
});

export const entityMemories = endpoint({
  id: 'entities.memories',
  method: 'GET',
  path: '/entities/{id}/memories',
  access: 'read',
  summary: 'Memories that name an entity, newest first',
  params: IdParams,
  query: z.object({ limit: Limit(1000, 10_000) }),
  response: z.looseObject({ memory_ids: z.array(Count) }),
  errors: ['entity_not_found'],
});
const LinkParams = z.strictObject({
  id: Id.meta({ description: 'Entity', example: 1 }),
  memory_id: Id.meta({ description: 'Memory', example: 1 }),
});
export const linkEntity = endpoint({
  id: 'entities.link',
  method: 'PUT',
  path: '/entities/{id}/memories/{memory_id}',
  access: 'write',
  summary: 'File a memory under an entity',
  params: LinkParams,
  response: z.looseObject({ linked: z.literal(true), entity_id: Count, memory_id: Count }),
  errors: ['entity_not_found', 'memory_not_found'],
});
export const unlinkEntity = endpoint({
  id: 'entities.unlink',
  method: 'DELETE',
  path: '/entities/{id}/memories/{memory_id}',
  access: 'write',
  summary: 'Take a memory out from under an entity',
  params: LinkParams,
  response: z.looseObject({ deleted: z.literal(true), entity_id: Count, memory_id: Count }),
});

export const WithinRequest = z.object({
  query: Text.max(10_000, 'at most 10,000 characters')
    .refine((q) => q.trim() !== '', 'must not be blank')
    .meta({ description: 'What to look for', example: 'backup plan' }),
  limit: Limit(20, 100),
});
export const FoundMemories = z.looseObject({
  memories: z.array(Memory),
  results: z.array(Memory).meta({ description: 'The same as memories' }),
  count: Count,
});
export const searchEntity = endpoint({
  id: 'entities.search',
  method: 'POST',
  path: '/entities/{id}/search',
  access: 'read',
  summary: 'Search the memories that name an entity',
  params: IdParams,
  body: WithinRequest,
  response: FoundMemories.extend({ entity_id: Count }),
  errors: ['entity_not_found'],
});

export const cooccurrences = endpoint({
  id: 'entities.cooccurrences',
  method: 'GET',
  path: '/entities/{id}/cooccurrences',
  access: 'read',
  summary: 'Whom and what an entity is named together with',
  description:
    '`weight` says how much more often than chance would have it, 0 to 1 (normalised pointwise mutual information).',
  params: IdParams,
  query: z.object({ limit: Limit(20, 1000) }),
  response: z.looseObject({
    cooccurrences: z.array(
      Entity.extend({
        cooccurrence_count: Count.meta({ description: 'Current memories that name both' }),
        weight: z.number(),
      }),
    ),
  }),
  errors: ['entity_not_found'],
});
export const rebuildCooccurrences = endpoint({
  id: 'entities.rebuild',
  method: 'POST',
  path: '/graph/cooccurrences/rebuild',
  aliases: ['/admin/rebuild-cooccurrences'],
  access: 'write',
  summary: 'Count anew what is named together',
  description: 'The counts are kept exact all the time; this makes them anew from what each memory names.',
  response: z.looseObject({
    rebuilt: Count.meta({ description: 'Pairs there are now' }),
    rebuilt_pairs: Count.meta({ description: 'The same' }),
  }),
  timeout_ms: 300_000,
});
