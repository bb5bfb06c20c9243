import { THE_USER } from '../../algo/personality/types.ts';
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
    const [shown, { portrait, is_stale }] = await Promise.all([outline(scope), personality.profile(scope, THE_USER)]);
    const personality_summary = (is_stale ? null : portrait) ?? shown.personality_summary;
    return { ...shown, personality_summary, degraded };
  }),
];
