import { type Route, route } from '../../core/endpoint.ts';
import { backfillFacts, deleteState, extract, getState, listFacts } from './contract.ts';
import type { Facts } from './service.ts';

export const factRoutes = (facts: Facts): Route[] => [
  route(listFacts, ({ query }, { scope }) => facts.list(scope, query)),
  route(getState, ({ query }, { scope }) => facts.state(scope, query.key)),
  route(deleteState, ({ query }, { scope }) => facts.deleteState(scope, query.key)),
  route(extract, ({ body }, { scope }) => facts.extract(scope, body)),
  route(backfillFacts, ({ body }, { scope }) => facts.backfill(body.user_id ?? scope.user_id, body.limit)),
];
