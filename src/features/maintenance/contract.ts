// Keeping the database in shape.
import { z } from 'zod';
import { HOUR_MS } from '../../algo/durations.ts';
import { endpoint } from '../../core/endpoint.ts';

const Bytes = (description: string) => z.number().int().meta({ description });

export const compact = endpoint({
  id: 'maintenance.compact',
  method: 'POST',
  path: '/admin/compact',
  access: 'admin',
  summary: 'Give the room of what was erased back to the disk',
  description:
    'Writes the database file anew without what holds nothing. Searches are answered meanwhile; what is stored waits, for some seconds a gigabyte. Needs free disk space for a while, up to twice what the file will take. Done without asking when a weekly look finds that more than a quarter of the file, and more than 16 MiB, could be had. On Postgres, which sees to this itself, `VACUUM (ANALYZE)`.',
  response: z.looseObject({
    size_before: Bytes('Bytes on disk before'),
    size_after: Bytes('Bytes on disk now'),
    saved_bytes: Bytes('How much less that is; 0 when it is not less'),
  }),
  errors: ['database_unavailable'],
  timeout_ms: HOUR_MS,
});

export const rekey = endpoint({
  id: 'maintenance.rekey',
  method: 'POST',
  path: '/admin/rekey',
  access: 'admin',
  summary: 'Encrypt the store with a new key',
  description:
    'Writes the database file anew under a new key and overwrites the old one. Searches are answered meanwhile; what is stored waits, for some seconds a gigabyte. Passphrases, YubiKeys and recovery keys go on working; in the mode keyfile the key file is replaced. Cut off at any point, even by `kill -9`, the store is whole and opens. Needs free disk space as large as the file. Backups made before keep their key: keep what opens them.',
  response: z.looseObject({
    rekeyed: z.literal(true).meta({ description: 'Always true: anything else is an error' }),
    size_bytes: Bytes('Bytes on disk now'),
  }),
  errors: ['not_encrypted', 'setting_decides', 'keys_changed', 'database_unavailable'],
  timeout_ms: HOUR_MS,
});
