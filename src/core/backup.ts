// Copies of a whole database as files: what makes them, what they say about themselves, where they lie.

/** `daily` is the first scheduled one of its UTC day, `hourly` a further one of it; `manual` was asked for. */
export const BACKUP_KINDS = ['hourly', 'daily', 'manual'] as const;
export type BackupKind = (typeof BACKUP_KINDS)[number];

/** What a backup says about itself: kept inside the file, and beside it for those who only look. */
export interface BackupManifest {
  /** Version of the program that made it. */
  readonly program: string;
  readonly schema_version: number;
  readonly created_at: string;
  readonly kind: BackupKind;
  /** Rows of every table. */
  readonly rows: Readonly<Record<string, number>>;
}

export interface WrittenCopy {
  readonly manifest: BackupManifest;
  readonly size_bytes: number;
  /** Of the file, hex. */
  readonly sha256: string;
}

export interface CopyOptions {
  readonly program: string;
  readonly created_at: string;
  readonly kind: BackupKind;
}

/** What was found in a database file by reading all of it. */
export interface Inspected {
  /** Empty when it is sound. */
  readonly problems: readonly string[];
  readonly schema_version: number;
  /** The newest schema this program knows. */
  readonly newest_schema: number;
  readonly rows: Readonly<Record<string, number>>;
  /** Null in a store that never was a backup. */
  readonly manifest: BackupManifest | null;
  readonly size_bytes: number;
  readonly samples: readonly Sample[];
}

/** A memory taken at random and looked for: `skipped` when there was none to look for. */
export interface Sample {
  readonly by: 'words' | 'vector';
  readonly outcome: 'found' | 'missed' | 'skipped';
  readonly memory_id: number | null;
}

export interface Checkpointed {
  /** 1 when somebody read the log all the time. */
  readonly busy: number;
  /** Pages in the log, and how many of them were moved into the database file. */
  readonly log: number;
  readonly checkpointed: number;
}

/** What a database in one file can do besides; databases with tools of their own for it have none of this. */
export interface FileCopies {
  /**
   * Writes a copy of this moment to a new file, encrypted as the database is. Reads and writes go on.
   * @throws AppError backup_failed, and then there is no such file
   */
  copy(to: string, options: CopyOptions): Promise<WrittenCopy>;
  /**
   * The slots that hold its key, sealed, where there are any: without them a copy opens with the data key alone. To be
   * kept beside every copy, as `<file>.keys`.
   */
  keys(): string | null;
  /**
   * Reads all of a copy, with the key of this database.
   * @throws AppError backup_unusable with a sentence that names the file
   */
  inspect(path: string): Promise<Inspected>;
  /** The same for the database itself. */
  inspectSelf(): Promise<Inspected>;
  /** Moves the log into the database file and empties it; writes wait meanwhile. */
  checkpoint(): Promise<Checkpointed>;
}

/** As it goes over the wire. */
export type Snapshot = {
  readonly name: string;
  /** Absolute. */
  readonly path: string;
  readonly created_at: string;
  readonly kind: BackupKind;
  readonly size_bytes: number;
  /** Null for a file that somebody put there without its description. */
  readonly sha256: string | null;
  readonly program: string | null;
  readonly schema_version: number | null;
  readonly memory_count: number | null;
};

/** A copy on its way out; its file is gone from the folder already. */
export interface Download extends WrittenCopy {
  /** What belongs beside it as `<file>.keys`, if anything does. */
  readonly keys: string | null;
  readonly body: ReadableStream<Uint8Array>;
}

export interface BackupFolder {
  readonly dir: string;
  /** @throws AppError backup_failed, leaving nothing behind */
  take(options: CopyOptions): Promise<Snapshot>;
  /** Newest first. */
  list(): Promise<Snapshot[]>;
  remove(snapshot: Snapshot): Promise<void>;
  /** Removes what a stopped program left half done. */
  sweep(): Promise<void>;
  download(options: CopyOptions): Promise<Download>;
  /**
   * Copies a snapshot to `prepared/<name>` below the folder.
   * @returns where it lies
   * @throws AppError backup_exists, backup_failed
   */
  prepare(snapshot: Snapshot, name: string): Promise<string>;
}
