// What the endpoints about models accept and answer.
import { z } from 'zod';
import { endpoint } from '../../core/endpoint.ts';
import { Id, Text } from '../../core/shapes.ts';

const Kind = z.enum(['embedding', 'reranker']);
const ModelName = Text.max(200).meta({ description: 'Name as GET /admin/models lists it', example: 'bge-m3' });

const Progress = z
  .looseObject({
    state: z.enum(['idle', 'running', 'failed']).meta({
      description: '`failed`: some texts could not be embedded, `error` says why; POST /admin/reembed tries again',
    }),
    from: z.string().nullable().meta({ description: 'Model that answers searches now' }),
    to: z.string().nullable().meta({
      description:
        'Model that takes over once `done` is `total`, but for at most 1 % that it cannot embed; null when none waits',
    }),
    done: z.number().int().meta({ description: 'Memories that have vectors of that model' }),
    total: z.number().int().meta({ description: 'Memories that need them' }),
    percent: z.number().meta({ description: '0..100' }),
    error: z.string().nullable(),
  })
  .meta({ id: 'ReembedProgress' });
export type Progress = z.infer<typeof Progress>;

const InUse = z.looseObject({
  active: z
    .looseObject({ name: z.string(), key: z.string(), dims: z.number().int().nullable() })
    .nullable()
    .meta({ description: 'What is in use now; null when nothing is' }),
  wanted: z.string().nullable().meta({ description: 'What should be in use; null when nothing should' }),
  decided_by: z.enum(['setting', 'choice', 'default']).meta({ description: 'Where `wanted` comes from' }),
  problem: z.string().nullable().meta({ description: 'Why what is wanted is not in use; null when all is well' }),
});

export const listModels = endpoint({
  id: 'models.list',
  method: 'GET',
  path: '/admin/models',
  access: 'admin',
  summary: 'Models: known, installed and in use',
  response: z.looseObject({
    embedding: InUse,
    reranker: InUse,
    models: z.array(
      z.looseObject({
        name: z.string(),
        kind: Kind,
        installed: z.boolean(),
        built_in: z.boolean(),
        active: z.boolean(),
        size_bytes: z.number().nullable().meta({ description: 'On disk when installed, else what a download takes' }),
        dims: z.number().int().nullable(),
        languages: z.string(),
        licence: z.string(),
        about: z.string(),
      }),
    ),
    vectors: z
      .array(
        z.looseObject({
          model: z.string().meta({ description: 'Identity of the model that made them' }),
          memories: z.number().int(),
          vectors: z.number().int(),
          bytes: z.number(),
        }),
      )
      .meta({ description: 'Vectors kept, by model: going back to a model needs only those that are missing' }),
    reembed: Progress,
  }),
});

export const useModel = endpoint({
  id: 'models.use',
  method: 'POST',
  path: '/admin/models/use',
  access: 'admin',
  summary: 'Change the embedding model or the reranker while the server runs',
  description:
    'A new embedding model first embeds every memory in the background; searches go on with the old one until then. `none` turns off.',
  body: z.strictObject({
    name: ModelName,
    kind: Kind.nullish().meta({ description: 'Needed with the name `none` only; `embedding` when left out' }),
  }),
  response: z.looseObject({ name: z.string(), kind: Kind, active: z.boolean(), reembed: Progress }),
  errors: ['model_not_found', 'model_unusable', 'setting_decides'],
  timeout_ms: 300_000,
});

export const forgetModel = endpoint({
  id: 'models.forget',
  method: 'POST',
  path: '/admin/models/forget',
  access: 'admin',
  summary: 'Remove the vectors an embedding model made',
  description: 'Only of a model that is not in use; its files stay.',
  body: z.strictObject({ name: ModelName }),
  response: z.looseObject({ name: z.string(), vectors: z.number().int().meta({ description: 'Removed' }) }),
  errors: ['model_in_use'],
  timeout_ms: 300_000,
});

export const reembed = endpoint({
  id: 'models.reembed',
  cost: 100,
  method: 'POST',
  path: '/admin/reembed',
  access: 'admin',
  summary: 'Make every vector again, in the background',
  description: 'An old vector answers searches until its successor is there.',
  body_optional: true,
  body: z.strictObject({ user_id: Id.nullish().meta({ description: 'Only the memories of this user' }) }),
  response: z.looseObject({
    cleared: z.number().int().meta({ description: 'Memories whose vectors are replaced' }),
    queued: z.number().int().meta({ description: 'Memories that will be embedded' }),
    reembed: Progress,
  }),
  errors: ['no_model'],
});

export const reembedStatus = endpoint({
  id: 'models.reembed_status',
  method: 'GET',
  path: '/admin/reembed',
  access: 'admin',
  summary: 'How far embedding in the background has come',
  response: Progress,
});

export const embeddingInfo = endpoint({
  id: 'models.embedding_info',
  method: 'GET',
  path: '/admin/embedding-info',
  access: 'admin',
  summary: 'The embedding model in use',
  response: z.looseObject({
    model: z.string().nullable(),
    dimensions: z.number().int().nullable(),
    ready: z.boolean(),
  }),
});
