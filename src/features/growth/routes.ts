import { type Route, route } from '../../core/endpoint.ts';
import { growthObservations, growthReflect, growthText, materializeGrowth } from './contract.ts';
import type { Growth } from './service.ts';

export const growthRoutes = (growth: Growth): Route[] => [
  route(growthReflect, ({ body }, { scope }) => growth.reflect(scope, body, 'soon')),
  route(growthObservations, ({ query }, { scope }) => growth.observations(scope, query.limit)),
  route(growthText, ({ query }, { scope }) => growth.text(scope, query)),
  route(materializeGrowth, ({ body }, { scope }) => growth.materialize(scope, body.observation_id)),
];
