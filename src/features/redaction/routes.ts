import { type Route, route } from '../../core/endpoint.ts';
import * as contract from './contract.ts';
import type { Redaction } from './service.ts';

export const redactionRoutes = (redaction: Redaction): Route[] => [
  route(contract.changeSpace, ({ params, body }, { scope }) => redaction.change(scope, params.id, body.redaction)),
  route(contract.sweep, ({ body }) => redaction.sweep(body.dry_run)),
];
