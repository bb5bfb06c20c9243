// Long memories taken apart into facts that stand alone; the memory itself stays as it is.
import { z } from 'zod';
import { endpoint } from '../../core/endpoint.ts';
import { job } from '../../core/job.ts';
import { Id } from '../../core/shapes.ts';

const Ids = z.array(z.number().int());
const Count = z.number().int();

export const decompose = endpoint({
  id: 'decompose.memory',
  method: 'POST',
  path: '/intelligence/decompose/{memory_id}',
  access: 'write',
  summary: 'Take a memory apart into facts',
  description:
    'Stores each fact as a memory of category `fact` and source `decomposition`, linked by `has_fact`. At most ten; none when the memory is shorter than 50 characters, states fewer than two facts, or is such a fact itself. Long memories are taken apart by themselves in the background.',
  params: z.strictObject({ memory_id: Id.meta({ description: 'The memory', example: 1 }) }),
  body: z.strictObject({}),
  body_optional: true,
  timeout_ms: 120_000,
  response: z.looseObject({
    memory_id: Count,
    child_ids: Ids.meta({ description: 'Its facts, in order' }),
    facts_created: Count.meta({ description: 'How many of them were not stored before' }),
  }),
  errors: ['memory_not_found'],
});

const SWEEP_TIMEOUT_MS = 600_000;
export const decomposeSweep = endpoint({
  id: 'decompose.sweep',
  method: 'POST',
  path: '/admin/decompose-sweep',
  access: 'admin',
  summary: 'Take apart long memories that were stored before',
  body: z.strictObject({
    user_id: Id.nullish().meta({ description: 'Whose; without it, those of all users' }),
    limit: z.number().int().min(1).max(5_000).default(100).meta({ description: 'How many to take apart at most' }),
    dry_run: z.boolean().default(false).meta({ description: 'Only count' }),
  }),
  body_optional: true,
  timeout_ms: SWEEP_TIMEOUT_MS,
  response: z.looseObject({
    processed: Count.meta({ description: 'Long memories looked at' }),
    decomposed: Count.meta({ description: 'Of them, taken apart' }),
    facts_created: Count,
    skipped: Count.meta({ description: 'Those that state fewer than two facts' }),
    errors: Count.meta({ description: 'Those that failed; the log says why' }),
    dry_run: z.boolean(),
  }),
});

export const decomposeJob = job({
  kind: 'memory.decompose',
  lane: 'mind',
  payload: z.strictObject({ user_id: Count, memory_id: Count }),
  dedupe: ({ memory_id }) => String(memory_id),
  attempts: 3,
});
