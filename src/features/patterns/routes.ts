import { type Route, route } from '../../core/endpoint.ts';
import { detectPatterns, findSequences, predictivePatterns, predictiveRecall, temporalPatterns } from './contract.ts';
import type { Patterns } from './service.ts';

const DETECTED = 20;

export const patternRoutes = (patterns: Patterns): Route[] => [
  route(detectPatterns, (_input, { scope }) => patterns.temporal(scope, DETECTED)),
  route(temporalPatterns, ({ query }, { scope }) => patterns.temporal(scope, query.limit)),
  route(predictivePatterns, ({ query }, { scope }) => patterns.predictive(scope, query.limit)),
  route(findSequences, ({ body }, { scope }) => patterns.sequences(scope, body.window_mins)),
  route(predictiveRecall, (_input, { scope }) => patterns.recall(scope)),
];
