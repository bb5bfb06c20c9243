import { type Route, route } from '../../core/endpoint.ts';
import { clearPreferences, deletePreference, getPreference, listPreferences, putPreferences } from './contract.ts';
import type { Preferences } from './service.ts';

export const preferenceRoutes = (preferences: Preferences): Route[] => [
  route(listPreferences, ({ query }, { scope }) => preferences.list(scope, query)),
  route(putPreferences, ({ body }, { scope }) => preferences.put(scope, body)),
  route(clearPreferences, (_input, { scope }) => preferences.clear(scope)),
  route(getPreference, ({ params }, { scope }) => preferences.get(scope, params.key)),
  route(deletePreference, ({ params }, { scope }) => preferences.remove(scope, params.key)),
];
