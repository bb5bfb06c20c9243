import { type Route, route } from '../../core/endpoint.ts';
import { dream, dreamer, runThinking } from './contract.ts';
import type { Thinking } from './service.ts';

export const thinkingRoutes = (thinking: Thinking): Route[] => [
  route(runThinking, (_input, { scope }) => thinking.run(scope)),
  route(dream, (_input, { scope }) => thinking.dream(scope)),
  route(dreamer, (_input, { scope }) => thinking.state(scope)),
];
