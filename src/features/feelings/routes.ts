import { type Route, route } from '../../core/endpoint.ts';
import { analyzeSentiment, scoreValence, sentimentHistory, valenceOf, valenceProfile } from './contract.ts';
import type { Feelings } from './service.ts';

export const feelingRoutes = (feelings: Feelings): Route[] => [
  route(analyzeSentiment, ({ body }, { scope }) => feelings.sentiment(scope, body)),
  route(sentimentHistory, ({ query }, { scope }) => feelings.history(scope, query)),
  route(scoreValence, ({ body }, { scope }) => feelings.score(scope, body)),
  route(valenceProfile, (_input, { scope }) => feelings.profile(scope)),
  route(valenceOf, ({ params }, { scope }) => feelings.of(scope, params.memory_id)),
];
