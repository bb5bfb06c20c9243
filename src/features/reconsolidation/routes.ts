import { type Route, route } from '../../core/endpoint.ts';
import { reconsolidate, reconsolidated, reconsolidationCandidates, undoReconsolidation } from './contract.ts';
import type { Reconsolidation } from './service.ts';

export const reconsolidationRoutes = (reconsolidation: Reconsolidation): Route[] => [
  route(reconsolidate, ({ params }, { scope }) => reconsolidation.run(scope, params.memory_id)),
  route(reconsolidationCandidates, ({ query }, { scope }) => reconsolidation.candidates(scope, query.limit)),
  route(reconsolidated, ({ query }, { scope }) => reconsolidation.list(scope, query.limit)),
  route(undoReconsolidation, ({ params }, { scope }) => reconsolidation.undo(scope, params.memory_id)),
];
