// Reads for statistics, of one user or, for an administrator, of all.
import { sql } from 'kysely';
import type { StoreDb } from '../../core/store-db.ts';

type Counted = 'conversations' | 'messages' | 'api_keys';

export function statsStore(db: StoreDb) {
  const whose = (user_id: number | null) => (user_id === null ? sql`true` : sql`user_id = ${user_id}`);
  const number = async (counting: ReturnType<typeof sql>) => {
    const { rows } = await (counting as ReturnType<typeof sql<{ n: number }>>).execute(db);
    return Number(rows[0]!.n);
  };

  return {
    /** Figures of memories: `total` are current ones that are not in the trash. */
    async memories(user_id: number | null): Promise<Record<string, number>> {
      const live = 'is_latest = 1 and is_forgotten = 0';
      const figures = {
        rows: '1 = 1',
        total: live,
        forgotten: 'is_forgotten = 1',
        archived: `${live} and is_archived = 1 and status <> 'rejected'`,
        pending: `${live} and status = 'pending'`,
        rejected: `is_latest = 1 and status = 'rejected'`,
        static: `${live} and is_static = 1`,
        dynamic: `${live} and is_static = 0`,
        versioned: `${live} and version > 1`,
        inferences: `${live} and is_fact = 1`,
      };
      const columns = Object.entries(figures).map(([name, when]) => `count(case when ${when} then 1 end) as "${name}"`);
      const { rows } = await sql<Record<string, number>>`
        select ${sql.raw(columns.join(', '))} from memories where ${whose(user_id)}`.execute(db);
      return Object.fromEntries(Object.entries(rows[0]!).map(([name, n]) => [name, Number(n)]));
    },

    async categories(user_id: number | null): Promise<{ category: string; count: number }[]> {
      const { rows } = await sql<{ category: string; count: number }>`
        select category, count(*) as count from memories where ${whose(user_id)} and is_latest = 1 and is_forgotten = 0
          and status = 'approved'
          group by category order by count(*) desc, category`.execute(db);
      return rows.map(({ category, count }) => ({ category, count: Number(count) }));
    },

    async linkTypes(user_id: number | null): Promise<{ type: string; count: number }[]> {
      const { rows } = await sql<{ type: string; count: number }>`
        select type, count(*) as count from memory_links where ${whose(user_id)} group by type order by count(*) desc, type`.execute(
        db,
      );
      return rows.map(({ type, count }) => ({ type, count: Number(count) }));
    },

    async agents(user_id: number | null): Promise<{ agent: string; conversations: number; total_messages: number }[]> {
      const { rows } = await sql<{ agent: string; conversations: number; total_messages: number }>`
        select c.agent, count(distinct c.id) as conversations, count(m.id) as total_messages
          from conversations c left join messages m on m.conversation_id = c.id
          where ${user_id === null ? sql`true` : sql`c.user_id = ${user_id}`}
          group by c.agent order by count(distinct c.id) desc, c.agent`.execute(db);
      return rows.map(({ agent, conversations, total_messages }) => ({
        agent,
        conversations: Number(conversations),
        total_messages: Number(total_messages),
      }));
    },

    embedded: (user_id: number | null, model: string): Promise<number> =>
      number(sql`select count(*) as n from memory_vectors where ${whose(user_id)} and model = ${model} and part = 0`),
    count: (table: Counted, user_id: number | null): Promise<number> =>
      number(sql`select count(*) as n from ${sql.table(table)} where ${whose(user_id)}`),
  };
}
export type StatsStore = ReturnType<typeof statsStore>;
