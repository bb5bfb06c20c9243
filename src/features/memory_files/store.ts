// All SQL on `memory_files`. A file and its memory find each other by the file's key, which is the session of the memory:
// every version carries it, through whichever door it came, so a file is whatever the newest version says.
import { sql } from 'kysely';
import type { StoreDb } from '../../core/store-db.ts';
import type { MemoryFileTable } from '../../core/tables.ts';

export type FileRow = { [K in keyof MemoryFileTable]: K extends 'id' ? number : MemoryFileTable[K] };
/** A file that is there: one whose memory is neither in the trash, nor archived, rejected or past its time. */
export type LivingFile = FileRow & {
  memory_id: number;
  memory_version: number;
  memory_status: string;
  memory_created_at: string;
};

export interface Place {
  user_id: number;
  /** 0: none. */
  space_id: number;
}

export function memoryFileStore(db: StoreDb) {
  const living = ({ user_id, space_id }: Place, now: string) =>
    db
      .selectFrom('memory_files as f')
      .innerJoin('memories as m', (join) =>
        join.onRef('m.user_id', '=', 'f.user_id').onRef('m.session_id', '=', 'f.key'),
      )
      .where('f.user_id', '=', user_id)
      .where('f.space_id', '=', space_id)
      .where('m.is_latest', '=', sql.lit(1))
      .where('m.is_forgotten', '=', sql.lit(0))
      .where('m.is_archived', '=', sql.lit(0))
      .where('m.status', '!=', 'rejected')
      .where((eb) => eb.or([eb('m.forget_after', 'is', null), eb('m.forget_after', '>', now)]))
      .selectAll('f')
      .select(['m.id as memory_id', 'm.version as memory_version', 'm.status as memory_status'])
      .select('m.created_at as memory_created_at');
  const begins = (prefix: string) => sql<boolean>`substr(f.path, 1, ${sql.lit([...prefix].length)}) = ${prefix}`;

  return {
    at: (place: Place, path: string, now: string): Promise<LivingFile | undefined> =>
      living(place, now).where('f.path', '=', path).executeTakeFirst(),

    /** Those of the paths where a file is. */
    among: async (place: Place, paths: readonly string[], now: string): Promise<LivingFile[]> =>
      paths.length === 0
        ? []
        : living(place, now)
            .where('f.path', 'in', [...paths])
            .execute(),

    /** All below a directory. */
    below: (place: Place, directory: string, now: string): Promise<LivingFile[]> =>
      living(place, now)
        .where(begins(`${directory}/`))
        .execute(),

    async insert(row: Omit<FileRow, 'id'>): Promise<void> {
      await db.insertInto('memory_files').values(row).execute();
    },

    async move(user_id: number, id: number, path: string, now: string): Promise<void> {
      await db
        .updateTable('memory_files')
        .set({ path, updated_at: now })
        .where('user_id', '=', user_id)
        .where('id', '=', id)
        .execute();
    },

    /** Takes away what is left of a file whose memory is gone. */
    async clear({ user_id, space_id }: Place, path: string): Promise<void> {
      await db
        .deleteFrom('memory_files')
        .where('user_id', '=', user_id)
        .where('space_id', '=', space_id)
        .where('path', '=', path)
        .execute();
    },

    /** What stands around the text of that version; of two writers the later version wins. */
    async frame(user_id: number, id: number, frame: Partial<FileRow> & { version: number }): Promise<void> {
      await db
        .updateTable('memory_files')
        .set(frame)
        .where('user_id', '=', user_id)
        .where('id', '=', id)
        .where('version', '<', frame.version)
        .execute();
    },
  };
}
export type MemoryFileStore = ReturnType<typeof memoryFileStore>;
