import { type Route, route, withStatus } from '../../core/endpoint.ts';
import { health, live, ready } from './contract.ts';
import type { SystemService } from './service.ts';

export const systemRoutes = (system: SystemService): Route[] => [
  route(health, () => system.health()),
  route(live, () => system.live()),
  route(ready, async () => {
    const state = await system.ready();
    return state.status === 'ready' ? state : withStatus(503, state);
  }),
];
