// Binds every store to one handle: the reader, or a transaction.
import type { Announcer } from './announced.ts';
import type { Audit } from './audited.ts';
import type { Clock } from './core/clock.ts';
import { accessStore } from './features/access/store.ts';
import { adminStore } from './features/admin/store.ts';
import { approvalStore } from './features/approvals/store.ts';
import type { Told } from './features/audit/rules.ts';
import { auditStore } from './features/audit/store.ts';
import { causeStore } from './features/causes/store.ts';
import { consolidationStore } from './features/consolidation/store.ts';
import { contradictionStore } from './features/contradictions/store.ts';
import { conversationStore } from './features/conversations/store.ts';
import { wordStore } from './features/conversations/word-store.ts';
import { partStore } from './features/decompose/store.ts';
import { digestStore } from './features/digests/store.ts';
import { mentionStore } from './features/entities/mention-store.ts';
import { relationshipStore } from './features/entities/relationship-store.ts';
import { entityStore } from './features/entities/store.ts';
import { episodeStore } from './features/episodes/store.ts';
import { factStore } from './features/facts/store.ts';
import { feedbackStore } from './features/feedback/store.ts';
import { feelingStore } from './features/feelings/store.ts';
import { reviewStore } from './features/fsrs/store.ts';
import { gateStore } from './features/gate/store.ts';
import { graphStore } from './features/graph/graph-store.ts';
import { rankStore } from './features/graph/rank-store.ts';
import { healthStore } from './features/health/store.ts';
import { inboxStore } from './features/inbox/store.ts';
import { uploadStore } from './features/ingest/store.ts';
import { jobStore } from './features/jobs/store.ts';
import { llmUsageStore } from './features/llm/store.ts';
import { mem0Store } from './features/mem0/store.ts';
import { fingerprintStore } from './features/memory/fingerprint-store.ts';
import { linkStore } from './features/memory/link-store.ts';
import { memoryStore } from './features/memory/store.ts';
import { vectorStore } from './features/memory/vector-store.ts';
import { memoryFileStore } from './features/memory_files/store.ts';
import { oauthStore } from './features/oauth/store.ts';
import { patternStore } from './features/patterns/store.ts';
import { portraitStore } from './features/personality/portrait-store.ts';
import { personalityStore } from './features/personality/store.ts';
import { preferenceStore } from './features/preferences/store.ts';
import { projectStore } from './features/projects/store.ts';
import { reconsolidationStore } from './features/reconsolidation/store.ts';
import { redactionStore } from './features/redaction/store.ts';
import { reflectionStore } from './features/reflections/store.ts';
import { scratchStore } from './features/scratch/store.ts';
import { sessionStore } from './features/sessions/store.ts';
import { statsStore } from './features/stats/store.ts';
import { syncStore } from './features/sync/store.ts';
import { tenantStore } from './features/tenants/store.ts';
import { sourceStore } from './features/thinking/source-store.ts';
import { thinkingStore } from './features/thinking/store.ts';
import { transferStore } from './features/transfer/store.ts';
import { trashStore } from './features/trash/store.ts';
import { understandingStore } from './features/understanding/store.ts';
import { deliverEvents } from './features/webhooks/contract.ts';
import { eventStore, webhookStore } from './features/webhooks/store.ts';
import type { Database, Handle } from './platform/db/dialect.ts';
import { sha256 } from './platform/system.ts';
import { tellingStores } from './told.ts';

