import { type Route, route, withStatus } from '../../core/endpoint.ts';
import { batch } from './contract.ts';
import type { Batch } from './service.ts';

export const batchRoutes = (service: Batch): Route[] => [
  route(batch, async ({ body }, { scope }) => {
    const answer = await service.run(scope, body.ops);
    return answer.succeeded === answer.total ? answer : withStatus(207, answer);
  }),
];
