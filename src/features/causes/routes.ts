import { type Route, route } from '../../core/endpoint.ts';
import { addCausalLink, getChain, listChains, makeChain, traceBackward } from './contract.ts';
import type { Causes } from './service.ts';

export const causeRoutes = (causes: Causes): Route[] => [
  route(makeChain, ({ body }, { scope }) => causes.make(scope, body)),
  route(listChains, ({ query }, { scope }) => causes.list(scope, query.limit)),
  route(getChain, ({ params }, { scope }) => causes.get(scope, params.id)),
  route(addCausalLink, ({ body }, { scope }) => causes.link(scope, body)),
  route(traceBackward, ({ params, body }, { scope }) => causes.backward(scope, params.memory_id, body.max_depth)),
];
