// All SQL on `webhooks`, `webhook_dead_letters` and `event_outbox`.
import { sql } from 'kysely';
import { type Clock, formatTime } from '../../core/clock.ts';
import type { Events } from '../../core/events.ts';
import { prepared } from '../../core/prepared.ts';
import type { StoreDb } from '../../core/store-db.ts';
import type { EventOutboxTable, WebhookDeadLetterTable, WebhookTable } from '../../core/tables.ts';
import { wants } from './rules.ts';

type Row<T> = { [K in keyof T]: K extends 'id' ? number : T[K] };
export type WebhookRow = Row<WebhookTable>;
export type DeadLetterRow = Row<WebhookDeadLetterTable>;
export type EventRow = Row<EventOutboxTable>;

export function webhookStore(db: StoreDb) {
  const one = (user_id: number, id: number) =>
    db.selectFrom('webhooks').where('user_id', '=', user_id).where('id', '=', id);

  return {
    /** It hears of what happens from now on. */
    async create(row: Omit<WebhookRow, 'id' | 'last_event_id'>): Promise<WebhookRow> {
      const last = await db
        .selectFrom('event_outbox')
        .where('user_id', '=', row.user_id)
        .select((eb) => eb.fn.max('id').as('id'))
        .executeTakeFirst();
      const values = { ...row, last_event_id: Number(last?.id ?? 0) };
      return db.insertInto('webhooks').values(values).returningAll().executeTakeFirstOrThrow() as Promise<WebhookRow>;
    },
    list: (user_id: number): Promise<WebhookRow[]> =>
      db.selectFrom('webhooks').where('user_id', '=', user_id).selectAll().orderBy('id').execute(),
    byId: (user_id: number, id: number): Promise<WebhookRow | undefined> =>
      one(user_id, id).selectAll().executeTakeFirst(),
    async set(user_id: number, id: number, change: Partial<Omit<WebhookRow, 'id' | 'user_id'>>): Promise<void> {
      await db.updateTable('webhooks').set(change).where('user_id', '=', user_id).where('id', '=', id).execute();
    },
    async delete(user_id: number, id: number): Promise<void> {
      await db.deleteFrom('webhooks').where('user_id', '=', user_id).where('id', '=', id).execute();
    },
    /** Those that have something to hear yet, of all users. */
    behind: (limit: number): Promise<Pick<WebhookRow, 'id' | 'user_id'>[]> =>
      db
        .selectFrom('webhooks as w')
        .where('w.is_active', '=', 1)
        .where((eb) =>
          eb.exists(
            eb
              .selectFrom('event_outbox as e')
              .select('e.id')
              .whereRef('e.user_id', '=', 'w.user_id')
              .whereRef('e.id', '>', 'w.last_event_id'),
          ),
        )
        .select(['w.id', 'w.user_id'])
        .orderBy('w.id')
        .limit(limit)
        .execute(),

    /** Oldest first. */
    eventsAfter: (user_id: number, id: number, limit: number): Promise<EventRow[]> =>
      db
        .selectFrom('event_outbox')
        .where('user_id', '=', user_id)
        .where('id', '>', id)
        .selectAll()
        .orderBy('id')
        .limit(limit)
        .execute(),
    /** What is too old to be news. @returns how many */
    async prune(before: string): Promise<number> {
      const { numDeletedRows } = await db
        .deleteFrom('event_outbox')
        .where('created_at', '<', before)
        .executeTakeFirst();
      return Number(numDeletedRows);
    },

    async bury(row: Omit<DeadLetterRow, 'id'>): Promise<void> {
      await db.insertInto('webhook_dead_letters').values(row).execute();
    },
    deadLetters: (user_id: number, webhook_id: number, limit: number): Promise<DeadLetterRow[]> =>
      db
        .selectFrom('webhook_dead_letters')
        .where('user_id', '=', user_id)
        .where('webhook_id', '=', webhook_id)
        .selectAll()
        .orderBy('id', 'desc')
        .limit(limit)
        .execute(),
    /** @returns how many */
    async pruneLetters(before: string): Promise<number> {
      const { numDeletedRows } = await db
        .deleteFrom('webhook_dead_letters')
        .where('created_at', '<', before)
        .executeTakeFirst();
      return Number(numDeletedRows);
    },
  };
}
export type WebhookStore = ReturnType<typeof webhookStore>;

export interface EventStoreDeps {
  clock: Clock;
  /** In the same transaction. */
  enqueue(user_id: number, webhook_id: number): Promise<unknown>;
}

/** An event that nobody asked for is not even written down. */
export function eventStore(db: StoreDb, { clock, enqueue }: EventStoreDeps): Events {
  const listening = prepared<{ user_id: number }, { id: number; events: string }>(db, (slots) =>
    db
      .selectFrom('webhooks')
      .where('user_id', '=', slots.user_id)
      .where('is_active', '=', sql.lit(1))
      .select(['id', 'events']),
  );
  return {
    async publish(user_id, event, data) {
      const interested = (await listening({ user_id })).filter(({ events }) =>
        wants(JSON.parse(events) as string[], event),
      );
      if (interested.length === 0) return false;
      await db
        .insertInto('event_outbox')
        .values({ user_id, event, data: JSON.stringify(data), created_at: formatTime(clock.now()) })
        .execute();
      for (const { id } of interested) await enqueue(user_id, id);
      return true;
    },
  };
}
