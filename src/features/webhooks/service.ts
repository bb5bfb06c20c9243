// Telling those who asked what happened: in order, signed, tried again, put aside in the end.
import { DAY_MS } from '../../algo/durations.ts';
import { type Clock, formatTime } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import { handler, type JobHandler } from '../../core/job.ts';
import type { Scope } from '../../core/scope.ts';
import { messageOf } from '../../core/thrown.ts';
import type { Atomically } from '../../core/unit-of-work.ts';
import { WebhookFailure, type WebhookSender } from '../../core/webhook.ts';
import type { JobStore } from '../jobs/store.ts';
import { tagsOf } from '../memory/rules.ts';
import type { MemoryStore } from '../memory/store.ts';
import { deliverEvents } from './contract.ts';
import {
  ATTEMPTS,
  deadLetterView,
  MOST_FAILURES,
  patternsOf,
  pauseMs,
  unknownPatterns,
  wants,
  webhookView,
} from './rules.ts';
import type { EventRow, WebhookRow, WebhookStore } from './store.ts';

export interface WebhookDeps {
  read: { webhooks: WebhookStore; memories: Pick<MemoryStore, 'byId'> };
  atomically: Atomically<{ webhooks: WebhookStore; jobs: Pick<JobStore, 'enqueue'> }>;
  sender: WebhookSender;
  /** Waits between two tries; ends early when the program stops. */
  pause(ms: number): Promise<void>;
  wake(): void;
  clock: Clock;
}

/** Events told in one run of a job; what is left waits for the next, behind other addresses. */
const AT_ONCE = 200;
const PAGE = 50;
const BEHIND = 1_000;
const MOST_WEBHOOKS = 50;
const NEWS_MS = 7 * DAY_MS;
const LETTERS_MS = 30 * DAY_MS;
const CONTENT_CHARS = 4_000;

