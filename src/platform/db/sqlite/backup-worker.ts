// The thread in which a database file is copied, or read through and tried out: both take as long as reading all of it.
// Started as a file of its own: a compiled executable must name it as an entry point.

import { createHash } from 'node:crypto';
import { closeSync, fsyncSync, openSync, readSync, statSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { migrations } from '../../../../migrations/index.ts';
import type { BackupManifest, Checkpointed, CopyOptions, Inspected, WrittenCopy } from '../../../core/backup.ts';
import { type ConnectionOptions, openRaw, type Raw } from './connection.ts';
import { sampleVector, sampleWords } from './samples.ts';

export type BackupTask =
  | { task: 'copy'; file: ConnectionOptions; to: string; options: CopyOptions }
  | { task: 'inspect'; file: ConnectionOptions }
  | { task: 'checkpoint'; file: ConnectionOptions };

export type BackupResult<T extends BackupTask['task'] = BackupTask['task']> = {
  copy: WrittenCopy;
  inspect: Inspected;
  checkpoint: Checkpointed;
}[T];

export type BackupOutcome =
  | { result: BackupResult }
  /** An error as data: a clone would lose its code. */
  | { failure: { message: string; code: string | undefined } };

/** Key in app_state of what a backup says about itself. */
const MANIFEST = 'backup.manifest';
/** A restored store may have been anything once; this is about the file at hand. */
const CHUNK_BYTES = 1 << 20;

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

function rowsOf(raw: Raw): Record<string, number> {
  const tables = raw.prepare(`select name from pragma_table_list where schema = 'main' and type = 'table'`).all() as {
    name: string;
  }[];
  const counts: Record<string, number> = {};
  for (const name of tables.map((table) => table.name).sort()) {
    if (name.startsWith('sqlite_')) continue;
    counts[name] = (raw.prepare(`select count(*) as n from ${quoted(name)}`).get() as { n: number }).n;
  }
  return counts;
}

const schemaOf = (raw: Raw): number =>
  (raw.prepare('select max(version) as n from schema_version').get() as { n: number | null }).n ?? 0;

function digest(path: string): string {
  const hash = createHash('sha256');
  const file = openSync(path, 'r');
  try {
    const chunk = new Uint8Array(CHUNK_BYTES);
    for (let read = readSync(file, chunk); read > 0; read = readSync(file, chunk)) hash.update(chunk.subarray(0, read));
  } finally {
    closeSync(file);
  }
  return hash.digest('hex');
}

function flush(path: string): void {
  const file = openSync(path, 'r+');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function copy(file: ConnectionOptions, to: string, options: CopyOptions): WrittenCopy {
  const source = openRaw({ ...file, readonly: true });
  try {
    // One read transaction: writers go on, and none of what they write meanwhile is in the copy. It gets the same key.
    source.prepare('vacuum into ?').run(to);
  } finally {
    source.close();
  }
  const made = openRaw({ ...file, path: to });
  let manifest: BackupManifest;
  try {
    // Without a log of its own beside it, the file is all there is to it.
    made.pragma('journal_mode = DELETE');
    const rows = rowsOf(made);
    manifest = { ...options, schema_version: schemaOf(made), rows };
    made
      .prepare('insert or replace into app_state (key, value, updated_at) values (?, ?, ?)')
      .run(MANIFEST, JSON.stringify(manifest), options.created_at);
    const problems = made.pragma('quick_check') as { quick_check: string }[];
    if (problems[0]?.quick_check !== 'ok') throw new Error(`The copy is not sound: ${problems[0]?.quick_check}`);
  } finally {
    made.close();
  }
  flush(to);
  return { manifest, size_bytes: statSync(to).size, sha256: digest(to) };
}

function manifestIn(raw: Raw): BackupManifest | null {
  const row = raw.prepare('select value from app_state where key = ?').get(MANIFEST) as { value: string } | undefined;
  return row ? (JSON.parse(row.value) as BackupManifest) : null;
}

const NOTHING: Pick<Inspected, 'schema_version' | 'rows' | 'manifest' | 'samples'> = {
  schema_version: 0,
  rows: {},
  manifest: null,
  samples: [],
};

async function inspect(file: ConnectionOptions): Promise<Inspected> {
  const raw = openRaw({ ...file, readonly: true });
  const base = { newest_schema: migrations.at(-1)?.version ?? 0, size_bytes: statSync(file.path).size };
  try {
    const lines = (raw.pragma('integrity_check') as { integrity_check: string }[]).map((row) => row.integrity_check);
    const problems = lines.filter((line) => line !== 'ok');
    // What is damaged may fail anywhere; what was found is all that can be said.
    if (problems.length > 0) return { ...base, ...NOTHING, problems };
    const ours = raw.prepare(`select 1 from sqlite_master where name = 'schema_version'`).get() !== undefined;
    if (!ours) return { ...base, ...NOTHING, problems: ['it holds no tables of Engram'] };
    return {
      ...base,
      problems,
      schema_version: schemaOf(raw),
      rows: rowsOf(raw),
      manifest: manifestIn(raw),
      samples: [sampleWords(raw), sampleVector(raw)],
    };
  } finally {
    raw.close();
  }
}

function checkpoint(file: ConnectionOptions): Checkpointed {
  const raw = openRaw(file);
  try {
    return (raw.pragma('wal_checkpoint(TRUNCATE)') as Checkpointed[])[0]!;
  } finally {
    raw.close();
  }
}

async function perform(work: BackupTask): Promise<BackupOutcome> {
  try {
    if (work.task === 'copy') return { result: copy(work.file, work.to, work.options) };
    if (work.task === 'inspect') return { result: await inspect(work.file) };
    return { result: checkpoint(work.file) };
  } catch (error) {
    const { message, code, cause } = error as { message: string; code?: string; cause?: { code?: string } };
    return { failure: { message, code: code ?? cause?.code } };
  }
}

parentPort!.postMessage(await perform(workerData as BackupTask));
