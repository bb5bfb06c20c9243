// What a space lets be, and taking secrets out of memories that are there already.
import { added, redact, type Redaction as Taken } from '../../algo/secrets/redact.ts';
import { fingerprintOf } from '../../algo/simhash.ts';
import { type Clock, formatTime } from '../../core/clock.ts';
import type { Sha256 } from '../../core/crypto.ts';
import { AppError } from '../../core/errors.ts';
import type { FullTextIndex } from '../../core/ports.ts';
import type { Scope } from '../../core/scope.ts';
import type { Atomically } from '../../core/unit-of-work.ts';
import type { AccessStore } from '../access/store.ts';
import type { JobStore } from '../jobs/store.ts';
import { embedMissing } from '../memory/contract.ts';
import type { FingerprintStore } from '../memory/fingerprint-store.ts';
import { fullTextEntry, type MemoryRow, normalizeContent } from '../memory/rules.ts';
import type { MemoryStore } from '../memory/store.ts';
import type { UnderstandingStore } from '../understanding/store.ts';
import type { SpaceRedactor } from './redactor.ts';
import type { RedactionStore } from './store.ts';

/** Read and written together. */
const PAGE = 200;

interface Stores {
  access: Pick<AccessStore, 'setRedaction'>;
  memories: MemoryStore;
  fingerprints: FingerprintStore;
  fullText: FullTextIndex;
  understanding: Pick<UnderstandingStore, 'add'>;
  jobs: Pick<JobStore, 'enqueue'>;
  lockUser(user_id: number): Promise<void>;
}

export interface RedactionDeps {
  read: { redaction: RedactionStore; access: Pick<AccessStore, 'users'> };
  atomically: Atomically<Stores>;
  redactor: Pick<SpaceRedactor, 'exemptOf' | 'changed'>;
  semantics: {
    readonly model: { readonly key: string } | null;
    removed(user_id: number, ids: readonly number[]): Promise<void>;
  };
  /** Whether new memories are read for what they say. */
  understanding: boolean;
  wake(): void;
  clock: Clock;
  sha256: Sha256;
}

export function createRedaction(deps: RedactionDeps) {
  const { read, atomically, redactor, semantics, clock, sha256 } = deps;

  /** In place: an older version would keep what has to go. */
  async function rewrite(stores: Stores, row: MemoryRow): Promise<boolean> {
    const { user_id, id } = row;
    const now = await stores.memories.byId(user_id, id);
    if (now?.content !== row.content) return false;
    const content = redact(row.content).text;
    const changed = { content, content_hash: sha256(normalizeContent(content)), updated_at: formatTime(clock.now()) };
    await stores.memories.set(user_id, id, changed);
    if (row.is_latest === 1) {
      await stores.fullText.put(fullTextEntry({ ...row, ...changed }, id));
      const fingerprint = fingerprintOf(content);
      await stores.fingerprints.remove(user_id, [id]);
      if (fingerprint) await stores.fingerprints.add(user_id, id, fingerprint);
      if (deps.understanding) await stores.understanding.add(user_id, id);
    }
    return true;
  }

  async function sweepUser(user_id: number, dry_run: boolean) {
    const exempt = await redactor.exemptOf(user_id);
    const total = { looked_at: 0, affected: 0, taken: [] as Taken[] };
    for (let after = 0; ; ) {
      const rows = await read.redaction.page(user_id, after, PAGE);
      if (rows.length === 0) return total;
      after = rows.at(-1)!.id;
      total.looked_at += rows.length;
      const found = rows.flatMap((row) => {
        if (row.space_id !== null && exempt.has(row.space_id)) return [];
        const { redacted } = redact(row.content);
        return redacted.length === 0 ? [] : [{ row, redacted }];
      });
      total.affected += found.length;
      total.taken.push(...found.flatMap(({ redacted }) => redacted));
      if (dry_run || found.length === 0) continue;
      const ids = await atomically(async (stores) => {
        await stores.lockUser(user_id);
        const changed: number[] = [];
        for (const { row } of found) if (await rewrite(stores, row)) changed.push(row.id);
        if (semantics.model && changed.length > 0)
          await stores.jobs.enqueue(embedMissing, { model: semantics.model.key });
        return changed;
      });
      await semantics.removed(user_id, ids);
    }
  }

  return {
    async change({ user_id }: Scope, id: number, on: boolean) {
      const row = await atomically(({ access }) => access.setRedaction(user_id, id, on));
      if (!row) throw new AppError('space_missing', `There is no space ${id}. GET /spaces lists yours.`);
      redactor.changed(user_id);
      return { ...row, redaction: row.redaction === 1 };
    },

    async sweep(dry_run: boolean) {
      let looked_at = 0;
      let affected = 0;
      const taken: Taken[] = [];
      for (const { id } of await read.access.users()) {
        const one = await sweepUser(id, dry_run);
        looked_at += one.looked_at;
        affected += one.affected;
        taken.push(...one.taken);
      }
      if (!dry_run && affected > 0) deps.wake();
      return { dry_run, looked_at, affected, redacted: added(taken) };
    },
  };
}
export type Redaction = ReturnType<typeof createRedaction>;
