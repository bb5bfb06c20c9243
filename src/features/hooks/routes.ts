import { type Route, route } from '../../core/endpoint.ts';
import { addTranscript, runHook } from './contract.ts';
import type { Hooks } from './service.ts';

export const hookRoutes = (hooks: Hooks): Route[] => [
  route(runHook, ({ params, query, body }, { scope }) => hooks.run(scope, params.agent, body, query.event)),
  route(addTranscript, ({ params, body }, { scope }) => hooks.transcript(scope, params.agent, body)),
];
