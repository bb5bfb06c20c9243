import { type Route, route } from '../../core/endpoint.ts';
import { listDuplicates, mergeDuplicates } from './contract.ts';
import type { Duplicates } from './service.ts';

export const duplicatesRoutes = (duplicates: Duplicates): Route[] => [
  route(listDuplicates, ({ query }, { scope }) => duplicates.list(scope, query.threshold, query.limit)),
  route(mergeDuplicates, ({ body }, { scope }) => duplicates.merge(scope, body)),
];
