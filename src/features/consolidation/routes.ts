import { type Route, route, withStatus } from '../../core/endpoint.ts';
import { consolidate, consolidationCandidates, listConsolidations, undoConsolidation } from './contract.ts';
import type { Consolidation } from './service.ts';

export const consolidationRoutes = (consolidation: Consolidation): Route[] => [
  route(consolidate, async ({ body }, { scope }) => {
    const { created, ...made } = await consolidation.make(scope, body);
    return withStatus(created ? 201 : 200, made);
  }),
  route(consolidationCandidates, ({ body }, { scope }) => consolidation.candidates(scope, body.threshold)),
  route(listConsolidations, ({ query }, { scope }) => consolidation.list(scope, query.limit)),
  route(undoConsolidation, ({ params }, { scope }) => consolidation.undo(scope, params.id)),
];
