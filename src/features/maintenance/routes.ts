import { type Route, route } from '../../core/endpoint.ts';
import * as contract from './contract.ts';
import type { Maintenance } from './service.ts';

export const maintenanceRoutes = (maintenance: Maintenance): Route[] => [
  route(contract.compact, () => maintenance.compact()),
  route(contract.rekey, () => maintenance.rekey()),
];
