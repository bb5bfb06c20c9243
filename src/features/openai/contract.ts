// OpenAI's interface to embedding models, answered by the one in use here.
import { z } from 'zod';
import { endpoint } from '../../core/endpoint.ts';

const BODY_LIMIT = 4 * 1024 * 1024;
const TIMEOUT_MS = 120_000;

/** Checked by the service, which words refusals as clients of OpenAI expect them. */
export const EmbeddingsRequest = z.looseObject({
  input: z
    .unknown()
    .optional()
    .meta({
      description: 'A text, or at most 2,048 of them; lists of token numbers are refused',
      override: { anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }] },
      example: ['The harbour opens at nine.'],
    }),
  model: z
    .unknown()
    .optional()
    .meta({
      description: 'Name of the model in use; without it, that one',
      override: { type: 'string', maxLength: 200 },
    }),
  encoding_format: z
    .unknown()
    .optional()
    .meta({
      description: 'float, or base64 for little-endian 32-bit floats',
      override: { type: 'string', enum: ['float', 'base64'] },
    }),
  dimensions: z
    .unknown()
    .optional()
    .meta({
      description: 'How many numbers; only as many as the model has, whose vectors cannot be cut',
      override: { type: 'integer', minimum: 1 },
    }),
});

const Refusal = z.looseObject({
  error: z.looseObject({
    message: z.string().meta({ description: 'What is wrong and what to do' }),
    type: z.string().meta({ description: 'Kind of error', example: 'invalid_request_error' }),
    param: z.string().nullable().meta({ description: 'The field that is wrong', example: 'input' }),
    code: z.string().nullable().meta({ description: 'Name of the error', example: 'model_not_found' }),
  }),
});
const Embeddings = z.looseObject({
  object: z.literal('list'),
  data: z.array(
    z.looseObject({
      object: z.literal('embedding'),
      index: z.number().int().meta({ description: 'Which of the texts, from 0' }),
      embedding: z
        .union([z.array(z.number()), z.string()])
        .meta({ description: 'Vector of length 1; as base64 where that was asked for' }),
    }),
  ),
  model: z.string().meta({ description: 'Name of the model that made them', example: 'engram-mini' }),
  usage: z.looseObject({
    prompt_tokens: z.number().int().meta({ description: 'Tokens of all texts, counted with cl100k_base' }),
    total_tokens: z.number().int().meta({ description: 'The same' }),
  }),
});

export const embeddings = endpoint({
  id: 'openai.embeddings',
  method: 'POST',
  path: '/v1/embeddings',
  access: 'read',
  protocol: 'openai',
  summary: 'Embed texts with the model in use, for clients of OpenAI',
  description: 'Texts are embedded as documents, the way memories are. Refusals have the shape of OpenAI’s errors.',
  body: EmbeddingsRequest,
  body_limit: BODY_LIMIT,
  timeout_ms: TIMEOUT_MS,
  cost: 5,
  response: z.union([Embeddings, Refusal]),
  also: {
    400: 'What was asked for cannot be done',
    404: 'No model of this name is in use',
    503: 'There is no embedding model',
  },
});

const Model = z.looseObject({
  id: z.string().meta({ description: 'Its name', example: 'engram-mini' }),
  object: z.literal('model'),
  created: z.number().int().meta({ description: 'Always 0: models here have no date' }),
  owned_by: z.string().meta({ description: 'Always `engram`' }),
});
export const listModels = endpoint({
  id: 'openai.models',
  method: 'GET',
  path: '/v1/models',
  access: 'read',
  protocol: 'openai',
  summary: 'The embedding model in use, for clients of OpenAI',
  response: z.looseObject({ object: z.literal('list'), data: z.array(Model) }),
});
