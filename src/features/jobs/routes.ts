import { type Route, route } from '../../core/endpoint.ts';
import * as contract from './contract.ts';
import type { JobsService } from './service.ts';

export const jobsRoutes = (jobs: JobsService): Route[] => [
  route(contract.listJobs, ({ query: { status, ...page } }) => jobs.list(status, page)),
  route(contract.pendingJobs, ({ query }) => jobs.list('pending', query)),
  route(contract.runningJobs, ({ query }) => jobs.list('running', query)),
  route(contract.failedJobs, ({ query }) => jobs.list('failed', query)),
  route(contract.jobStats, () => jobs.stats()),
  route(contract.retryJob, ({ body }) => jobs.retry(body.id)),
  route(contract.retryJobById, ({ params }) => jobs.retry(params.id)),
  route(contract.purgeJobs, ({ body }) => jobs.purge(body.older_than_days)),
  route(contract.cleanupJobs, ({ body }) => jobs.cleanup(body.older_than_days)),
  route(contract.pauseLane, ({ body }) => jobs.pause(body.lane)),
  route(contract.resumeLane, ({ body }) => jobs.resume(body.lane)),
];
