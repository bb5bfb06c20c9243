// Reading the audit log, checking its chains, and giving up what is past its time. Rows are written by src/audited.ts.
import { DAY_MS } from '../../algo/durations.ts';
import { type Clock, endOf, formatTime, parseTime } from '../../core/clock.ts';
import type { Sha256 } from '../../core/crypto.ts';
import { AppError } from '../../core/errors.ts';
import { othersFirst } from '../../core/event-loop.ts';
import { allows, type Scope } from '../../core/scope.ts';
import type { Atomically } from '../../core/unit-of-work.ts';
import type { AuditQuery } from './contract.ts';
import { type AuditRow, follower, type Problem, type Told } from './rules.ts';
import type { AuditStore } from './store.ts';

export interface AuditServiceDeps {
  read: { audit: AuditStore };
  atomically: Atomically<{ audit: AuditStore; about(told: Told): void }>;
  clock: Clock;
  sha256: Sha256;
  /** 0: for ever. */
  keep_days: number;
}

/** Rows read at once, and given up in one transaction. */
const PAGE = 500;
/** A chain that is broken everywhere need not be told of row by row. */
const MOST_PROBLEMS = 100;

const present = ({ details, target_id, ...row }: AuditRow) => ({
  ...row,
  target_id: target_id !== null && /^\d{1,15}$/.test(target_id) ? Number(target_id) : target_id,
  details: details === null ? null : (JSON.parse(details) as Record<string, unknown>),
});

export function createAuditLog({ read, atomically, clock, sha256, keep_days }: AuditServiceDeps) {
  /** @returns null for everybody's */
  function whose(scope: Scope, asked: AuditQuery['user_id'], fallback: number | null): number | null {
    if (asked === undefined) return fallback;
    if (asked === scope.user_id) return asked;
    if (!allows(scope, 'admin'))
      throw new AppError('forbidden', 'Only an administrator may read the audit log of others.');
    return asked === 'all' ? null : asked;
  }

  async function verifyChain(user_id: number) {
    for (;;) {
      const head = await read.audit.head(user_id);
      const follow = follower(head ?? { first_seq: 1, anchor_hash: '' }, sha256);
      const problems: Problem[] = head ? [] : [{ seq: 0, problem: 'the head of this chain is missing' }];
      let [checked, after] = [0, Number.MIN_SAFE_INTEGER];
      for (;;) {
        // Up to where the head was: rows may be added meanwhile.
        const page = (await read.audit.page(user_id, after, PAGE)).filter(({ seq }) => !head || seq <= head.last_seq);
        if (page.length === 0) break;
        problems.push(...follow.check(page));
        checked += page.length;
        after = page.at(-1)!.seq;
        await othersFirst();
      }
      if (head) problems.push(...follow.end(head));
      const [beyond] = head ? await read.audit.page(user_id, head.last_seq, 1) : [];
      const now = await read.audit.head(user_id);
      // Cut or erased while it was read: what was missed was let go of properly.
      if (now?.first_seq !== head?.first_seq) continue;
      if (beyond && now && beyond.seq > now.last_seq)
        problems.push({ seq: beyond.seq, problem: 'was added past the end of the chain' });
      return {
        user_id,
        ok: problems.length === 0,
        checked,
        first_seq: head?.first_seq ?? null,
        last_seq: head?.last_seq ?? null,
        last_hash: head?.last_hash ?? null,
        problems: problems.slice(0, MOST_PROBLEMS),
      };
    }
  }

  /** @returns how many rows of the oldest end of one chain went */
  const cutPage = (user_id: number, before: string): Promise<number> =>
    atomically(async ({ audit, about }) => {
      const page = await audit.page(user_id, Number.MIN_SAFE_INTEGER, PAGE);
      const kept = page.findIndex(({ created_at }) => created_at >= before);
      const going = kept === -1 ? page : page.slice(0, kept);
      const last = going.at(-1);
      if (!last) return 0;
      await audit.cut(user_id, last.seq + 1, last.hash);
      about({ deed: 'ended', type: 'audit', id: `${going[0]!.seq}-${last.seq}`, user_id });
      return going.length;
    });

  return {
    async list(scope: Scope, query: AuditQuery) {
      const { limit, offset, user_id, since, until, ...equal } = query;
      const filter = {
        ...equal,
        user_id: whose(scope, user_id, scope.user_id),
        since: since === undefined ? undefined : formatTime(parseTime(since)!),
        until: until === undefined ? undefined : endOf(until),
      };
      const [rows, total] = await Promise.all([read.audit.list(filter, limit, offset), read.audit.count(filter)]);
      return { entries: rows.map(present), count: rows.length, total, limit, offset };
    },

    async verify(scope: Scope, user_id: AuditQuery['user_id']) {
      const one = whose(scope, user_id, allows(scope, 'admin') ? null : scope.user_id);
      const chains = [];
      for (const each of one === null ? await read.audit.owners() : [one]) chains.push(await verifyChain(each));
      return {
        ok: chains.every(({ ok }) => ok),
        checked: chains.reduce((sum, { checked }) => sum + checked, 0),
        chains,
      };
    },

    /** Gives up rows past their time, from the oldest end of each chain. */
    async prune(): Promise<void> {
      if (keep_days === 0) return;
      const before = formatTime(clock.now() - keep_days * DAY_MS);
      for (const user_id of await read.audit.owners()) {
        while ((await cutPage(user_id, before)) === PAGE) await othersFirst();
      }
    },
  };
}
export type AuditLog = ReturnType<typeof createAuditLog>;
