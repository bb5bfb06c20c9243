import { type Route, route } from '../../core/endpoint.ts';
import { listAudit, verifyAudit } from './contract.ts';
import type { AuditLog } from './service.ts';

export const auditRoutes = (audit: AuditLog): Route[] => [
  route(listAudit, ({ query }, { scope }) => audit.list(scope, query)),
  route(verifyAudit, ({ query }, { scope }) => audit.verify(scope, query.user_id)),
];
