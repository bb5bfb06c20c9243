import { type Route, route } from '../../core/endpoint.ts';
import * as contract from './contract.ts';
import type { MaintenanceModes } from './maintenance.ts';
import type { Admin } from './service.ts';
import type { Sla } from './sla.ts';

export const adminRoutes = (admin: Admin, maintenance: MaintenanceModes, sla: Sla): Route[] => [
  route(contract.getSettings, () => admin.settings()),
  route(contract.putSettings, ({ body }) => admin.setSettings(body)),
  route(contract.getMaintenance, () => ({ ...maintenance.get() })),
  route(contract.setMaintenance, async ({ body }) => ({
    ...(await maintenance.set(body.enabled, body.message ?? null)),
  })),
  route(contract.getSla, () => sla.report()),
  route(contract.resetSla, () => sla.reset()),
  route(contract.scaleReport, () => admin.scale()),
  route(contract.schema, () => admin.schema()),
  route(contract.coldStorage, ({ query }) => admin.cold(query.days)),
  route(contract.providers, () => admin.providers()),
  route(contract.tasks, () => admin.tasks()),
  route(contract.gc, ({ body }) => admin.gc(body.user_id)),
  route(contract.refreshCache, () => admin.refresh()),
  route(contract.rebuildFts, ({ body }) => admin.rebuildWords(body.user_id)),
  route(contract.replayVectors, ({ body }) => admin.replay(body.limit)),
  route(contract.rebuildVectors, () => admin.rebuildVectors()),
];
