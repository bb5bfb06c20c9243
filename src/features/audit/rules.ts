// What a row of the audit log says, and how rows hold on to each other. Pure.
import type { Actor } from '../../core/actor.ts';
import type { Sha256 } from '../../core/crypto.ts';
import type { EndpointSpec } from '../../core/endpoint.ts';
import type { AuditHeadTable, AuditLogTable } from '../../core/tables.ts';

export type AuditRow = { [K in keyof AuditLogTable]: K extends 'id' ? number : AuditLogTable[K] };
export type AuditHead = AuditHeadTable;
/** What happened, before it has its place in a chain. */
export type AuditEntry = Omit<AuditRow, 'id' | 'user_id' | 'seq' | 'prev_hash' | 'hash'>;

/** The chain of what belongs to no user: the server's own settings and jobs. */
export const SERVER = 0;
/** Stands before the first row of every chain. */
export const GENESIS = '0'.repeat(64);

/** Names under which other programs look for these. */
const KNOWN_AS: Readonly<Record<string, string>> = {
  'history.correct': 'memory.correct',
  'scratch.delete_session': 'scratch_delete_session',
  'scratch.delete_entry': 'scratch_delete_key',
};

/** Work in the background changes a lot in what it once read from memories; rows are for what it makes and ends. */
export const worthARow = (actor: Actor, told: readonly Told[]): boolean =>
  actor.door !== 'job' || told.some(({ deed, type }) => deed === 'ended' || (deed === 'made' && type === 'memory'));

export type Deed = 'made' | 'changed' | 'ended';

/** One thing a unit of work said it touched. */
export interface Told {
  readonly deed: Deed;
  /** `memory`, `key`, `space`, ... */
  readonly type: string;
  readonly id: number | string;
  /** Whose it is; null: the actor's. */
  readonly user_id: number | null;
  /** What became of it, where the deed alone does not say. */
  readonly as?: 'approved' | 'rejected' | 'forgotten';
}

/** Larger lists are cut, with their true length beside them. */
const MOST_IDS = 100;
const LONGEST = 200;

/** A name from a path, as every database keeps it: without control characters, and in whole characters. */
const plain = (text: string): string =>
  text
    .toWellFormed()
    .replace(/\p{Cc}/gu, '')
    .slice(0, LONGEST)
    .toWellFormed();

const singular = (word: string): string =>
  word.endsWith('ies') ? `${word.slice(0, -3)}y` : word.endsWith('s') ? word.slice(0, -1) : word;

/** `memory` of `/memory/{id}/forget`, with the name of its parameter; null for paths that name nothing. */
export function targetOf(path: string): { type: string; param: string } | null {
  const found = /\/([\w-]+)\/\{(\w+)\}/.exec(path);
  if (!found) return null;
  const [, before, param] = found;
  // `/intelligence/decompose/{memory_id}` says itself what it is about.
  const type = param!.endsWith('_id') ? param!.slice(0, -3) : singular(before!);
  return { type: type === 'trash' ? 'memory' : type, param: param! };
}

/** What of an endpoint decides about its rows. */
export type Audited = Pick<EndpointSpec, 'id' | 'path' | 'access'>;

/** `{"made":{"memory":[7]}}`: ids only, never what they stand for. */
function detailsOf(told: readonly Told[]): string | null {
  if (told.length === 0) return null;
  const details: Record<string, Record<string, unknown>> = {};
  for (const [deed, ofDeed] of Map.groupBy(told, (each) => each.deed)) {
    const types: Record<string, unknown> = {};
    for (const [type, ofType] of Map.groupBy(ofDeed, (each) => each.type)) {
      const ids = [...new Set(ofType.map(({ id }) => (typeof id === 'string' ? plain(id) : id)))];
      types[type] = ids.slice(0, MOST_IDS);
      if (ids.length > MOST_IDS) types[`${type}_count`] = ids.length;
    }
    details[deed] = types;
  }
  return JSON.stringify(details);
}

/**
 * @param spec of the endpoint the actor called; undefined for jobs
 * @param told what the unit said, all of one user
 */
export function entryOf(actor: Actor, spec: Audited | undefined, told: readonly Told[], now: string): AuditEntry {
  const named = spec ? targetOf(spec.path) : null;
  const sent = named === null ? undefined : actor.params[named.param];
  const done = told.filter(({ deed }) => deed !== 'changed');
  const [first, ...more] = done.length > 0 ? done : told;
  const alone = more.every(({ type, id }) => type !== first!.type || id === first!.id);
  const target =
    named && sent !== undefined
      ? { type: named.type, id: plain(sent) }
      : first && { type: first.type, id: alone ? first.id : undefined };
  return {
    // A job works for a user, who did not do it.
    actor_user_id: actor.door === 'job' ? null : actor.user_id,
    key_id: actor.key_id,
    agent_id: null,
    action: KNOWN_AS[actor.action] ?? actor.action,
    target_type: target?.type ?? null,
    target_id: target?.id === undefined ? null : String(target.id),
    details: detailsOf(told),
    ip: actor.address,
    door: actor.door,
    request_id: actor.request_id,
    created_at: now,
  };
}

/** What the hash of a row covers, in this order for ever: every column but its id, which databases give out. */
export const canonical = (row: Omit<AuditRow, 'id' | 'hash'>): string =>
  JSON.stringify([
    1,
    row.user_id,
    row.seq,
    row.actor_user_id,
    row.key_id,
    row.agent_id,
    row.action,
    row.target_type,
    row.target_id,
    row.details,
    row.ip,
    row.door,
    row.request_id,
    row.created_at,
    row.prev_hash,
  ]);

export function chained(
  entry: AuditEntry,
  user_id: number,
  seq: number,
  prev_hash: string,
  sha256: Sha256,
): Omit<AuditRow, 'id'> {
  const row = { ...entry, user_id, seq, prev_hash };
  return { ...row, hash: sha256(canonical(row)) };
}

/** With the number of the row in its chain. */
export type Problem = { seq: number; problem: string };

/** Follows a chain page by page; what it finds names the row, and it goes on after it. */
export function follower(head: Pick<AuditHead, 'first_seq' | 'anchor_hash'>, sha256: Sha256) {
  let next = head.first_seq;
  let hash = head.anchor_hash;
  return {
    /** Problems of rows that come in the order of their numbers. */
    check(rows: readonly AuditRow[]): Problem[] {
      const found: Problem[] = [];
      for (const row of rows) {
        const say = (problem: string) => found.push({ seq: row.seq, problem });
        if (row.seq > next) {
          const gap = row.seq - 1 === next ? `row ${next} is` : `rows ${next} to ${row.seq - 1} are`;
          found.push({ seq: next, problem: `${gap} missing` });
        }
        if (sha256(canonical(row)) !== row.hash) say('was changed: its hash does not fit what it says');
        else if (row.seq === next && row.prev_hash !== hash)
          say('does not follow the row before it: one of the two was exchanged');
        next = row.seq + 1;
        hash = row.hash;
      }
      return found;
    },
    /** What the end should be, against what it is. */
    end({ last_seq, last_hash }: Pick<AuditHead, 'last_seq' | 'last_hash'>): Problem[] {
      if (next <= last_seq) {
        const gap = next === last_seq ? `row ${next} is` : `rows ${next} to ${last_seq} are`;
        return [{ seq: next, problem: `${gap} missing at the end` }];
      }
      return hash === last_hash ? [] : [{ seq: last_seq, problem: 'is not the row that was written last' }];
    },
  };
}
