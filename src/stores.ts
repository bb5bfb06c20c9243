// Binds every store to one handle: the reader, or a transaction.
import type { Clock } from './core/clock.ts';
import { accessStore } from './features/access/store.ts';
import { approvalStore } from './features/approvals/store.ts';
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
import { jobStore } from './features/jobs/store.ts';
import { llmUsageStore } from './features/llm/store.ts';
import { fingerprintStore } from './features/memory/fingerprint-store.ts';
import { linkStore } from './features/memory/link-store.ts';
import { memoryStore } from './features/memory/store.ts';
import { vectorStore } from './features/memory/vector-store.ts';
import { patternStore } from './features/patterns/store.ts';
import { portraitStore } from './features/personality/portrait-store.ts';
import { personalityStore } from './features/personality/store.ts';
import { preferenceStore } from './features/preferences/store.ts';
import { projectStore } from './features/projects/store.ts';
import { reconsolidationStore } from './features/reconsolidation/store.ts';
import { reflectionStore } from './features/reflections/store.ts';
import { scratchStore } from './features/scratch/store.ts';
import { sessionStore } from './features/sessions/store.ts';
import { sourceStore } from './features/thinking/source-store.ts';
import { thinkingStore } from './features/thinking/store.ts';
import { trashStore } from './features/trash/store.ts';
import { understandingStore } from './features/understanding/store.ts';
import type { Database, Handle } from './platform/db/dialect.ts';

const bind = ({ db, fullText, idList, lockUser, claimJobs }: Handle, clock: Clock) => ({
  access: accessStore(db),
  approvals: approvalStore(db),
  causes: causeStore(db, idList),
  contradictions: contradictionStore(db, idList),
  reflections: reflectionStore(db),
  consolidations: consolidationStore(db),
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
  links: linkStore(db, idList),
  reviews: reviewStore(db, idList),
  vectors: vectorStore(db, idList),
  trash: trashStore(db, idList),
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
  jobs: jobStore(db, clock),
  llmUsage: llmUsageStore(db),
  personality: personalityStore(db, idList),
  portraits: portraitStore(db),
  preferences: preferenceStore(db),
  scratch: scratchStore(db),
  sessions: sessionStore(db),
  fullText,
  lockUser,
  claimJobs,
});
export type Stores = ReturnType<typeof bind>;

export function storesOn(database: Database, clock: Clock) {
  // A handle outlives many transactions on SQLite, so its stores are made once.
  const bound = new WeakMap<Handle, Stores>();
  const on = (handle: Handle): Stores => {
    let stores = bound.get(handle);
    if (!stores) {
      stores = bind(handle, clock);
      bound.set(handle, stores);
    }
    return stores;
  };
  return {
    read: on(database.reader),
    atomically: <T>(unit: (stores: Stores) => Promise<T>): Promise<T> =>
      database.atomically((handle) => unit(on(handle))),
  };
}
