import { type Route, route } from '../../core/endpoint.ts';
import * as contract from './contract.ts';
import type { Sync } from './service.ts';

export const syncRoutes = (sync: Sync): Route[] => [
  route(contract.changes, ({ query }, { scope }) => sync.changes(scope, query)),
  route(contract.receive, ({ body }, { scope }) =>
    sync.receive(scope, [...(body.changes ?? []), ...(body.memories ?? [])]),
  ),
];
