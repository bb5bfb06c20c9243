// Who wants to hear what, and what is said. Pure.
import type { Actor } from '../../core/actor.ts';
import { EVENTS, type EventName } from '../../core/events.ts';
import type { Told } from '../audit/rules.ts';
import type { DeadLetterRow, WebhookRow } from './store.ts';

/** Failures in a row after which an address is not called any more. */
export const MOST_FAILURES = 10;
export const ATTEMPTS = 3;
const FIRST_PAUSE_MS = 500;

/** Before try n + 1. */
export const pauseMs = (attempts: number): number => FIRST_PAUSE_MS * 2 ** (attempts - 1);

/** `*`, `memory.*`, or an event as it is called. */
export const wants = (patterns: readonly string[], event: string): boolean =>
  patterns.some((one) => one === '*' || one === event || (one.endsWith('.*') && event.startsWith(one.slice(0, -1))));

/** Those that no event of ours can ever match. */
export const unknownPatterns = (patterns: readonly string[]): string[] =>
  patterns.filter((one) => !EVENTS.some((event) => wants([one], event)) && one !== 'test');

export const patternsOf = ({ events }: Pick<WebhookRow, 'events'>): string[] => JSON.parse(events) as string[];

export const webhookView = (row: WebhookRow) => ({
  id: row.id,
  user_id: row.user_id,
  url: row.url,
  events: patternsOf(row),
  has_secret: row.secret !== null,
  is_active: row.is_active === 1,
  failure_count: row.failure_count,
  last_triggered_at: row.last_triggered_at,
  created_at: row.created_at,
});

export const deadLetterView = ({ user_id: _user, ...row }: DeadLetterRow) => row;

/** What an endpoint does to a memory that is there already. */
const CHANGED_BY: Readonly<Record<string, EventName>> = {
  'memory.forget': 'memory.forgotten',
  'memory.restore': 'memory.restored',
  'memory.archive': 'memory.archived',
  'memory.unarchive': 'memory.unarchived',
  'memory.set_tags': 'memory.updated',
  'memory.update': 'memory.updated',
  'memory.patch': 'memory.updated',
};
const BULK: Readonly<Record<string, EventName>> = {
  approved: 'memory.bulk_approve',
  rejected: 'memory.bulk_reject',
};
/** Of other things than memories. */
const OTHERS: Readonly<Record<string, EventName>> = {
  'made reflection': 'reflection.created',
  'made contradiction': 'contradiction.detected',
  'ended contradiction': 'contradiction.resolved',
  'made episode': 'episode.created',
  'ended episode': 'episode.finalized',
  'made approval': 'approval.requested',
  'changed approval': 'approval.decided',
};

export interface Announcement {
  readonly user_id: number;
  readonly event: EventName;
  readonly data: Readonly<Record<string, unknown>>;
}

/** What a unit of work did, as events; one that is in the background makes memories out of others. */
export function eventsOf(actor: Actor | null, told: readonly Told[]): Announcement[] {
  const action = actor?.action ?? '';
  const owned = told.flatMap((one) => {
    const user_id = one.user_id ?? actor?.user_id ?? null;
    return user_id === null ? [] : [{ ...one, user_id }];
  });
  return [...Map.groupBy(owned, ({ user_id }) => user_id)].flatMap(([user_id, theirs]) => {
    const events = theirs.flatMap(({ deed, type, id }) => {
      const event = OTHERS[`${deed} ${type}`];
      if (!event) return [];
      const ids = type === 'contradiction' ? { memory_ids: String(id).split('-').map(Number) } : { [`${type}_id`]: id };
      return [{ user_id, event, data: ids }];
    });
    const memories = theirs.filter(({ type, id }) => type === 'memory' && typeof id === 'number');
    return [...memoryEvents(actor, action, memories).map((one) => ({ user_id, ...one })), ...events];
  });
}

function memoryEvents(actor: Actor | null, action: string, told: readonly Told[]): Omit<Announcement, 'user_id'>[] {
  const made = told.filter(({ deed }) => deed === 'made').map(({ id }) => id);
  const changed = new Map(told.filter(({ deed }) => deed === 'changed').map((one) => [one.id, one]));
  const ended = new Map(told.filter(({ deed }) => deed === 'ended').map((one) => [one.id, one]));
  const events: Omit<Announcement, 'user_id'>[] = [];
  // A new version is a memory made while another changed.
  const [previous_id] = [...changed.keys()].filter((id) => !made.includes(id));
  const version = made.length === 1 && previous_id !== undefined;
  for (const memory_id of made) {
    if (version && actor?.door !== 'job') {
      const event = action === 'history.correct' ? 'memory.corrected' : 'memory.updated';
      events.push({ event, data: { memory_id, previous_id } });
    } else events.push({ event: actor?.door === 'job' ? 'memory.derived' : 'memory.created', data: { memory_id } });
  }
  if (made.length === 0) events.push(...changes(action, [...changed.values()]));
  for (const { id: memory_id, as } of ended.values())
    events.push({ event: as === 'forgotten' ? 'memory.forgotten' : 'memory.deleted', data: { memory_id } });
  return events;
}

function changes(action: string, changed: readonly Told[]): Omit<Announcement, 'user_id'>[] {
  const [first] = changed;
  if (first?.as && action === 'inbox.bulk')
    return [{ event: BULK[first.as]!, data: { memory_ids: changed.map(({ id }) => id) } }];
  return changed.flatMap(({ id: memory_id, as }) => {
    const event = as ? (`memory.${as}` as EventName) : CHANGED_BY[action];
    return event ? [{ event, data: { memory_id } }] : [];
  });
}