const bind = ({ db, fullText, idList, lockUser, claimJobs, describe }: Handle, clock: Clock) => ({
  access: accessStore(db),
  admin: adminStore(db),
  approvals: approvalStore(db),
  audit: auditStore(db, sha256),
  causes: causeStore(db, idList),
  contradictions: contradictionStore(db, idList),
  redaction: redactionStore(db),
  reflections: reflectionStore(db),
  consolidations: consolidationStore(db, idList),
  digests: digestStore(db),
  thinking: thinkingStore(db),
  thoughtSources: sourceStore(db, idList),
  conversations: conversationStore(db, idList),
  entities: entityStore(db, idList),
  mentions: mentionStore(db, idList),
  relationships: relationshipStore(db, idList),
  projects: projectStore(db, idList),
  episodes: episodeStore(db, idList),
  words: wordStore(db, idList),
  memories: memoryStore(db, idList),
  memoryFiles: memoryFileStore(db),
  mem0: mem0Store(db, idList),
  links: linkStore(db, idList),
  reviews: reviewStore(db, idList),
  vectors: vectorStore(db, idList),
  trash: trashStore(db, idList),
  transfers: transferStore(db, idList),
  syncs: syncStore(db),
  uploads: uploadStore(db),
  understanding: understandingStore(db, idList),
  inbox: inboxStore(db),
  facts: factStore(db, idList),
  parts: partStore(db, idList),
  feedback: feedbackStore(db),
  feelings: feelingStore(db),
  patterns: patternStore(db),
  reconsolidations: reconsolidationStore(db, idList),
  gates: gateStore(db),
  health: healthStore(db, idList),
  graph: graphStore(db, idList),
  ranks: rankStore(db, idList),
  fingerprints: fingerprintStore(db, idList),
  oauth: oauthStore(db),
  jobs: jobStore(db, clock),
  llmUsage: llmUsageStore(db),
  personality: personalityStore(db, idList),
  portraits: portraitStore(db),
  preferences: preferenceStore(db),
  scratch: scratchStore(db),
  sessions: sessionStore(db),
  stats: statsStore(db),
  tenants: tenantStore(db, describe),
  webhooks: webhookStore(db),
  events: eventStore(db, {
    clock,
    enqueue: (user_id, webhook_id) => jobStore(db, clock).enqueue(deliverEvents, { user_id, webhook_id }),
  }),
  fullText,
  lockUser,
  claimJobs,
});
export type BoundStores = ReturnType<typeof bind>;
export type Stores = BoundStores & {
  /** Says what a unit did, for the audit log, where no store says so by itself (told.ts). */
  about(told: Told): void;
};

/** Stores on one handle, and what the unit that uses them now says of itself. */
export interface Bound {
  readonly handle: Handle;
  readonly stores: Stores;
  readonly told: Told[];
}

/**
 * @param audit null: nobody is to be named, as in tests of stores
 * @param announcer null: nobody is to be told
 */
export function storesOn(
  database: Database,
  clock: Clock,
  audit: Audit | null = null,
  announcer: Announcer | null = null,
) {
  // A handle outlives many transactions on SQLite, so its stores are made once; there, units run one after the other.
  const known = new WeakMap<Handle, Bound>();
  const on = (handle: Handle): Bound => {
    let bound = known.get(handle);
    if (!bound) {
      const told: Told[] = [];
      const stores = tellingStores(bind(handle, clock), (more) => void told.push(...more));
      bound = { handle, told, stores: { ...stores, about: (one) => void told.push(one) } };
      known.set(handle, bound);
    }
    bound.told.length = 0;
    return bound;
  };
  const unrecorded = <T>(unit: (stores: Stores) => Promise<T>): Promise<T> =>
    database.atomically((handle) => unit(on(handle).stores));
  return {
    read: on(database.reader).stores,
    /** For what the program writes down for itself: jobs and when they are due, what is counted in memory first. */
    unrecorded,
    atomically: async <T>(unit: (stores: Stores) => Promise<T>): Promise<T> => {
      // Now: the queue of the database may run the unit for somebody else.
      const record = audit?.recording() ?? null;
      const announce = announcer?.announcing() ?? null;
      let heard = false;
      const value = await database.atomically(async (handle) => {
        const bound = on(handle);
        const value = await (record === null ? unit(bound.stores) : record(bound, unit));
        heard = announce !== null && (await announce(bound));
        return value;
      });
      if (heard) announcer?.heard();
      return value;
    },
  };
}
