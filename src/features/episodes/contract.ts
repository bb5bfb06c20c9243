// What the episode endpoints accept and answer. Field names are those of existing clients; supersets where two disagree.
import { z } from 'zod';
import { parseTime } from '../../core/clock.ts';
import { endpoint } from '../../core/endpoint.ts';
import { Id, IdParams, Limit, Memory, Offset, Text, TimeText } from '../../core/shapes.ts';

const When = Text.refine((text) => parseTime(text) !== null, {
  error: 'must be a time such as "2026-03-01", "2026-03-01 09:30:00" or RFC 3339',
});
const Label = (max: number) =>
  Text.trim()
    .max(max, `at most ${max} characters`)
    .transform((text) => text || null)
    .nullish();
const Title = Label(500).meta({ description: 'What it is about, for people', example: 'Moving to Postgres' });
const Summary = Label(20_000).meta({ description: 'What happened, in a few sentences' });
const StartedAt = When.nullish().meta({ description: 'When it began, if not now' });
const EndedAt = When.nullish().meta({ description: 'When it ended; null opens it again' });

export const Episode = z
  .looseObject({
    id: z.number().int().meta({ description: 'Id of the episode' }),
    title: z.string().nullable().meta({ description: 'What it is about, for people' }),
    session_id: z.string().nullable().meta({ description: 'Conversation or run whose memories join it' }),
    agent: z.string().nullable().meta({ description: 'Source whose memories join it; null for any' }),
    summary: z.string().nullable().meta({ description: 'What happened, in a few sentences' }),
    user_id: z.number().int().meta({ description: 'Owner' }),
    memory_count: z.number().int().meta({ description: 'How many recallable memories it has' }),
    duration_seconds: z
      .number()
      .int()
      .nullable()
      .meta({ description: 'From its beginning to its end; null while open' }),
    decay_score: z
      .number()
      .meta({ description: 'Mean of its memories: importance x retrievability now; 0 without any' }),
    started_at: TimeText.meta({ description: 'When it began' }),
    ended_at: TimeText.nullable().meta({
      description: 'When it ended; null while memories of its session still join it',
    }),
    created_at: TimeText.meta({ description: 'When it was made' }),
  })
  .meta({ id: 'Episode' });

export const createEpisode = endpoint({
  id: 'episodes.create',
  method: 'POST',
  path: '/episodes',
  access: 'write',
  status: 201,
  summary: 'Begin an episode',
  description:
    'Memories stored with its `session_id` join it until it ends. Storing with a `session_id` makes an episode by itself where there is none.',
  body: z.strictObject({
    title: Title,
    session_id: Label(200).meta({ description: 'Conversation or run whose memories shall join it' }),
    agent: Label(200).meta({ description: 'Only memories of this source join it', example: 'claude-code' }),
    summary: Summary,
    conversation: Text.max(400_000, 'at most 400,000 characters')
      .nullish()
      .meta({ description: 'What was said; summed up by its most telling sentences when there is no summary' }),
    started_at: StartedAt,
    ended_at: EndedAt,
  }),
  body_optional: true,
  body_limit: 2 * 1024 * 1024,
  response: Episode.extend({ created: z.literal(true).meta({ description: 'Always true' }) }),
});
export type CreateEpisode = z.output<typeof createEpisode.body>;

export const listEpisodes = endpoint({
  id: 'episodes.list',
  method: 'GET',
  path: '/episodes',
  access: 'read',
  summary: 'List episodes, newest first, or find them by what they tell',
  query: z.strictObject({
    limit: Limit(20, 100),
    offset: Offset,
    query: Text.max(4096, 'at most 4,096 characters')
      .optional()
      .meta({ description: 'Words or meaning to look for in title, summary and memories; best first' }),
    after: When.optional().meta({ description: 'Only those that began at this time or later' }),
    before: When.optional().meta({ description: 'Only those that began at this time or earlier' }),
    session_id: Text.optional().meta({ description: 'Only those of this conversation or run' }),
  }),
  response: z.looseObject({
    episodes: z.array(Episode).meta({ description: 'The episodes; with `score` when asked by a query' }),
    count: z.number().int(),
    degraded: z.array(z.string()),
  }),
});
export type ListEpisodes = z.output<typeof listEpisodes.query>;

export const getEpisode = endpoint({
  id: 'episodes.get',
  method: 'GET',
  path: '/episodes/{id}',
  access: 'read',
  summary: 'Read an episode with its memories, oldest first',
  params: IdParams,
  query: z.strictObject({ limit: Limit(1000, 1000), offset: Offset }),
  response: Episode.extend({ memories: z.array(Memory).meta({ description: 'A page of its recallable memories' }) }),
  errors: ['episode_not_found'],
});

export const updateEpisode = endpoint({
  id: 'episodes.update',
  method: 'PATCH',
  path: '/episodes/{id}',
  access: 'write',
  summary: 'Change title, summary or end of an episode',
  params: IdParams,
  body: z
    .strictObject({ title: Title, summary: Summary, ended_at: EndedAt })
    .refine((body) => Object.values(body).some((value) => value !== undefined), {
      error: 'nothing to change: give title, summary or ended_at',
    }),
  response: Episode.extend({ updated: z.literal(true).meta({ description: 'Always true' }) }),
  errors: ['episode_not_found'],
});
export type UpdateEpisode = z.output<typeof updateEpisode.body>;

const MAX_ASSIGNED = 1000;
export const assignMemories = endpoint({
  id: 'episodes.assign',
  method: 'POST',
  path: '/episodes/{id}/memories',
  access: 'write',
  summary: 'Put memories into an episode',
  description:
    'A memory belongs to one episode: it leaves the one it was in. Ids that are not your memories are passed over.',
  params: IdParams,
  body: z.strictObject({
    memory_ids: z
      .array(Id, { error: 'must be a list of ids' })
      .min(1, 'name at least one memory')
      .max(MAX_ASSIGNED, `at most ${MAX_ASSIGNED} in one call; send the rest in another`)
      .meta({ description: 'Ids of memories', example: [12, 13] }),
  }),
  response: z.looseObject({
    assigned: z.number().int().meta({ description: 'How many of them are in the episode now' }),
    episode_id: z.number().int().meta({ description: 'The episode' }),
  }),
  errors: ['episode_not_found'],
});

export const finalizeEpisode = endpoint({
  id: 'episodes.finalize',
  method: 'POST',
  path: '/episodes/{id}/finalize',
  access: 'write',
  summary: 'End an episode and sum it up',
  description:
    'Without a summary of its own it gets the most telling sentences of its memories. Memories of its session stored later begin a new episode.',
  params: IdParams,
  body: z.strictObject({}),
  body_optional: true,
  response: Episode.extend({ finalized: z.literal(true).meta({ description: 'Always true' }) }),
  errors: ['episode_not_found'],
});
