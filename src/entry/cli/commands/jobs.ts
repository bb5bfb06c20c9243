// engram jobs: the work in the background, and what became of it.
import { cleanupJobs, jobStats, listJobs, purgeJobs, retryJobById } from '../../../features/jobs/contract.ts';
import { withActions } from '../actions.ts';
import type { Call } from '../client.ts';
import { type Context, idOperand, noWords } from '../command.ts';
import { EXIT, type ExitCode, usage } from '../failure.ts';
import { count, PAGE_FLAGS, pageOf } from './common.ts';

const STATES = ['failed', 'pending', 'running'] as const;
const OLDER = {
  name: 'older-than-days',
  value: 'days',
  help: 'Only what ended at least so many days ago; 7 for purge, 1 for cleanup',
};

/** Every failed job, in pages; what is tried again leaves the list. */
async function failedIds(call: Call): Promise<number[]> {
  const ids: number[] = [];
  for (let offset = 0; ; offset += 200) {
    const { jobs, total } = await call(listJobs, { query: { status: 'failed', limit: 200, offset } });
    ids.push(...jobs.map(({ id }) => id));
    if (jobs.length === 0 || ids.length >= total) return ids;
  }
}

/** @returns how many are tried again */
export async function retryFailed(call: Call): Promise<number> {
  const ids = await failedIds(call);
  for (const id of ids) await call(retryJobById, { params: { id } });
  return ids.length;
}

async function retry(context: Context): Promise<ExitCode> {
  const { args, output } = context;
  if (!args.has('all')) {
    const id = idOperand(context, 'jobs retry', 'job');
    const answer = await context.withCall((call) => call(retryJobById, { params: { id } }));
    if (output.json) output.data(answer);
    else output.line(`Job ${id} is tried again`);
    return EXIT.ok;
  }
  if (args.words.length > 0) throw usage('jobs retry takes either an id or --all.');
  const retried = await context.withCall(retryFailed);
  if (output.json) output.data({ retried });
  else output.line(retried === 0 ? 'No job has failed for good.' : `${count(retried, 'job')} tried again`);
  return EXIT.ok;
}

export const jobs = withActions({
  name: 'jobs',
  summary: 'Work in the background: what waits, what failed, trying again',
  role: 'client',
  fallback: 'stats',
  about: ['For administrators. A job that fails is tried again by itself, each time later, until its last try.'],
  sought_as: ['job', 'queue', 'tasks', 'background'],
  actions: [
    {
      name: 'stats',
      summary: 'How many wait, run, are done and have failed',
      examples: ['engram jobs stats'],
      async run(context) {
        noWords(context, 'jobs stats');
        const { output } = context;
        const answer = await context.withCall((call) => call(jobStats));
        const { pending, running, completed, failed, paused } = answer;
        if (output.json) output.data(answer);
        else {
          output.line(`${pending} waiting, ${running} running, ${completed} done in the last day, ${failed} failed`);
          if (paused.length > 0) output.line(`Held back: ${paused.join(', ')}`);
        }
        return EXIT.ok;
      },
    },
    {
      name: 'list',
      summary: 'Which ones',
      flags: [
        { name: 'status', short: 's', value: 'state', help: 'pending (default), running or failed' },
        ...PAGE_FLAGS,
      ],
      examples: ['engram jobs list', 'engram jobs list --status failed'],
      async run(context) {
        noWords(context, 'jobs list');
        const { args, output } = context;
        const word = args.text('status') ?? 'pending';
        const status = STATES.find((state) => state === word);
        if (!status) throw usage(`--status must be pending, running or failed, not "${word.slice(0, 80)}".`);
        const query = { status, ...pageOf(context, { limit: 20, most: 200 }) };
        const answer = await context.withCall((call) => call(listJobs, { query }));
        if (output.json) output.data(answer);
        else if (answer.jobs.length === 0) output.remark('No jobs.');
        else {
          output.table(
            [{ name: 'ID', right: true }, 'KIND', 'TRIES', 'SINCE', 'PROBLEM'],
            answer.jobs.map((job) => [
              ...[String(job.id), job.type, `${job.attempts}/${job.max_attempts}`],
              ...[job.completed_at ?? job.claimed_at ?? job.created_at, job.error ?? ''],
            ]),
          );
          const shown = answer.offset + answer.jobs.length;
          if (shown < answer.total) output.remark(`${answer.total - shown} more: --offset ${shown}`);
        }
        return EXIT.ok;
      },
    },
    {
      name: 'retry',
      operands: '<id>',
      summary: 'Try one that failed again',
      flags: [{ name: 'all', help: 'Every one that failed' }],
      examples: ['engram jobs retry 12', 'engram jobs retry --all'],
      run: retry,
    },
    {
      name: 'purge',
      summary: 'Remove those that failed for good',
      flags: [OLDER],
      examples: ['engram jobs purge --older-than-days 7'],
      async run(context) {
        noWords(context, 'jobs purge');
        const older_than_days = context.args.whole('older-than-days', { min: 0, max: 36_500 }) ?? 7;
        const answer = await context.withCall((call) => call(purgeJobs, { body: { older_than_days } }));
        if (context.output.json) context.output.data(answer);
        else context.output.line(`Removed ${count(answer.purged, 'failed job')}`);
        return EXIT.ok;
      },
    },
    {
      name: 'cleanup',
      summary: 'Remove those that are done',
      flags: [OLDER],
      examples: ['engram jobs cleanup'],
      async run(context) {
        noWords(context, 'jobs cleanup');
        const older_than_days = context.args.whole('older-than-days', { min: 0, max: 36_500 }) ?? 1;
        const answer = await context.withCall((call) => call(cleanupJobs, { body: { older_than_days } }));
        if (context.output.json) context.output.data(answer);
        else context.output.line(`Removed ${count(answer.deleted, 'finished job')}`);
        return EXIT.ok;
      },
    },
  ],
});
