// What the operator of a server looks at and turns.
import { z } from 'zod';
import { HOUR_MS } from '../../algo/durations.ts';
import { endpoint } from '../../core/endpoint.ts';
import { Id, Limit, Text, TimeText } from '../../core/shapes.ts';

const Count = z.number().int();
const Ok = z.literal('ok');

const Value = z.union([z.string(), z.number(), z.boolean(), z.null()]);
export const getSettings = endpoint({
  id: 'admin.settings',
  method: 'GET',
  path: '/admin/settings',
  access: 'admin',
  summary: 'Every setting with its value; secrets are hidden',
  description: 'Those that PUT /admin/settings changes come last; the others are set where the server is started.',
  response: z.record(z.string(), Value),
});
export const putSettings = endpoint({
  id: 'admin.set_settings',
  method: 'PUT',
  path: '/admin/settings',
  access: 'admin',
  summary: 'Change settings while the server runs',
  description:
    '`quota.max_memories`, `quota.max_conversations`, `quota.max_api_keys`, `quota.max_spaces` and `quota.max_memory_size_bytes` are what users get who have no quota of their own; `maintenance` and `maintenance_message` are those of POST /admin/maintenance. All or nothing.',
  body: z.record(z.string(), Value).meta({ example: { 'quota.max_memories': 50000 } }),
  response: z.looseObject({ updated: Count }),
  errors: ['setting_decides'],
});

const Maintenance = z.looseObject({
  enabled: z.boolean(),
  message: z.string().nullable(),
  since: TimeText.nullable(),
});
export const getMaintenance = endpoint({
  id: 'admin.maintenance',
  method: 'GET',
  path: '/admin/maintenance',
  access: 'admin',
  summary: 'Whether the server takes changes',
  response: Maintenance,
});
export const setMaintenance = endpoint({
  id: 'admin.set_maintenance',
  method: 'POST',
  path: '/admin/maintenance',
  access: 'admin',
  summary: 'Refuse changes for a while, or take them again',
  description:
    'While it is on, reading goes on, and whatever would change something gets 503; administrators are excepted.',
  body: z.strictObject({
    enabled: z.boolean().meta({ description: 'On or off' }),
    message: Text.max(1000).nullish().meta({ description: 'Told to those who are refused' }),
  }),
  response: Maintenance,
});

export const getSla = endpoint({
  id: 'admin.sla',
  method: 'GET',
  path: '/admin/sla',
  access: 'admin',
  summary: 'How reliably this server has answered since it started, or since the last reset',
  response: z.looseObject({
    targets: z.looseObject({ uptime_pct: z.number(), p99_latency_ms: z.number(), error_rate_pct: z.number() }),
    current_uptime_pct: z
      .number()
      .meta({ description: 'Share of the minutes with requests in which not all of them failed' }),
    current_error_rate_pct: z.number().meta({ description: 'Share of answers with a status of 500 or more' }),
    current_p99_latency_ms: z.number().nullable().meta({ description: 'Of the last 10,000 requests' }),
    total_requests: Count,
    total_errors: Count,
    since: TimeText,
    met: z.boolean(),
  }),
});
export const resetSla = endpoint({
  id: 'admin.reset_sla',
  method: 'POST',
  path: '/admin/sla/reset',
  access: 'admin',
  summary: 'Count from here',
  response: z.looseObject({ status: Ok, reset_at: TimeText }),
});

