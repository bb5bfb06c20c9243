import { type Route, route } from '../../core/endpoint.ts';
import { decompose, decomposeSweep } from './contract.ts';
import type { Decompose } from './service.ts';

export const decomposeRoutes = (decomposition: Decompose): Route[] => [
  route(decompose, ({ params }, { scope }) => decomposition.decompose(scope, params.memory_id)),
  route(decomposeSweep, ({ body }) => decomposition.sweep(body)),
];
