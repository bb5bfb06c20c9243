// Digests that go out by themselves: who gets them, when, and what became of it.
import { type Clock, formatTime, parseTime } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import { handler, type JobHandler } from '../../core/job.ts';
import type { Scope } from '../../core/scope.ts';
import { messageOf } from '../../core/thrown.ts';
import type { Atomically } from '../../core/unit-of-work.ts';
import type { WebhookSender } from '../../core/webhook.ts';
import type { JobStore } from '../jobs/store.ts';
import type { Reflections } from '../reflections/service.ts';
import { deliverDigest, type SubscribeRequest } from './contract.ts';
import { PARTS, type Part, PERIOD_MS, subscriptionView } from './rules.ts';
import type { Digests } from './service.ts';
import type { DigestStore, SubscriptionRow } from './store.ts';

export interface DeliveryDeps {
  read: { digests: DigestStore };
  atomically: Atomically<{ digests: DigestStore; jobs: Pick<JobStore, 'enqueue'> }>;
  digests: Pick<Digests, 'make'>;
  reflections: Pick<Reflections, 'list'>;
  sender: WebhookSender;
  /** Starts due jobs. */
  wake(): void;
  clock: Clock;
}

const DUE_AT_ONCE = 50;
const MOST_FAILURES = 10;
const REFLECTIONS = 5;
const NEW = 10;
const CHARS = 500;

export function createDeliveries({ read, atomically, digests, reflections, sender, wake, clock }: DeliveryDeps) {
  const now = () => formatTime(clock.now());
  const missing = (id: number) =>
    new AppError('digest_not_found', `There is no subscription ${id} to digests. GET /digests lists them.`);

  async function subscription(scope: Scope, id: number): Promise<SubscriptionRow> {
    const row = await read.digests.subscription(scope.user_id, id);
    if (!row || (scope.space_id !== null && row.space_id !== scope.space_id)) throw missing(id);
    return row;
  }

  /** Only the parts that were asked for. */
  async function payload(row: SubscriptionRow, until: string, urgency: 'soon' | 'later') {
    const wanted = new Set(JSON.parse(row.include) as Part[]);
    const { user_id, space_id, schedule } = row;
    const made = await digests.make({ user_id, space_id }, schedule, until, urgency);
    const { new_memories, changed_memories, contradictions, categories, summary, paragraph } = made.figures;
    const scope: Scope = { user_id, space_id, key_id: 0, scopes: ['read'], default_space_id: null };
    return {
      digest_id: row.id,
      schedule,
      started_at: made.from,
      ended_at: until,
      ...(wanted.has('stats') && {
        stats: { memory_count: made.memory_count, new_memories, changed_memories, contradictions, categories },
      }),
      ...(wanted.has('new_memories') && {
        new_memories: made.top.slice(0, NEW).map(({ id, content, category, importance, created_at }) => ({
          ...{ id, category, importance, created_at },
          content: Array.from(content).slice(0, CHARS).join(''),
        })),
        summary,
        paragraph,
      }),
      ...(wanted.has('contradictions') && {
        contradictions: made.pairs.map(({ memory_a, memory_b, description }) => ({ memory_a, memory_b, description })),
      }),
      ...(wanted.has('reflections') && {
        reflections: (await reflections.list(scope, REFLECTIONS)).reflections
          .filter(({ created_at }) => created_at >= made.from)
          .map(({ id, content, reflection_type }) => ({ id, content, reflection_type })),
      }),
    };
  }

  async function deliver(row: SubscriptionRow, until: string, urgency: 'soon' | 'later') {
    const data = await payload(row, until, urgency);
    const { user_id, id } = row;
    try {
      const done = await sender.send({ url: row.webhook_url, secret: row.webhook_secret, event: 'digest', data });
      const change = { failures: 0, last_error: null, last_sent_at: now() };
      await atomically((stores) => stores.digests.set(user_id, id, change));
      return { data, ...done };
    } catch (error) {
      const failures = row.failures + 1;
      const stop = failures >= MOST_FAILURES ? { active: 0 } : {};
      await atomically((stores) =>
        stores.digests.set(user_id, id, { failures, last_error: messageOf(error), ...stop }),
      );
      throw error;
    }
  }

  return {
    async list(scope: Scope) {
      return (await read.digests.subscriptions(scope.user_id, scope.space_id)).map(subscriptionView);
    },

    async subscribe(scope: Scope, request: SubscribeRequest) {
      const why = await sender.refusal(request.webhook_url);
      if (why !== null)
        throw new AppError('webhook_refused', `webhook_url cannot be used. ${why}`, {
          issues: [{ path: 'body.webhook_url', message: why }],
        });
      const at = clock.now();
      const include = PARTS.filter((part) => request[`include_${part}`]);
      const row = await atomically((stores) =>
        stores.digests.subscribe({
          user_id: scope.user_id,
          space_id: scope.space_id,
          schedule: request.schedule,
          webhook_url: request.webhook_url,
          webhook_secret: request.webhook_secret ?? null,
          include: JSON.stringify(include),
          active: 1,
          failures: 0,
          last_error: null,
          last_sent_at: null,
          next_send_at: formatTime(at + PERIOD_MS[request.schedule]),
          created_at: formatTime(at),
        }),
      );
      return subscriptionView(row);
    },

    async unsubscribe(scope: Scope, id: number) {
      await subscription(scope, id);
      await atomically((stores) => stores.digests.unsubscribe(scope.user_id, id));
      return { deleted: true as const, id };
    },

    async send(scope: Scope, id: number) {
      const row = await subscription(scope, id);
      try {
        const { data, status, latency_ms } = await deliver(row, now(), 'soon');
        return { sent: true as const, digest_id: id, status_code: status, latency_ms, payload: data };
      } catch (error) {
        if (error instanceof AppError) throw error;
        throw new AppError('webhook_failed', messageOf(error), { cause: error });
      }
    },

    /** Has those delivered whose time has come. One that was missed for long is sent once, then keeps its hour. */
    async sendDue(): Promise<void> {
      const at = clock.now();
      const due = await read.digests.due(formatTime(at), DUE_AT_ONCE);
      for (const { id, user_id, schedule, next_send_at } of due) {
        const every = PERIOD_MS[schedule];
        const planned = parseTime(next_send_at) ?? at;
        const next = planned + every * (Math.floor((at - planned) / every) + 1);
        await atomically(async ({ digests, jobs }) => {
          await digests.set(user_id, id, { next_send_at: formatTime(next) });
          await jobs.enqueue(deliverDigest, { user_id, subscription_id: id, until: formatTime(next - every) });
        });
      }
      if (due.length > 0) wake();
    },

    jobs: [
      handler(deliverDigest, async ({ user_id, subscription_id, until }) => {
        const row = await read.digests.subscription(user_id, subscription_id);
        if (row?.active === 1) await deliver(row, until, 'later');
      }),
    ] as JobHandler[],
  };
}
export type Deliveries = ReturnType<typeof createDeliveries>;
