import { type Route, route } from '../../core/endpoint.ts';
import * as contract from './contract.ts';
import type { ScratchService } from './service.ts';

export const scratchRoutes = (scratch: ScratchService): Route[] => [
  route(contract.listScratch, ({ query }, { scope }) => scratch.list(scope, query)),
  route(contract.putScratch, ({ body }, { scope }) => scratch.put(scope, body)),
  route(contract.deleteScratchSession, async ({ params: { session } }, { scope }) => ({
    deleted: true as const,
    session,
    count: await scratch.remove(scope, session, null),
  })),
  route(contract.deleteScratchEntry, async ({ params: { session, key } }, { scope }) => ({
    deleted: true as const,
    session,
    key,
    count: await scratch.remove(scope, session, key),
  })),
  route(contract.promoteScratch, ({ params, body }, { scope }) => scratch.promote(scope, params.session, body)),
];
