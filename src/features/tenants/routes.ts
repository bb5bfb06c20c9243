import { type Route, route } from '../../core/endpoint.ts';
import * as contract from './contract.ts';
import type { Tenants } from './service.ts';

export const tenantRoutes = (tenants: Tenants): Route[] => [
  route(contract.quota, (_input, { scope }) => tenants.quota(scope)),
  route(contract.reportUsage, ({ body }, { scope }) => tenants.report(scope, body)),
  route(contract.usage, ({ query }, { scope }) => tenants.usage(scope, query.days)),
  route(contract.deleteSpace, ({ params, query }, { scope }) => tenants.deleteSpace(scope, params.id, query)),
  route(contract.listQuotas, () => tenants.quotas()),
  route(contract.setQuota, ({ body: { user_id, ...change } }) => tenants.setQuota(user_id, change)),
  route(contract.listUsage, () => tenants.allUsage()),
  route(contract.listTenants, () => tenants.list()),
  route(contract.provision, ({ body }) => tenants.provision(body)),
  route(contract.deprovision, ({ body }, { scope }) => tenants.deprovision(scope, body.user_id)),
  route(contract.reset, (_input, { scope }) => tenants.reset(scope)),
  route(contract.adminReset, (_input, { scope }) => tenants.reset(scope)),
];
