// What the server said it did, and what it was asked to do when it was killed: every memory must be one or the other.

interface Entry {
  /** Of the version that counts now; null after it was erased. */
  id: number | null;
  content: string;
  /** Sent, but not answered: may or may not have been done. */
  pending: { kind: 'update'; content: string } | { kind: 'delete' } | null;
}

export interface StoredRow {
  id: number;
  content: string;
  is_latest: number;
}

export interface Ledger {
  /** A text is about to be stored, and may be there from now on. */
  storing(content: string): void;
  stored(content: string, id: number): Entry;
  updating(entry: Entry, content: string): void;
  updated(entry: Entry, id: number): void;
  erasing(entry: Entry): void;
  erased(entry: Entry): void;
  /** Entries that are there for sure and have nothing pending. */
  settled(): Entry[];
  /** Writes the server has answered for. */
  readonly acknowledged: number;
  /**
   * Compares with what is there after a restart, and takes what was pending for what it turned out to be.
   * @returns a sentence for each write that was answered and is not there, and for each row nobody asked for
   */
  compare(rows: readonly StoredRow[]): string[];
}

export function createLedger(): Ledger {
  let entries: Entry[] = [];
  const maybe = new Set<string>();
  let acknowledged = 0;

  return {
    get acknowledged() {
      return acknowledged;
    },
    storing: (content) => void maybe.add(content),
    stored(content, id) {
      acknowledged++;
      maybe.delete(content);
      const entry: Entry = { id, content, pending: null };
      entries.push(entry);
      return entry;
    },
    updating(entry, content) {
      entry.pending = { kind: 'update', content };
    },
    updated(entry, id) {
      acknowledged++;
      if (entry.pending?.kind === 'update') entry.content = entry.pending.content;
      entry.id = id;
      entry.pending = null;
    },
    erasing(entry) {
      entry.pending = { kind: 'delete' };
    },
    erased(entry) {
      acknowledged++;
      entry.id = null;
      entry.pending = null;
    },
    settled: () => entries.filter(({ id, pending }) => id !== null && pending === null),

    compare(rows) {
      const problems: string[] = [];
      const latest = new Map(rows.filter((row) => row.is_latest === 1).map((row) => [row.content, row]));
      for (const entry of entries) {
        const now = latest.get(entry.content);
        const changed = entry.pending?.kind === 'update' ? latest.get(entry.pending.content) : undefined;
        if (entry.pending?.kind === 'update' && changed && !now) {
          entry.id = changed.id;
          entry.content = entry.pending.content;
        } else if (entry.pending?.kind === 'delete' && !now) {
          entry.id = null;
        } else if (entry.id === null) {
          if (now) problems.push(`memory "${entry.content}" was erased and is there again`);
        } else if (!now) {
          problems.push(`memory ${entry.id} "${entry.content}" is gone`);
          entry.id = null;
        } else if (now.id !== entry.id) {
          problems.push(`memory ${entry.id} "${entry.content}" has become ${now.id}`);
          entry.id = now.id;
        }
        entry.pending = null;
        if (entry.id !== null) latest.delete(entry.content);
      }
      for (const [content, row] of latest) {
        if (!maybe.has(content)) problems.push(`memory ${row.id} "${content}" was never asked for`);
        // It was stored after all, though nobody heard of it.
        else entries.push({ id: row.id, content, pending: null });
      }
      maybe.clear();
      entries = entries.filter(({ id }) => id !== null);
      return problems;
    },
  };
}
export type LedgerEntry = ReturnType<Ledger['settled']>[number];
