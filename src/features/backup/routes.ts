import { type Route, route } from '../../core/endpoint.ts';
import * as contract from './contract.ts';
import { KEYS_HEADER } from './contract.ts';
import type { Backup } from './service.ts';

/** RFC 9530. */
const digestHeader = (hex: string): string => `sha-256=:${Buffer.from(hex, 'hex').toString('base64')}:`;

export const backupRoutes = (backup: Backup): Route[] => [
  route(contract.downloadBackup, async () => {
    const { body, size_bytes, sha256, manifest, keys } = await backup.download();
    const stamp = manifest.created_at.replaceAll(/[-:]/g, '').replace(' ', '-');
    return new Response(body, {
      headers: {
        'content-type': 'application/octet-stream',
        'content-disposition': `attachment; filename="engram-backup-${stamp}.db"`,
        'content-length': String(size_bytes),
        'repr-digest': digestHeader(sha256),
        'cache-control': 'no-store',
        ...(keys === null ? {} : { [KEYS_HEADER]: Buffer.from(keys).toString('base64') }),
      },
    });
  }),
  route(contract.createBackup, () => backup.create()),
  route(contract.listBackups, () => backup.list()),
  route(contract.verifyBackup, ({ body }) => backup.verify(body.name ?? null)),
  route(contract.checkpoint, (_input, { request_id }) => backup.checkpoint(request_id)),
  route(contract.listSnapshots, () => backup.snapshots()),
  route(contract.prepareRestore, ({ body }) => backup.prepare(body)),
];
