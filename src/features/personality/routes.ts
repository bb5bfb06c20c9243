import { type Route, route } from '../../core/endpoint.ts';
import type { Scope } from '../../core/scope.ts';
import type { ProfileService } from '../profile/service.ts';
import {
  addSignal,
  detectSignals,
  getPersonality,
  listSignals,
  synthesizeProfile,
  updatePersonality,
} from './contract.ts';
import type { Personality } from './service.ts';

/** @param outline what `GET /profile` answers */
export const personalityRoutes = (
  personality: Personality,
  outline: (scope: Scope) => ReturnType<ProfileService['outline']>,
): Route[] => [
  route(detectSignals, ({ body }) => personality.detect(body.content)),
  route(addSignal, ({ body }, { scope }) => personality.add(scope, body)),
  route(listSignals, ({ query }, { scope }) => personality.signals(scope, query)),
  route(getPersonality, ({ query }, { scope }) => personality.profile(scope, query.subject)),
  route(updatePersonality, (_input, { scope }) => personality.update(scope)),
  route(synthesizeProfile, async (_input, { scope }) => {
    const degraded = await personality.synthesize(scope);
    return { ...(await outline(scope)), degraded };
  }),
];
