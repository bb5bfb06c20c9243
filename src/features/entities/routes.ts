import { type Route, route } from '../../core/endpoint.ts';
import * as c from './contract.ts';
import type { Entities } from './service.ts';

export const entityRoutes = (entities: Entities): Route[] => [
  route(c.createEntity, ({ body }, { scope }) => entities.create(scope, body)),
  route(c.listEntities, ({ query }, { scope }) => entities.list(scope, query)),
  route(c.getEntity, ({ params }, { scope }) => entities.get(scope, params.id)),
  route(c.changeEntity, ({ params, body }, { scope }) => entities.change(scope, params.id, body)),
  route(c.deleteEntity, ({ params }, { scope }) => entities.remove(scope, params.id)),
  route(c.mergeEntity, ({ params, body }, { scope }) => entities.merge(scope, params.id, body.into)),
  route(c.listRelationships, ({ params, query }, { scope }) => entities.relationships(scope, params.id, query.type)),
  route(c.addRelationship, ({ body }, { scope }) =>
    entities.relate(scope, body.source_entity_id, body.target_entity_id, body.relationship_type, body.strength),
  ),
  route(c.addRelationshipTo, ({ params, body }, { scope }) =>
    entities.relate(scope, params.id, body.target_id, body.relationship, 1),
  ),
  route(c.deleteRelationship, ({ params, body }, { scope }) =>
    entities.unrelate(scope, params.id, body.target_entity_id, body.type ?? undefined),
  ),
  route(c.entityMemories, ({ params, query }, { scope }) => entities.memories(scope, params.id, query.limit)),
  route(c.linkEntity, ({ params }, { scope }) => entities.link(scope, params.id, params.memory_id)),
  route(c.unlinkEntity, ({ params }, { scope }) => entities.unlink(scope, params.id, params.memory_id)),
  route(c.searchEntity, ({ params, body }, { scope }) => entities.search(scope, params.id, body.query, body.limit)),
  route(c.cooccurrences, ({ params, query }, { scope }) => entities.cooccurrences(scope, params.id, query.limit)),
  route(c.rebuildCooccurrences, (_input, { scope }) => entities.rebuild(scope)),
];
