import { type Route, route } from '../../core/endpoint.ts';
import {
  createGroundingSession,
  endGroundingSession,
  executeTool,
  getGroundingSession,
  listGroundingSessions,
  listProviders,
  listTools,
  toolQuality,
} from './contract.ts';
import type { Grounding } from './service.ts';

export const groundingRoutes = (grounding: Grounding): Route[] => [
  route(createGroundingSession, ({ body }, { scope }) => grounding.begin(scope, body)),
  route(listGroundingSessions, (_input, { scope }) => grounding.sessions(scope)),
  route(getGroundingSession, ({ params }, { scope }) => grounding.session(scope, params.id)),
  route(endGroundingSession, ({ params }, { scope }) => grounding.end(scope, params.id)),
  route(listTools, () => grounding.tools()),
  route(listProviders, () => grounding.providers()),
  route(executeTool, ({ body }, context) => grounding.execute(context, body)),
  route(toolQuality, ({ query }, { scope }) => grounding.quality(scope, query)),
];
