import { type Route, route } from '../../core/endpoint.ts';
import { askApproval, decideApproval, getApproval, pendingApprovals } from './contract.ts';
import type { Approvals } from './service.ts';

export const approvalRoutes = (approvals: Approvals): Route[] => [
  route(askApproval, ({ body }, { scope }) => approvals.ask(scope, body)),
  // Before the routes of single ones: "pending" is no id.
  route(pendingApprovals, ({ query }, { scope }) => approvals.pending(scope, query.limit)),
  route(getApproval, ({ params }, { scope }) => approvals.get(scope, params.id)),
  route(decideApproval, ({ params, body }, { scope }) => approvals.decide(scope, params.id, body)),
];
