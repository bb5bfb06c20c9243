// Where a test keeps a database.
import type { Database } from '../../src/platform/db/dialect.ts';

export const NOW = '2026-03-02 12:00:00';

/** An empty database that can be opened again, by `writers` programs at once where that is allowed. */
export interface Place {
  open(now?: string): Promise<Database>;
}
