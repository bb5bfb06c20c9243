import { type Route, route } from '../../core/endpoint.ts';
import { getStats } from './contract.ts';
import type { Stats } from './service.ts';

export const statsRoutes = (stats: Stats): Route[] => [
  route(getStats, ({ query }, { scope }) => stats.get(scope, query.user_id)),
];
