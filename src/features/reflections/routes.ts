import { type Route, route, withStatus } from '../../core/endpoint.ts';
import { generateReflections, listReflections, reflect } from './contract.ts';
import type { Reflections } from './service.ts';

export const reflectionRoutes = (reflections: Reflections): Route[] => [
  route(reflect, async ({ body }, { scope }) =>
    body.content === undefined
      ? reflections.lookBack(scope, body.period, body.force)
      : withStatus(201, await reflections.keep(scope, { ...body, content: body.content })),
  ),
  route(listReflections, ({ query }, { scope }) => reflections.list(scope, query.limit)),
  route(generateReflections, ({ query }, { scope }) => reflections.generate(scope, query.limit, 'soon')),
];
