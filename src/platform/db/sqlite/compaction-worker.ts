// The thread in which a database file is measured, written anew without what holds nothing, or under another key: all of
// it takes as long as reading the whole file. Started as a file of its own: a compiled executable must name it as an entry point.
import { parentPort, workerData } from 'node:worker_threads';
import type { Slack } from '../dialect.ts';
import { type ConnectionOptions, openRaw, type Raw } from './connection.ts';
import { type ExportTask, exportFile } from './export.ts';

export interface CompactionTask {
  task: 'measure' | 'compact';
  file: ConnectionOptions;
}

export type FileTask = CompactionTask | ExportTask;

export type FileOutcome =
  | { exported: true }
  | { slack: Slack }
  /** An error as data: a clone would lose its code. */
  | { failure: { message: string; code: string | undefined } };

function measure(raw: Raw): Slack {
  const number = (pragma: string) => Number(raw.pragma(pragma, { simple: true }));
  const page = number('page_size');
  const hasStatistics = raw.prepare(`select 1 from pragma_module_list where name = 'dbstat'`).get() !== undefined;
  const unused = hasStatistics
    ? (raw.prepare('select sum(unused) as bytes from dbstat where aggregate = true').get() as { bytes: number }).bytes
    : 0;
  return { size: number('page_count') * page, slack: number('freelist_count') * page + unused };
}

function compact(raw: Raw, { key }: ConnectionOptions): void {
  // The copy goes to a temporary file, and such files are never encrypted: that of an encrypted database stays in memory.
  raw.pragma(`temp_store = ${key === null ? 'FILE' : 'MEMORY'}`);
  raw.exec('vacuum');
  // It is all in the log now; what is moved out of it shortens the file.
  raw.pragma('wal_checkpoint(TRUNCATE)');
}

/** Said on the way; the outcome comes after it. */
export interface FileProgress {
  written_bytes: number;
}

function perform(work: FileTask): FileOutcome {
  const { task, file } = work;
  try {
    if (task === 'export') {
      exportFile(work, (written_bytes) => parentPort!.postMessage({ written_bytes } satisfies FileProgress));
      return { exported: true };
    }
    const raw = openRaw({ ...file, readonly: task === 'measure' });
    try {
      if (task === 'compact') compact(raw, file);
      return { slack: measure(raw) };
    } finally {
      raw.close();
    }
  } catch (error) {
    const { message, code } = error as { message: string; code?: string };
    return { failure: { message, code } };
  }
}

parentPort!.postMessage(perform(workerData as FileTask));
