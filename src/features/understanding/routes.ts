import { type Route, route } from '../../core/endpoint.ts';
import { understandAgain, understandingState } from './contract.ts';
import type { Understanding } from './service.ts';

export const understandingRoutes = (understanding: Understanding): Route[] => [
  route(understandingState, (_input, { scope }) => understanding.state(scope)),
  route(understandAgain, (_input, { scope }) => understanding.again(scope)),
];
