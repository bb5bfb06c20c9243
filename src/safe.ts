// The part of the composition root that keeps what is stored safe: who did what, how much each may use, what leaves and
// enters, copies for bad days. Called by app.ts alone.
import { DAY_MS, MINUTE_MS } from './algo/durations.ts';
import type { Config } from './config.ts';
import type { Actors } from './core/actor.ts';
import type { Clock } from './core/clock.ts';
import type { Ids, Sha256 } from './core/crypto.ts';
import type { EndpointSpec, Route } from './core/endpoint.ts';
import { type JobHandler, LANES } from './core/job.ts';
import type { Limits } from './core/limits.ts';
import type { Logger } from './core/log.ts';
import { every, type Schedule } from './core/schedule.ts';
import type { Scope } from './core/scope.ts';
import type { OpenStreams } from './core/streams.ts';
import type { Atomically } from './core/unit-of-work.ts';
import type { WebhookSender } from './core/webhook.ts';
import type { AccessService } from './features/access/service.ts';
import { auditRoutes } from './features/audit/routes.ts';
import { createAuditLog } from './features/audit/service.ts';
import { backupRoutes } from './features/backup/routes.ts';
import { createBackup } from './features/backup/service.ts';
import { limitsRoutes } from './features/limits/routes.ts';
import { createLimits } from './features/limits/service.ts';
import type { MemoryService } from './features/memory/service.ts';
import { safeModeRoutes } from './features/safe_mode/routes.ts';
import { createSafeMode, type SafeMode } from './features/safe_mode/service.ts';
import { webhookRoutes } from './features/webhooks/routes.ts';
import { createWebhooks } from './features/webhooks/service.ts';
import { openBackupFolder } from './platform/db/backup-folder.ts';
import type { Database } from './platform/db/dialect.ts';
import type { Stores } from './stores.ts';

export interface SafeDeps {
  version: string;
  config: Config;
  database: Database;
  read: Stores;
  atomically: Atomically<Stores>;
  access: AccessService;
  memory: MemoryService;
  actors: Actors;
  sender: WebhookSender;
  /** Waits so many milliseconds. */
  pause(ms: number): Promise<void>;
  /** What must end before the server waits for its requests. */
  streams: OpenStreams;
  /** Starts due jobs. */
  wake(): void;
  clock: Clock;
  ids: Ids;
  sha256: Sha256;
  logger: Logger;
}

type Admit = (spec: EndpointSpec, scope: Scope | null) => void;

export interface Safe {
  readonly routes: readonly Route[];
  readonly jobs: readonly JobHandler[];
  readonly schedules: readonly Schedule[];
  /** What HTTP asks before it works. */
  readonly http: {
    readonly limits: Limits;
    readonly trustedProxies: ReadonlySet<string>;
    readonly load: { readonly requests: number; readonly bytes: number };
  };
  readonly mode: SafeMode;
  /** The same, after asking whether changes are taken at all. */
  admitting(next: Admit): Admit;
  /** Every lane while only reads are answered. */
  pausing(paused: () => Promise<readonly string[]>): () => Promise<readonly string[]>;
  /** Epoch seconds of the newest backup; null when there is none. */
  newestBackup(): number | null;
  /** Goes on with what a stopped program left. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

export function createSafe(deps: SafeDeps): Safe {
  const { version, config, database, read, atomically, sender, wake, clock, sha256, logger } = deps;
  const { enabled, interval, dir, retention, retention_daily } = config.backup;
  const backup = createBackup({
    place: database.files && { files: database.files, folder: openBackupFolder(dir, database.files) },
    settings: { enabled, interval, keep: retention, keep_daily: retention_daily },
    version,
    clock,
    logger,
  });
  const limits = createLimits({
    read,
    overrideOf: async (user_id) => (await read.tenants.quota(user_id))?.rate_limit_override ?? null,
    clock,
    per_address: config.limits.per_address,
    loopback: config.limits.loopback,
  });
  // Servers that share a database come and go without each other.
  const mode = createSafeMode({ atomically, clock, logger, enabled: config.safe_mode && config.database_url === null });
  const audit = createAuditLog({ read, atomically, clock, sha256, keep_days: config.audit.retention_days });
  const webhooks = createWebhooks({ read, atomically, sender, pause: deps.pause, wake, clock });

  return {
    routes: [
      ...backupRoutes(backup),
      ...auditRoutes(audit),
      ...limitsRoutes(limits),
      ...safeModeRoutes(mode),
      ...webhookRoutes(webhooks),
    ],
    jobs: webhooks.jobs,
    schedules: [
      every(5 * MINUTE_MS, 'webhooks.sweep', webhooks.sweep),
      every(DAY_MS, 'audit.prune', audit.prune),
      ...(backup.runsBySchedule ? [every(interval * 1000, 'backup.snapshot', backup.scheduled)] : []),
    ],
    http: {
      limits: limits.limits,
      trustedProxies: new Set(config.trusted_proxies),
      load: { requests: config.limits.in_flight, bytes: config.limits.in_flight_bytes },
    },
    mode,
    admitting: (next) => (spec, scope) => {
      mode.admit(spec);
      next(spec, scope);
    },
    pausing: (paused) => async () => (mode.on ? Object.keys(LANES) : paused()),
    newestBackup: backup.newestAt,
    start: backup.start,
    async stop() {
      webhooks.stop();
      await mode.end();
    },
  };
}
