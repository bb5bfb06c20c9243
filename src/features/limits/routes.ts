import { type Route, route } from '../../core/endpoint.ts';
import { lookAtLimit } from './contract.ts';
import type { LimitsService } from './service.ts';

export const limitsRoutes = (limits: LimitsService): Route[] => [
  route(lookAtLimit, ({ params }, { scope }) => limits.look(scope, params.key)),
];
