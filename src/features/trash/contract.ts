// The end of memories: what lies in the trash, and leaving it for good.
import { z } from 'zod';
import { endpoint } from '../../core/endpoint.ts';
import { IdParams, Limit, Memory, Offset } from '../../core/shapes.ts';

const Count = (description: string) => z.number().int().meta({ description });

/** What was erased with all that hung on it. */
export const Receipt = z
  .looseObject({
    memories: Count('Memories erased, every version counted'),
    vectors: Count('Vectors that went with them, of every model'),
    full_text: Count('Entries of the word index'),
    links: Count('Edges of the graph'),
    tags: Count('Tags they carried'),
    feedback: Count('Ratings they were given'),
    facts: Count('Facts read in them'),
  })
  .meta({ id: 'Receipt' });

const Purged = z.looseObject({
  ok: z.literal(true),
  purged: Count('How many memories went'),
  receipt: Receipt,
});

/** A full trash takes its time. */
const PURGE_TIMEOUT_MS = 60_000;

export const listTrash = endpoint({
  id: 'trash.list',
  method: 'GET',
  path: '/memory/trash',
  aliases: ['/trash'],
  access: 'read',
  summary: 'List the trash, newest first',
  description: 'Forgotten memories lie here for `trash_days`; `POST /memory/{id}/restore` takes one out.',
  query: z.strictObject({ limit: Limit(50, 200), offset: Offset }),
  response: z.looseObject({ memories: z.array(Memory), count: z.number().int() }),
});
export const emptyTrash = endpoint({
  id: 'trash.empty',
  method: 'DELETE',
  path: '/memory/trash',
  aliases: ['/trash'],
  access: 'write',
  summary: 'Erase everything in the trash for good',
  description: 'With the newest version of a memory all earlier ones go too.',
  response: Purged,
  timeout_ms: PURGE_TIMEOUT_MS,
});
export const purgeTrash = endpoint({
  id: 'trash.purge',
  method: 'DELETE',
  path: '/memory/trash/{id}',
  aliases: ['/trash/{id}'],
  access: 'write',
  summary: 'Erase one memory of the trash for good',
  description: 'If it is the newest version, all earlier ones go too.',
  params: IdParams,
  response: Purged.extend({ id: z.number().int() }),
  errors: ['memory_not_found'],
});

export const sweep = endpoint({
  id: 'trash.sweep',
  method: 'POST',
  path: '/sweep',
  access: 'write',
  summary: 'Do now what is done every five minutes',
  description:
    'What is past its time moves to the trash, and what has lain there for `trash_days` is erased. With a threshold, memories that say the same are merged too, as `/deduplicate` does.',
  body: z.strictObject({
    threshold: z
      .number({ error: 'threshold must be a number between 0 and 1' })
      .min(0, 'threshold must be between 0 and 1')
      .max(1, 'threshold must be between 0 and 1')
      .optional()
      .meta({ description: 'Also merge memories at least this alike that say the same; without it nothing is merged' }),
  }),
  body_optional: true,
  response: z.looseObject({
    swept: Count('The same as expired'),
    expired: Count('Moved to the trash because their time was over'),
    purged: Count('Erased after their days in the trash'),
    receipt: Receipt,
    pairs_found: Count('Pairs at least as alike as the threshold'),
    consolidated: Count('Merged into others'),
  }),
  timeout_ms: PURGE_TIMEOUT_MS,
});
