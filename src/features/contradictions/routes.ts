import { type Route, route } from '../../core/endpoint.ts';
import { contradictionsOf, findContradictions, listContradictions, resolveContradiction } from './contract.ts';
import type { Contradictions } from './service.ts';

export const contradictionRoutes = (contradictions: Contradictions): Route[] => [
  route(listContradictions, ({ query }, { scope }) => contradictions.list(scope, query)),
  route(findContradictions, (_input, { scope }) => contradictions.pairs(scope)),
  route(contradictionsOf, ({ params }, { scope }) => contradictions.of(scope, params.memory_id)),
  route(resolveContradiction, ({ body }, { scope }) => contradictions.resolve(scope, body)),
];
