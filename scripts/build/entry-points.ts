/** Beside the program itself: every file that runs in a thread. Their names must differ: they lie in one folder. */
export const ENTRY_POINTS = [
  'src/main.ts',
  'src/platform/inference/embedder-worker.ts',
  'src/platform/inference/reranker-worker.ts',
  'src/platform/graph/graph-worker.ts',
  'src/platform/db/sqlite/compaction-worker.ts',
  'src/platform/db/sqlite/backup-worker.ts',
];
