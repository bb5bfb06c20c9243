// What memories count for, reviewed by what became known since.
import { z } from 'zod';
import { endpoint } from '../../core/endpoint.ts';
import { Id, Limit, TimeText } from '../../core/shapes.ts';

const Count = z.number().int();
const Review = z
  .looseObject({
    memory_id: Count,
    action: z.enum(['strengthened', 'weakened', 'corrected', 'unchanged']),
    old_importance: Count,
    new_importance: Count,
    old_confidence: z.number(),
    new_confidence: z.number(),
    base_importance: Count.meta({ description: 'What it counts for by itself, without the evidence' }),
    base_confidence: z.number(),
    reason: z.string().meta({ example: 'a newer memory corrects it' }),
    evidence: z.array(z.string()),
  })
  .meta({ id: 'Reconsolidation' });
const HOW =
  'The standing is worked out from what the memory counts for by itself and all evidence there is: newer memories that correct, update or contradict it, ratings of recall, repeats, fading and neglect. Doing it again changes nothing until the evidence changes; evidence that goes takes its effect along.';
const MemoryParams = z.strictObject({ memory_id: Id.meta({ description: 'The memory', example: 1 }) });

export const reconsolidate = endpoint({
  id: 'reconsolidation.run',
  method: 'POST',
  path: '/intelligence/reconsolidate/{memory_id}',
  access: 'write',
  summary: 'Bring the standing of a memory up to what is known',
  description: HOW,
  params: MemoryParams,
  body: z.looseObject({}),
  body_optional: true,
  response: Review,
  errors: ['memory_not_found'],
});

export const reconsolidationCandidates = endpoint({
  id: 'reconsolidation.candidates',
  method: 'GET',
  path: '/intelligence/reconsolidation/candidates',
  access: 'read',
  summary: 'Memories whose standing is not what the evidence says',
  description:
    'What a review would change, among those that newer ones contradict and the next few hundred that the scheduled review comes to. Changes nothing.',
  query: z.strictObject({ limit: Limit(20, 100) }),
  response: z.looseObject({ results: z.array(Review), count: Count }),
});

export const reconsolidated = endpoint({
  id: 'reconsolidation.list',
  method: 'GET',
  path: '/intelligence/reconsolidations',
  access: 'read',
  summary: 'Memories whose standing was changed by evidence, and what it was before',
  query: z.strictObject({ limit: Limit(20, 100) }),
  response: z.looseObject({
    reconsolidations: z.array(
      z.looseObject({
        memory_id: Count,
        action: z.string(),
        reason: z.string(),
        base_importance: Count,
        base_confidence: z.number(),
        importance: Count,
        confidence: z.number(),
        updated_at: TimeText,
      }),
    ),
    count: Count,
  }),
});

export const undoReconsolidation = endpoint({
  id: 'reconsolidation.undo',
  method: 'POST',
  path: '/intelligence/reconsolidate/{memory_id}/undo',
  access: 'write',
  summary: 'Give a memory back the standing it had',
  description:
    'The scheduled review leaves it alone from then on; POST /intelligence/reconsolidate/{memory_id} reviews it again.',
  params: MemoryParams,
  body: z.looseObject({}),
  body_optional: true,
  response: z.looseObject({ memory_id: Count, undone: z.boolean(), importance: Count, confidence: z.number() }),
  errors: ['memory_not_found'],
});
