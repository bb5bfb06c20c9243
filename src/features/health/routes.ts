import { type Route, route } from '../../core/endpoint.ts';
import { memoryHealth } from './contract.ts';
import type { Health } from './service.ts';

export const healthRoutes = (health: Health): Route[] => [
  route(memoryHealth, ({ query }, { scope }) => health.memories(scope, query)),
];
