// Reading what was stored for what it says: links, entities, facts, signals. It happens in the background.
import { z } from 'zod';
import { endpoint } from '../../core/endpoint.ts';
import { job } from '../../core/job.ts';

const Count = z.number().int();
const UnderstandingState = z.looseObject({
  enabled: z.boolean().meta({ description: 'False when ENGRAM_UNDERSTANDING is off' }),
  waiting: Count.meta({ description: 'Memories of yours that are not read yet' }),
  steps: z.array(z.string()).meta({ description: 'What is looked for, in order' }),
});

export const understandingState = endpoint({
  id: 'understanding.state',
  method: 'GET',
  path: '/understanding',
  access: 'read',
  summary: 'How many memories wait to be read for what they say',
  response: UnderstandingState,
});

export const understandAgain = endpoint({
  id: 'understanding.again',
  method: 'POST',
  path: '/understanding',
  access: 'write',
  summary: 'Read all memories again for what they say',
  description: 'Finds links, entities, facts and signals of every memory anew, in the background.',
  response: UnderstandingState,
});

export const understand = job({
  kind: 'memory.understand',
  lane: 'mind',
  payload: z.strictObject({ user_id: z.number().int() }),
  dedupe: ({ user_id }) => String(user_id),
  attempts: 10,
});
