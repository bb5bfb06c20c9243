// What came of what: chains of causes and effects, read in memories or set by hand.
import { z } from 'zod';
import { ROLES } from '../../algo/causes.ts';
import { endpoint } from '../../core/endpoint.ts';
import { Id, IdParams, Limit, Text, TimeText } from '../../core/shapes.ts';

const End = z.looseObject({
  role: z.enum(ROLES).meta({
    description: 'trigger: nothing known came before it; failure, cause, resolution: what it is in between; else event',
  }),
  text: z.string().meta({ description: 'The words that say it, or the beginning of the memory' }),
});
const LinkRow = z.looseObject({
  id: z.number().int(),
  chain_id: z.number().int(),
  cause_memory_id: z.number().int(),
  effect_memory_id: z.number().int().meta({ description: 'The same memory where it tells both itself' }),
  strength: z.number().meta({ description: 'How sure, 0 to 1' }),
  order_index: z.number().int().meta({ description: 'Place in the chain, from 0' }),
  created_at: TimeText,
});
const Chain = z
  .looseObject({
    id: z.number().int(),
    root_memory_id: z.number().int().nullable().meta({ description: 'Where it began' }),
    description: z.string().nullable(),
    confidence: z.number(),
    origin: z.string().meta({ description: 'read in memories, or manual' }),
    user_id: z.number().int(),
    created_at: TimeText,
    links: z.array(LinkRow.extend({ cause: End, effect: End, origin: z.string() })),
  })
  .meta({ id: 'CausalChain' });

export const ChainRequest = z.strictObject({
  root_memory_id: Id.nullish().meta({ description: 'Memory where it began' }),
  description: Text.max(2_000, 'at most 2,000 characters').nullish().meta({
    description: 'What the chain is about',
    example: 'Why checkout was down',
  }),
});
export type ChainRequest = z.output<typeof ChainRequest>;
export const LinkRequest = z.strictObject({
  chain_id: Id.meta({ description: 'The chain it goes into; the chain then counts as set by hand' }),
  cause_memory_id: Id.meta({ description: 'What it came of' }),
  effect_memory_id: Id.meta({ description: 'What came of it; may be the same memory' }),
  strength: z
    .number()
    .min(0, 'strength must be 0 or more')
    .max(1, 'strength must be at most 1')
    .default(1)
    .meta({ description: 'How sure, 0 to 1' }),
  order_index: z
    .number()
    .int()
    .min(0, 'order_index must be 0 or more')
    .max(1_000_000)
    .default(0)
    .meta({ description: 'Place in the chain, from 0' }),
});
export type LinkRequest = z.output<typeof LinkRequest>;

export const makeChain = endpoint({
  id: 'causes.make',
  method: 'POST',
  path: '/intelligence/causal/chains',
  access: 'write',
  status: 201,
  summary: 'Begin a chain of causes and effects by hand',
  description: 'Chains also come about by themselves: what memories say came of what is read in the background.',
  body: ChainRequest,
  body_optional: true,
  response: Chain,
  errors: ['memory_not_found'],
});

export const listChains = endpoint({
  id: 'causes.list',
  method: 'GET',
  path: '/intelligence/causal/chains',
  access: 'read',
  summary: 'Chains of causes and effects',
  description: 'Newest first. Links of memories that are archived, forgotten or replaced are left out.',
  query: z.strictObject({ limit: Limit(20, 500) }),
  response: z.looseObject({ chains: z.array(Chain) }),
});

export const getChain = endpoint({
  id: 'causes.get',
  method: 'GET',
  path: '/intelligence/causal/chains/{id}',
  access: 'read',
  summary: 'One chain of causes and effects',
  params: IdParams,
  response: Chain,
  errors: ['chain_not_found'],
});

export const addCausalLink = endpoint({
  id: 'causes.link',
  method: 'POST',
  path: '/intelligence/causal/links',
  access: 'write',
  status: 201,
  summary: 'Say that one memory came of another',
  body: LinkRequest,
  response: LinkRow,
  errors: ['chain_not_found', 'memory_not_found'],
});

const MAX_DEPTH = 20;
export const BackwardRequest = z.looseObject({
  max_depth: z
    .number({ error: 'max_depth must be a number' })
    .int('max_depth must be a whole number')
    .min(1, 'max_depth must be 1 or more')
    .transform((n) => Math.min(n, MAX_DEPTH))
    .default(5)
    .meta({ description: 'Steps back; more than 20 is read as 20' }),
});

export const traceBackward = endpoint({
  id: 'causes.backward',
  method: 'POST',
  path: '/intelligence/causal/backward/{memory_id}',
  access: 'write',
  summary: 'What led to a memory',
  description: 'Walks back over chains and over `caused_by` and `causes` links, each memory once; circles end.',
  params: z.strictObject({ memory_id: Id.meta({ description: 'What came of it', example: 1 }) }),
  body: BackwardRequest,
  body_optional: true,
  response: z.looseObject({
    ancestors: z.array(
      z.looseObject({
        memory_id: z.number().int(),
        depth: z.number().int().meta({ description: 'Fewest steps back' }),
        strength_min: z.number().meta({ description: 'Weakest link on the strongest of the shortest ways' }),
        content: z.string(),
        category: z.string(),
      }),
    ),
    max_depth: z.number().int(),
    count: z.number().int(),
  }),
  errors: ['memory_not_found'],
});
