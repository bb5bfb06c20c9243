import { type Route, route } from '../../core/endpoint.ts';
import { exitSafeMode } from './contract.ts';
import type { SafeMode } from './service.ts';

export const safeModeRoutes = (mode: SafeMode): Route[] => [route(exitSafeMode, () => mode.exit())];
