// Thinking memories over: all that is done with them by itself, in one go.
import { z } from 'zod';
import { endpoint } from '../../core/endpoint.ts';
import { TimeText } from '../../core/shapes.ts';

const Count = z.number().int();
const Report = z.looseObject({
  reports: z.array(
    z.looseObject({
      name: z.string().meta({ example: 'consolidation' }),
      status: z.enum(['ok', 'failed', 'skipped']),
      duration_ms: Count,
      output: z.looseObject({}).optional().meta({ description: 'What it found or did, in figures' }),
      error: z.string().optional().meta({ description: 'Why it failed or was skipped' }),
    }),
  ),
  total_duration_ms: Count,
  ok_count: Count,
  failed_count: Count,
  skipped_count: Count,
});
const TIMEOUT_MS = 120_000;
const WHAT =
  'In this order: duplicates (counted, nothing is merged), contradictions (counted), reconsolidation (standing of memories brought up to the evidence), reflections (on neglected important memories), consolidation (the surest groups, a few at a time), growth (one observation; needs a language model). What depends on a stage that failed is skipped.';

export const runThinking = endpoint({
  id: 'thinking.run',
  method: 'POST',
  path: '/intelligence/run',
  access: 'write',
  summary: 'Think memories over now',
  description: WHAT,
  body: z.looseObject({}),
  body_optional: true,
  timeout_ms: TIMEOUT_MS,
  response: Report,
});

export const dream = endpoint({
  id: 'thinking.dream',
  method: 'POST',
  path: '/intelligence/dream',
  access: 'write',
  summary: 'Think memories over, as the server does by itself when it is idle',
  description: `${WHAT} By itself the server does it once a day for each user who stored something since.`,
  body: z.looseObject({}),
  body_optional: true,
  timeout_ms: TIMEOUT_MS,
  response: Report.extend({
    status: z.enum(['completed', 'error']),
    result: z.string().optional(),
    error: z.string().optional(),
  }),
});

export const dreamer = endpoint({
  id: 'thinking.state',
  method: 'GET',
  path: '/intelligence/dreamer',
  access: 'read',
  summary: 'Whether memories are thought over by themselves, and when that was last',
  response: z.looseObject({
    enabled: z.boolean(),
    stages: z.array(z.string()),
    last_run_at: TimeText.nullable(),
    last_report: Report.nullable(),
  }),
});
