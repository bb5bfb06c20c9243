// What the endpoints about background jobs accept and answer.
import { z } from 'zod';
import { endpoint } from '../../core/endpoint.ts';
import { LANES, type Lane } from '../../core/job.ts';
import { Id, IdParams, Limit, Offset, TimeText } from '../../core/shapes.ts';

const LANE_NAMES = Object.keys(LANES) as [Lane, ...Lane[]];

const Job = z
  .looseObject({
    id: z.number().int(),
    type: z.string().meta({ description: 'What is done, such as `memory.embed_missing`' }),
    lane: z.string().meta({ description: 'Jobs of one lane share its places' }),
    payload: z.record(z.string(), z.unknown()).meta({
      description: 'What the job was given: ids, names, numbers and times; any other text is left out',
    }),
    status: z.enum(['pending', 'running', 'completed', 'failed']),
    attempts: z.number().int().meta({ description: 'How often it was begun' }),
    max_attempts: z.number().int(),
    error: z.string().nullable().meta({ description: 'Why it failed last' }),
    created_at: TimeText,
    claimed_at: TimeText.nullable().meta({ description: 'When it was begun last' }),
    completed_at: TimeText.nullable().meta({ description: 'When it succeeded, or failed for good' }),
    next_retry_at: TimeText.nullable().meta({ description: 'When a waiting job is begun at the earliest' }),
  })
  .meta({ id: 'Job' });

const Page = { limit: Limit(50, 200), offset: Offset };

export const listJobs = endpoint({
  id: 'jobs.list',
  method: 'GET',
  path: '/jobs',
  access: 'admin',
  summary: 'List background jobs, those that ended last first',
  description: 'A job that fails is tried again, each time later; after its last try it stays as failed until purged.',
  query: z.strictObject({
    status: z
      .enum(['failed', 'pending', 'running'])
      .default('failed')
      .meta({ description: 'Which ones; `failed` are those that are tried no more' }),
    ...Page,
  }),
  response: z.looseObject({
    jobs: z.array(Job),
    total: z.number().int(),
    limit: z.number().int(),
    offset: z.number().int(),
    status: z.string(),
  }),
});

const listed = <const Name extends 'pending' | 'running' | 'failed'>(name: Name, summary: string) =>
  endpoint({
    id: `jobs.${name}`,
    method: 'GET',
    path: `/jobs/${name}`,
    access: 'admin',
    summary,
    query: z.strictObject(Page),
    response: z.looseObject({
      jobs: z.array(Job),
      count: z.number().int().meta({ description: 'In this answer' }),
      total: z.number().int(),
    }),
  });
export const pendingJobs = listed('pending', 'Jobs that wait');
export const runningJobs = listed('running', 'Jobs at work');
export const failedJobs = listed('failed', 'Jobs that failed for good');

export const jobStats = endpoint({
  id: 'jobs.stats',
  method: 'GET',
  path: '/jobs/stats',
  access: 'admin',
  summary: 'How many jobs there are',
  response: z.looseObject({
    pending: z.number().int(),
    running: z.number().int(),
    completed: z.number().int().meta({ description: 'Of the last day; older ones are removed' }),
    failed: z.number().int().meta({ description: 'Tried no more; POST /jobs/retry tries again' }),
    paused: z.array(z.string()).meta({ description: 'Lanes that start nothing' }),
  }),
});

const Retried = z.looseObject({ retried: z.literal(true), id: z.number().int() });
const retrying = {
  method: 'POST',
  access: 'admin',
  response: Retried,
  errors: ['job_not_found'],
} as const;
export const retryJob = endpoint({
  id: 'jobs.retry',
  path: '/jobs/retry',
  ...retrying,
  summary: 'Try a failed job again',
  body: z.strictObject({ id: Id.meta({ description: 'Id of a failed job' }) }),
});
export const retryJobById = endpoint({
  id: 'jobs.retry_by_id',
  path: '/jobs/{id}/retry',
  ...retrying,
  summary: 'Try this failed job again',
  params: IdParams,
  body: z.strictObject({}),
  body_optional: true,
});

const OlderThan = (days: number) =>
  z.strictObject({
    older_than_days: z
      .number()
      .min(0, 'must be 0 or more')
      .max(36_500, 'at most 36,500 days')
      .default(days)
      .meta({ description: `Only those that ended this many days ago or earlier; ${days} when left out` }),
  });
export const purgeJobs = endpoint({
  id: 'jobs.purge',
  method: 'POST',
  path: '/jobs/purge',
  access: 'admin',
  summary: 'Remove jobs that failed for good',
  body: OlderThan(7),
  body_optional: true,
  response: z.looseObject({ purged: z.number().int(), older_than_days: z.number() }),
});
export const cleanupJobs = endpoint({
  id: 'jobs.cleanup',
  method: 'POST',
  path: '/jobs/cleanup',
  access: 'admin',
  summary: 'Remove jobs that are done',
  description: 'Those of more than a day ago are removed every hour anyway.',
  body: OlderThan(30),
  body_optional: true,
  response: z.looseObject({ deleted: z.number().int(), older_than_days: z.number() }),
});

const pausing = {
  method: 'POST',
  access: 'admin',
  body: z.strictObject({
    lane: z.enum(LANE_NAMES).meta({ description: `Which jobs: ${LANE_NAMES.join(', ')}` }),
  }),
  response: z.looseObject({
    lane: z.string(),
    paused: z.array(z.string()).meta({ description: 'All lanes that start nothing now' }),
  }),
} as const;
export const pauseLane = endpoint({
  id: 'jobs.pause',
  path: '/jobs/pause',
  ...pausing,
  summary: 'Start no more jobs of a lane',
  description: 'What runs goes on to its end; what is enqueued waits. Holds until resumed, across restarts.',
});
export const resumeLane = endpoint({
  id: 'jobs.resume',
  path: '/jobs/resume',
  ...pausing,
  summary: 'Start jobs of a lane again',
});
