// Binds every store to one handle: the reader, or a transaction.
import type { Clock } from './core/clock.ts';
import { accessStore } from './features/access/store.ts';
import { conversationStore } from './features/conversations/store.ts';
import { wordStore } from './features/conversations/word-store.ts';
import { episodeStore } from './features/episodes/store.ts';
import { feedbackStore } from './features/feedback/store.ts';
import { reviewStore } from './features/fsrs/store.ts';
import { healthStore } from './features/health/store.ts';
import { inboxStore } from './features/inbox/store.ts';
import { jobStore } from './features/jobs/store.ts';
import { fingerprintStore } from './features/memory/fingerprint-store.ts';
import { linkStore } from './features/memory/link-store.ts';
import { memoryStore } from './features/memory/store.ts';
import { vectorStore } from './features/memory/vector-store.ts';
import { scratchStore } from './features/scratch/store.ts';
import { sessionStore } from './features/sessions/store.ts';
import { trashStore } from './features/trash/store.ts';
import type { Database, Handle } from './platform/db/dialect.ts';

const bind = ({ db, fullText, idList, lockUser, claimJobs }: Handle, clock: Clock) => ({
  access: accessStore(db),
  conversations: conversationStore(db, idList),
  episodes: episodeStore(db, idList),
  words: wordStore(db, idList),
  memories: memoryStore(db, idList),
  links: linkStore(db, idList),
  reviews: reviewStore(db, idList),
  vectors: vectorStore(db, idList),
  trash: trashStore(db, idList),
  inbox: inboxStore(db),
  feedback: feedbackStore(db),
  health: healthStore(db, idList),
  fingerprints: fingerprintStore(db, idList),
  jobs: jobStore(db, clock),
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
