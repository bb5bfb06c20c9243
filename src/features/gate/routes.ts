import { type Route, route } from '../../core/endpoint.ts';
import { checkGate, completeGate, completeLatestGate, respondGate } from './contract.ts';
import type { Gate } from './service.ts';

export const gateRoutes = (gate: Gate): Route[] => [
  route(checkGate, ({ body }, { scope }) => gate.check(scope, body)),
  route(respondGate, ({ body }, { scope }) => gate.respond(scope, body)),
  route(completeGate, ({ body }, { scope }) => gate.complete(scope, body)),
  route(completeLatestGate, ({ body }, { scope }) => gate.complete(scope, body)),
];
