import { type Route, route } from '../../core/endpoint.ts';
import * as c from './contract.ts';
import type { Projects } from './service.ts';

export const projectRoutes = (projects: Projects): Route[] => [
  route(c.createProject, ({ body }, { scope }) => projects.create(scope, body)),
  route(c.listProjects, ({ query }, { scope }) => projects.list(scope, query.status)),
  route(c.getProject, ({ params, query }, { scope }) => projects.get(scope, params.id, query.limit)),
  route(c.changeProject, ({ params, body }, { scope }) => projects.change(scope, params.id, body)),
  route(c.deleteProject, ({ params }, { scope }) => projects.remove(scope, params.id)),
  route(c.linkProject, ({ params }, { scope }) => projects.link(scope, params.id, params.memory_id)),
  route(c.unlinkProject, ({ params }, { scope }) => projects.unlink(scope, params.id, params.memory_id)),
  route(c.searchProject, ({ params, body }, { scope }) => projects.search(scope, params.id, body.query, body.limit)),
];
