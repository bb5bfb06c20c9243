// Setting right what is wrong, and looking at what was known at a time.
import { z } from 'zod';
import { parseTime } from '../../core/clock.ts';
import { endpoint } from '../../core/endpoint.ts';
import { Id, Importance, Limit, Memory, Tags, Text, TimeText } from '../../core/shapes.ts';

/** Sent by some clients, of no use here; accepted so that they keep working. */
const Ignored = z.unknown().optional().meta({ description: 'Accepted for older clients; changes nothing' });

export const CorrectRequest = z
  .strictObject({
    memory_id: Id.nullish().meta({ description: 'The memory that is wrong; without it `correction` finds it' }),
    content: Text.nullish().meta({
      description: 'What the memory shall say from now on; needs memory_id',
      example: 'The staging server is in Oslo',
    }),
    correction: Text.nullish().meta({
      description: 'What is right; kept as a permanent fact',
      example: 'The staging server is in Oslo, not in Bergen',
    }),
    original_claim: Text.nullish().meta({ description: 'What was wrong, to find the memory that says so' }),
    reason: Text.max(1000).nullish().meta({ description: 'Why; kept with the version it replaces' }),
    category: Text.trim().max(200, 'at most 200 characters').nullish().meta({
      description: 'Another category; without it that of the corrected memory, or state',
    }),
    source: Text.trim().max(200, 'at most 200 characters').nullish().meta({ description: 'Who says so' }),
    importance: Importance.nullish().meta({
      description: 'Of a `correction` 8 or more, 9 when left out; of `content` as it was when left out',
    }),
    tags: Tags.nullish().meta({ description: 'Replace the tags' }),
    user_id: Ignored,
    agent: Ignored,
  })
  .superRefine((body, ctx) => {
    const given = (text: string | null | undefined) => (text ?? '').trim() !== '';
    if (given(body.content) === given(body.correction))
      ctx.addIssue({ code: 'custom', path: ['correction'], message: 'give either content or correction' });
    else if (given(body.content) && body.memory_id == null)
      ctx.addIssue({
        code: 'custom',
        path: ['memory_id'],
        message: 'content needs memory_id; to have the memory found, send the text as correction',
      });
  })
  .meta({ id: 'CorrectRequest' });
export type CorrectRequest = z.output<typeof CorrectRequest>;

export const correct = endpoint({
  id: 'history.correct',
  method: 'POST',
  path: '/correct',
  access: 'write',
  status: 201,
  summary: 'Set a memory right',
  description:
    'The correction becomes the newest version, linked to the wrong one by a `corrects` edge; only the newest is recalled. Without memory_id the memory is corrected that the claim fits well and better than any other; when there is none, the correction is stored by itself and `corrected_memory_id` is null.',
  body: CorrectRequest,
  body_limit: 1024 * 1024,
  response: Memory.extend({
    corrected: z.boolean().meta({ description: 'false when no memory was found to correct' }),
    corrected_memory_id: z.number().int().nullable().meta({ description: 'The version that was wrong' }),
    corrected_content: z.string().nullable().meta({ description: 'What it said' }),
    embedded: z.boolean().meta({ description: 'Has a vector, so that it can be found by meaning' }),
    reason: z.string().nullable().meta({ description: 'Why it was corrected' }),
  }).meta({ id: 'CorrectResponse' }),
  errors: ['memory_not_found', 'content_too_large'],
});

const Moment = Text.refine((text) => parseTime(text) !== null, {
  error: 'must be a time such as "2026-03-01", "2026-03-01 09:30:00" or RFC 3339',
});
const Known = z.looseObject({
  id: z.number().int(),
  content: z.string(),
  category: z.string(),
  source: z.string(),
  importance: z.number().int(),
  version: z.number().int().meta({ description: 'Which version held then' }),
  is_static: z.boolean(),
  tags: z.array(z.string()),
  created_at: TimeText,
  similarity: z.number().optional().meta({ description: 'With a query: how well it answers, 0..1' }),
});
const Count = z.number().int();

export const TimetravelRequest = z
  .strictObject({
    as_of: Moment.nullish().meta({ description: 'The time to look back to; a bare day means its end' }),
    timestamp: Moment.nullish().meta({ description: 'The same as as_of' }),
    query: Text.nullish().meta({ description: 'Only what answers this, best first; without it the newest first' }),
    category: Text.nullish().meta({ description: 'Only this category' }),
    limit: Limit(20, 200),
    user_id: Ignored,
    agent: Ignored,
  })
  .refine((body) => (body.as_of ?? body.timestamp) != null, { error: 'say which time', path: ['as_of'] })
  .meta({ id: 'TimetravelRequest' });
export type TimetravelRequest = z.output<typeof TimetravelRequest>;

export const timetravel = endpoint({
  id: 'history.timetravel',
  method: 'POST',
  path: '/timetravel',
  access: 'read',
  summary: 'What was known at a time',
  description:
    'The versions that were the newest then, and neither in the trash nor past their time. Old versions are found by their words; their vectors are no longer in the index. What was erased since is not known any more.',
  body: TimetravelRequest,
  response: z.looseObject({
    results: z.array(Known),
    memories: z.array(Known).meta({ description: 'The same as results' }),
    timestamp: z.string().meta({ description: 'The time, as it was asked for' }),
    as_of: TimeText.meta({ description: 'The time, as it was read' }),
    query: z.string().nullable(),
    count: Count.meta({ description: 'How many this answer has' }),
    total_returned: Count.meta({ description: 'The same as count' }),
    stats: z.looseObject({
      total: Count.meta({ description: 'Everything known then, or all of the category' }),
      static_count: Count,
      tasks: Count,
      states: Count,
      decisions: Count,
      discoveries: Count,
      issues: Count,
    }),
    degraded: z.array(z.string()).meta({ description: 'Signals that were missing from this answer' }),
  }),
});
