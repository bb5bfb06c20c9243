// The part of the composition root through which things come and go: export, import, documents, another server.
import { DAY_MS, HOUR_MS } from './algo/durations.ts';
import type { Route } from './core/endpoint.ts';
import type { JobHandler } from './core/job.ts';
import type { Redactor } from './core/redactor.ts';
import { every, type Schedule } from './core/schedule.ts';
import { createReader } from './features/ingest/reader.ts';
import { ingestRoutes } from './features/ingest/routes.ts';
import { createIngest } from './features/ingest/service.ts';
import { createUploads } from './features/ingest/uploads.ts';
import { syncRoutes } from './features/sync/routes.ts';
import { createSync } from './features/sync/service.ts';
import { createExports } from './features/transfer/export.ts';
import { chatDocuments } from './features/transfer/formats/chats.ts';
import { memoryOf } from './features/transfer/formats/engram.ts';
import { createPlacer } from './features/transfer/placer.ts';
import { transferRoutes } from './features/transfer/routes.ts';
import { createTransfer } from './features/transfer/service.ts';
import type { Trash } from './features/trash/service.ts';
import { bytesDigest } from './platform/digest.ts';
import { inflate } from './platform/inflate.ts';
import { createPageReader } from './platform/web/page.ts';
import type { SafeDeps } from './safe.ts';

export interface PortableDeps
  extends Pick<
    SafeDeps,
    'config' | 'read' | 'atomically' | 'access' | 'memory' | 'actors' | 'wake' | 'clock' | 'ids' | 'sha256'
  > {
  trash: Pick<Trash, 'erase'>;
  redactor: Pick<Redactor, 'message'>;
}

const PAGE_BYTES = 10 * 1024 * 1024;

export function createPortable(deps: PortableDeps) {
  const { config, read, atomically, access, memory, trash, redactor, actors, wake, clock, ids, sha256 } = deps;
  const uploads = createUploads({
    ...{ read, atomically, digest: bytesDigest, body_bytes: config.limits.body_bytes },
    ...{ clock, ids },
  });
  const placing = createPlacer({
    ...{ read, atomically, memory, redactor, clock, sha256 },
    async spaceNamed(scope, name) {
      const known = (await access.spaces.list(scope)).find((space) => space.name === name);
      return (known ?? (await access.spaces.create(scope, name, null))).id;
    },
  });
  const transfer = createTransfer({
    ...{ read, atomically, placing, uploads: uploads.files, inflate, wake, clock, ids, sha256 },
  });
  const ingest = createIngest({
    ...{ read, atomically, memory, uploads, clock, ids, sha256 },
    reader: createReader({ inflate, chats: (value) => chatDocuments(value, sha256), pdf: null }),
    page: createPageReader({ allow_private: config.webhooks.allow_private, max_bytes: PAGE_BYTES }),
  });
  const sync = createSync({
    ...{ read, atomically, placing, memory, clock },
    erase: (scope, id) => trash.erase(scope, id, false),
    recordOf: (value) => memoryOf(value, sha256),
  });

  return {
    routes: [
      ...transferRoutes(transfer, createExports({ read, clock }), actors),
      ...ingestRoutes(ingest, uploads),
      ...syncRoutes(sync),
    ] as readonly Route[],
    jobs: transfer.jobs as readonly JobHandler[],
    schedules: [
      every(HOUR_MS, 'uploads.sweep', uploads.sweep),
      every(DAY_MS, 'imports.sweep', transfer.sweep),
    ] as readonly Schedule[],
    stop: transfer.stop,
  };
}
