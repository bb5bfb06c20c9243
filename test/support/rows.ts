// Rows for tests of stores: a user as the access service makes one, and memories with only what a test is about.
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { STANDARD_FSRS } from '../../src/algo/fsrs.ts';
import type { Clock } from '../../src/core/clock.ts';
import type { FullTextEntry } from '../../src/core/ports.ts';
import { StoreRequest } from '../../src/features/memory/contract.ts';
import { type NewMemory, newMemory } from '../../src/features/memory/rules.ts';
import type { Database } from '../../src/platform/db/dialect.ts';
import { sha256 } from '../../src/platform/system.ts';
import { storesOn } from '../../src/stores.ts';
import { type Kind, NOW } from './databases.ts';

export const fixedClock: Clock = { now: () => Date.UTC(2026, 2, 2, 12) };
export const stores = (database: Database, clock: Clock = fixedClock) => storesOn(database, clock);
export type Bound = ReturnType<typeof stores>;

export async function newUser({ atomically }: Bound): Promise<number> {
  return atomically(async ({ access, fullText }) => {
    const username = crypto.randomUUID();
    const { id } = await access.createUser({ username, email: null, role: 'writer', is_admin: 0, created_at: NOW });
    await fullText.createFor(id);
    return id;
  });
}

export function memoryRow(user_id: number, content: string, change: Partial<NewMemory> = {}): NewMemory {
  const origin = { user_id, space_id: null, sync_id: crypto.randomUUID(), content_hash: sha256(content), now: NOW };
  return { ...newMemory(StoreRequest.parse({ content }), content, origin, STANDARD_FSRS), ...change };
}

export const tagged = (...tags: string[]): Pick<NewMemory, 'tags'> => ({ tags: JSON.stringify(tags) });

export const addMemory = ({ atomically }: Bound, row: NewMemory): Promise<number> =>
  atomically(({ memories }) => memories.insert(row));

/** A memory that can be found by its words. */
export function addFindable({ atomically }: Bound, row: NewMemory, moment = ''): Promise<number> {
  return atomically(async ({ memories, fullText }) => {
    const memory_id = await memories.insert(row);
    await fullText.put(entryOf(memory_id, row, moment));
    return memory_id;
  });
}

export const entryOf = (memory_id: number, row: NewMemory, moment = ''): FullTextEntry => ({
  memory_id,
  user_id: row.user_id,
  content: row.content,
  tags: JSON.parse(row.tags),
  category: row.category,
  moment,
});

/** For suites: one database for all tests of a describe, two new users for each. */
export function withTwoUsers(kind: Kind): { database: Database; bound: Bound; user: number; other: number } {
  const t = {} as ReturnType<typeof withTwoUsers>;
  beforeAll(async () => {
    t.database = await (await kind.place()).open();
    t.bound = stores(t.database);
  });
  afterAll(() => t.database.close());
  beforeEach(async () => {
    t.user = await newUser(t.bound);
    t.other = await newUser(t.bound);
  });
  return t;
}