export const scaleReport = endpoint({
  id: 'admin.scale_report',
  method: 'GET',
  path: '/admin/scale-report',
  access: 'admin',
  summary: 'Rows of every table, and the size of it all',
  timeout_ms: 60_000,
  response: z.looseObject({
    table_counts: z.record(z.string(), Count),
    database_size_bytes: z.number().nullable(),
  }),
});
export const schema = endpoint({
  id: 'admin.schema',
  method: 'GET',
  path: '/admin/schema',
  access: 'admin',
  summary: 'Tables and indexes of the database',
  response: z.looseObject({
    tables: z.array(z.looseObject({ name: z.string(), sql: z.string() })),
    indexes: z.array(z.string()),
  }),
});
export const coldStorage = endpoint({
  id: 'admin.cold_storage',
  method: 'GET',
  path: '/admin/cold-storage',
  access: 'admin',
  summary: 'How many memories nobody has read for so long',
  query: z.strictObject({
    days: z.coerce.number().int().min(1).max(36_500).default(90).meta({ description: 'Days without being read' }),
  }),
  response: z.looseObject({ eligible_count: Count, threshold_days: Count }),
});
const Ready = z.looseObject({ ready: z.boolean(), model: z.string().nullable() });
export const providers = endpoint({
  id: 'admin.providers',
  method: 'GET',
  path: '/admin/providers',
  access: 'admin',
  summary: 'Which models are there',
  response: z.looseObject({
    embedding: Ready,
    reranker: Ready,
    llm: Ready,
    brain: z.looseObject({ ready: z.boolean() }).meta({ description: 'Whether memories are read in the background' }),
  }),
});
export const tasks = endpoint({
  id: 'admin.tasks',
  method: 'GET',
  path: '/admin/tasks',
  access: 'admin',
  summary: 'How many jobs there are',
  response: z.looseObject({ pending: Count, running: Count, completed: Count, failed: Count }),
});

export const gc = endpoint({
  id: 'admin.gc',
  method: 'POST',
  path: '/admin/gc',
  access: 'admin',
  summary: 'Clear away what is due: memories past their time, and what lay in the trash long enough',
  body: z.strictObject({ user_id: Id.nullish().meta({ description: 'Only of this user' }) }),
  body_optional: true,
  response: z.looseObject({
    total_cleaned: Count,
    breakdown: z.looseObject({
      forgotten_memories: Count.meta({ description: 'Erased from the trash' }),
      expired_memories: Count.meta({ description: 'Moved to the trash: their time was over' }),
      orphaned_embeddings: Count.meta({
        description: 'Vectors that went with erased memories; none is ever left alone',
      }),
      old_audit_entries: Count.meta({ description: 'The audit clears itself; always 0' }),
    }),
  }),
  errors: ['user_not_found'],
  timeout_ms: HOUR_MS,
});
export const refreshCache = endpoint({
  id: 'admin.refresh_cache',
  method: 'POST',
  path: '/admin/refresh-cache',
  access: 'admin',
  summary: 'Read keys, spaces and vectors anew at the next request',
  description: 'For somebody who changed the database by other means.',
  response: z.looseObject({ status: Ok, message: z.string() }),
});
export const rebuildFts = endpoint({
  id: 'admin.rebuild_fts',
  method: 'POST',
  path: '/admin/rebuild-fts',
  cost: 50,
  access: 'admin',
  summary: 'Make the word index anew from the memories',
  body: z.strictObject({ user_id: Id.nullish().meta({ description: 'Only that of this user' }) }),
  body_optional: true,
  response: z.looseObject({ indexed: Count }),
  errors: ['user_not_found'],
  timeout_ms: HOUR_MS,
});
export const replayVectors = endpoint({
  id: 'admin.replay_vectors',
  method: 'POST',
  path: '/admin/vector-sync/replay',
  access: 'admin',
  summary: 'Try again what could not be embedded or indexed',
  description: 'Failed jobs of embedding are due again at once, as far as `limit`.',
  body: z.strictObject({ limit: Limit(200, 5000) }),
  body_optional: true,
  response: z.looseObject({ processed: Count, succeeded: Count, failed: Count, skipped: Count }),
});
export const rebuildVectors = endpoint({
  id: 'admin.rebuild_vectors',
  method: 'POST',
  path: '/admin/vector/rebuild-index',
  cost: 100,
  access: 'admin',
  summary: 'Make the vector index anew from the vectors in the database',
  body: z.strictObject({
    replace: z.boolean().default(false).meta({ description: 'Accepted for older clients; it is always replaced' }),
  }),
  body_optional: true,
  response: z.looseObject({
    rebuilt: z.boolean(),
    row_count: Count,
    min_rows_for_index: Count.optional().meta({ description: 'Of one user; below, all vectors are compared' }),
    reason: z.string().optional(),
  }),
  timeout_ms: HOUR_MS,
});
