// The part of the composition root about users and operators: what each may have, how they come and go, what is looked at
// and turned while the server runs. Called by app.ts alone.
import { type Config, explain } from './config.ts';
import type { Clock } from './core/clock.ts';
import type { Ids } from './core/crypto.ts';
import type { EndpointSpec, Route } from './core/endpoint.ts';
import type { Llm } from './core/llm.ts';
import type { RequestSample } from './core/metrics.ts';
import type { Scope } from './core/scope.ts';
import type { Atomically } from './core/unit-of-work.ts';
import type { AccessService } from './features/access/service.ts';
import { createMaintenanceMode } from './features/admin/maintenance.ts';
import { adminRoutes } from './features/admin/routes.ts';
import { createAdmin } from './features/admin/service.ts';
import { createSla } from './features/admin/sla.ts';
import { statsRoutes } from './features/stats/routes.ts';
import { createStats } from './features/stats/service.ts';
import { createErasure } from './features/tenants/erasure.ts';
import { tenantRoutes } from './features/tenants/routes.ts';
import { createTenants } from './features/tenants/service.ts';
import type { Trash } from './features/trash/service.ts';
import type { Meaning } from './meaning.ts';
import type { Database } from './platform/db/dialect.ts';
import type { Stores } from './stores.ts';

export interface TenancyDeps {
  config: Config;
  database: Database;
  read: Stores;
  atomically: Atomically<Stores>;
  /** For the parts of one piece of work, which is recorded as a whole. */
  unrecorded: Atomically<Stores>;
  access: AccessService;
  trash: Trash;
  meaning: Meaning;
  llm: Llm | null;
  /** After commit: memories wait to be read. */
  readAgain(user_id: number): Promise<void>;
  /** Starts due jobs. */
  wake(): void;
  clock: Clock;
  ids: Ids;
}

export interface Tenancy {
  readonly routes: readonly Route[];
  start(): Promise<void>;
  /** @throws AppError maintenance */
  admit(spec: EndpointSpec, scope: Scope | null): void;
  /** Called for every answer: a microsecond. */
  observe(sample: RequestSample): void;
}

export function createTenancy(deps: TenancyDeps): Tenancy {
  const { config, database, read, atomically, access, trash, meaning, llm, wake, clock, ids } = deps;
  const { semantics, embedding, reranker } = meaning;
  const forgetVectors = embedding.forgetUser;
  const size = () => database.size();

  const erasure = createErasure({ read, atomically, inParts: deps.unrecorded, forgetVectors });
  const { readAgain } = deps;
  const tenants = createTenants({ read, atomically, access, trash, erasure, readAgain, clock, ids });
  const stats = createStats({ read, model: () => semantics.model, llm_model: llm?.model ?? null, size });
  const sla = createSla(clock);
  const maintenance = createMaintenanceMode({ read, atomically, clock });
  const admin = createAdmin({
    read,
    atomically,
    maintenance,
    trash,
    settings: explain(config),
    models: {
      embedding: () => semantics.model?.name ?? null,
      reranker: () => reranker()?.model.name ?? null,
      llm: llm?.model ?? null,
      understanding: config.understanding,
    },
    size,
    forgetUser: access.forgetUser,
    forgetVectors,
    lance_threshold: config.vectors.lance_threshold,
    wake,
    clock,
  });

  return {
    routes: [...statsRoutes(stats), ...tenantRoutes(tenants), ...adminRoutes(admin, maintenance, sla)],
    start: maintenance.start,
    admit: ({ access }, scope) => maintenance.admit(access, scope),
    observe: sla.observe,
  };
}
