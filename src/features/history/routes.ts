import { type Route, route } from '../../core/endpoint.ts';
import { correct, timetravel } from './contract.ts';
import type { Corrections } from './corrections.ts';
import type { Timetravel } from './timetravel.ts';

export const historyRoutes = (corrections: Corrections, travel: Timetravel): Route[] => [
  route(correct, ({ body }, { scope }) => corrections.correct(scope, body)),
  route(timetravel, ({ body }, { scope }) => travel.knownAt(scope, body)),
];
