import { type Route, route } from '../../core/endpoint.ts';
import { feedbackStats, giveFeedback } from './contract.ts';
import type { Feedback } from './service.ts';

export const feedbackRoutes = (feedback: Feedback): Route[] => [
  route(giveFeedback, ({ body }, { scope }) => feedback.give(scope, body)),
  route(feedbackStats, (_input, { scope }) => feedback.stats(scope)),
];
