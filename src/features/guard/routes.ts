import { type Route, route } from '../../core/endpoint.ts';
import { checkAction } from './contract.ts';
import type { Guard } from './service.ts';

export const guardRoutes = (guard: Guard): Route[] => [
  route(checkAction, ({ body }, { scope }) => guard.check(scope, body.action)),
];
