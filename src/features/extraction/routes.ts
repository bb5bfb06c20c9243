import { type Route, route } from '../../core/endpoint.ts';
import { addConversation } from './contract.ts';
import type { Extraction } from './service.ts';

export const extractionRoutes = (extraction: Extraction): Route[] => [
  route(addConversation, ({ body }, { scope }) => extraction.add(scope, body)),
];
