// Hands a task about a whole database file to a thread of its own.
import { Worker } from 'node:worker_threads';
import type { FileOutcome, FileProgress, FileTask } from './compaction-worker.ts';

export async function inFileThread(
  task: FileTask,
  tell: (progress: FileProgress) => void = () => {},
): Promise<Exclude<FileOutcome, { failure: unknown }>> {
  const worker = new Worker(new URL('./compaction-worker.ts', import.meta.url), { workerData: task });
  const ended = Promise.withResolvers<FileOutcome>();
  let outcome: FileOutcome | null = null;
  worker.on('message', (message: FileOutcome | FileProgress) => {
    if ('written_bytes' in message) tell(message);
    else outcome = message;
  });
  worker.on('error', ended.reject);
  // Not before its end: the file is closed then.
  worker.on('exit', (code) => {
    if (outcome) ended.resolve(outcome);
    else ended.reject(new Error(`The thread that works on ${task.file.path} ended with exit code ${code}.`));
  });
  const found = await ended.promise;
  if (!('failure' in found)) return found;
  throw Object.assign(new Error(found.failure.message), { code: found.failure.code });
}
