import { type Route, route } from '../../core/endpoint.ts';
import { getMyStats, getProfile } from './contract.ts';
import type { ProfileService } from './service.ts';

export const profileRoutes = (profile: ProfileService): Route[] => [
  route(getProfile, (_input, { scope }) => profile.outline(scope)),
  route(getMyStats, (_input, { scope }) => profile.stats(scope)),
];