export function createWebhooks({ read, atomically, sender, pause, wake, clock }: WebhookDeps) {
  const now = () => formatTime(clock.now());
  /** The last run for each address: the next one waits for it. */
  const busy = new Map<number, Promise<void>>();
  let stopped = false;

  async function hook({ user_id }: Pick<Scope, 'user_id'>, id: number): Promise<WebhookRow> {
    const row = await read.webhooks.byId(user_id, id);
    if (!row) throw new AppError('webhook_not_found', `There is no webhook ${id}. GET /webhooks lists yours.`);
    return row;
  }

  function checkPatterns(events: readonly string[]): void {
    const [unknown] = unknownPatterns(events);
    if (unknown !== undefined)
      throw new AppError('invalid_request', `There is no event "${unknown}"; GET /docs lists them under /webhooks.`, {
        issues: [{ path: 'body.events', message: `no event "${unknown}"` }],
      });
  }

  /** Texts are read when they are told, not kept with the event: what was erased meanwhile is not told. */
  async function dataOf({ user_id, data }: Pick<EventRow, 'user_id' | 'data'>): Promise<Record<string, unknown>> {
    const told = JSON.parse(data) as Record<string, unknown>;
    if (typeof told.memory_id !== 'number') return told;
    const row = await read.memories.byId(user_id, told.memory_id);
    if (!row || row.is_forgotten) return told;
    const { content, category, importance, source, status, version, created_at } = row;
    return {
      ...told,
      id: row.id,
      content: Array.from(content).slice(0, CONTENT_CHARS).join(''),
      ...{ category, importance, source, status, version, created_at },
      tags: tagsOf(row),
    };
  }

  /** @returns whether the address may be told more */
  async function tell(row: WebhookRow, event: EventRow): Promise<boolean> {
    const { id, user_id, url, secret } = row;
    for (let attempts = 1; ; attempts++) {
      try {
        await sender.send({ url, secret, event: event.event, data: await dataOf(event) });
        const change = { failure_count: 0, last_triggered_at: now(), last_event_id: event.id };
        await atomically(({ webhooks }) => webhooks.set(user_id, id, change));
        row.failure_count = 0;
        return true;
      } catch (error) {
        if (!(error instanceof WebhookFailure)) throw error;
        if (stopped) return false;
        if (attempts < ATTEMPTS) {
          await pause(pauseMs(attempts));
          continue;
        }
        const failure_count = ++row.failure_count;
        const is_active = failure_count >= MOST_FAILURES ? 0 : 1;
        await atomically(async ({ webhooks }) => {
          await webhooks.bury({
            user_id,
            webhook_id: id,
            event: event.event,
            payload: event.data,
            attempts,
            last_error: messageOf(error),
            last_status_code: error.status,
            created_at: now(),
          });
          await webhooks.set(user_id, id, { failure_count, is_active, last_event_id: event.id });
        });
        return is_active === 1;
      }
    }
  }

  async function deliver(user_id: number, webhook_id: number): Promise<void> {
    const row = await read.webhooks.byId(user_id, webhook_id);
    if (row?.is_active !== 1) return;
    let told = 0;
    for (let after = row.last_event_id; !stopped; ) {
      const events = await read.webhooks.eventsAfter(user_id, after, PAGE);
      if (events.length === 0) return;
      for (const event of events) {
        after = event.id;
        if (!wants(patternsOf(row), event.event)) continue;
        if (!(await tell(row, event)) || stopped) return;
        told++;
      }
      await atomically(async ({ webhooks, jobs }) => {
        await webhooks.set(user_id, webhook_id, { last_event_id: after });
        if (told >= AT_ONCE) await jobs.enqueue(deliverEvents, { user_id, webhook_id });
      });
      if (told >= AT_ONCE) return wake();
    }
  }

  function inTurn(webhook_id: number, work: () => Promise<void>): Promise<void> {
    const before = busy.get(webhook_id) ?? Promise.resolve();
    const mine = before.catch(() => {}).then(work);
    busy.set(webhook_id, mine);
    return mine.finally(() => {
      if (busy.get(webhook_id) === mine) busy.delete(webhook_id);
    });
  }

  return {
    async create(scope: Scope, request: { url: string; events: string[]; secret?: string | null | undefined }) {
      checkPatterns(request.events);
      const why = await sender.refusal(request.url);
      if (why !== null)
        throw new AppError('webhook_refused', `This url cannot be used. ${why}`, {
          issues: [{ path: 'body.url', message: why }],
        });
      const row = await atomically(async ({ webhooks }) => {
        if ((await webhooks.list(scope.user_id)).length >= MOST_WEBHOOKS)
          throw new AppError('invalid_request', `You have ${MOST_WEBHOOKS} webhooks already; delete one first.`);
        return webhooks.create({
          user_id: scope.user_id,
          url: request.url,
          secret: request.secret ?? null,
          events: JSON.stringify([...new Set(request.events)]),
          is_active: 1,
          failure_count: 0,
          last_triggered_at: null,
          created_at: now(),
        });
      });
      return { created: true as const, ...webhookView(row) };
    },

    async list(scope: Scope) {
      const webhooks = (await read.webhooks.list(scope.user_id)).map(webhookView);
      return { webhooks, count: webhooks.length };
    },

    async update(
      scope: Scope,
      id: number,
      change: { events?: string[] | undefined; secret?: string | null | undefined; is_active?: boolean | undefined },
    ) {
      if (change.events) checkPatterns(change.events);
      const before = await hook(scope, id);
      const columns = {
        ...(change.events && { events: JSON.stringify([...new Set(change.events)]) }),
        ...(change.secret !== undefined && { secret: change.secret }),
        ...(change.is_active !== undefined && { is_active: change.is_active ? 1 : 0 }),
        ...(change.is_active && { failure_count: 0 }),
      };
      if (Object.keys(columns).length === 0) return webhookView(before);
      await atomically(({ webhooks }) => webhooks.set(scope.user_id, id, columns));
      return webhookView(await hook(scope, id));
    },

    async delete(scope: Scope, id: number) {
      await hook(scope, id);
      await atomically(({ webhooks }) => webhooks.delete(scope.user_id, id));
      return { deleted: true as const, id };
    },

    async test(scope: Scope, id: number, event: string) {
      const { url, secret } = await hook(scope, id);
      const data = { webhook_id: id, message: 'A test from Engram; nothing has happened.' };
      const told = { hook_id: id, url, event };
      try {
        const { status, latency_ms } = await sender.send({ url, secret, event, data });
        return { ...told, dispatched: true, status_code: status, latency_ms, error: null };
      } catch (error) {
        if (!(error instanceof WebhookFailure)) throw error;
        return { ...told, dispatched: false, status_code: error.status, latency_ms: null, error: error.message };
      }
    },

    async deadLetters(scope: Scope, id: number, limit: number) {
      await hook(scope, id);
      const dead_letters = (await read.webhooks.deadLetters(scope.user_id, id, limit)).map(deadLetterView);
      return { dead_letters, count: dead_letters.length, webhook_id: id };
    },

    /** Goes on with what a stopped program left, and lets go of what is old. */
    async sweep(): Promise<void> {
      const at = clock.now();
      const behind = await read.webhooks.behind(BEHIND);
      await atomically(async ({ webhooks, jobs }) => {
        for (const { id, user_id } of behind) await jobs.enqueue(deliverEvents, { user_id, webhook_id: id });
        await webhooks.prune(formatTime(at - NEWS_MS));
        await webhooks.pruneLetters(formatTime(at - LETTERS_MS));
      });
      if (behind.length > 0) wake();
    },

    stop(): void {
      stopped = true;
    },

    jobs: [
      handler(deliverEvents, ({ user_id, webhook_id }) => inTurn(webhook_id, () => deliver(user_id, webhook_id))),
    ] as JobHandler[],
  };
}
export type Webhooks = ReturnType<typeof createWebhooks>;
