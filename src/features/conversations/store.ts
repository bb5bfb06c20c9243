// All SQL on `conversations` and `messages`; every query names the owner.
import type { IdList, StoreDb } from '../../core/store-db.ts';
import type { ConversationTable, MessageTable } from '../../core/tables.ts';

type Row<T> = { [K in keyof T]: K extends 'id' ? number : T[K] };
export type ConversationRow = Row<ConversationTable>;
export type MessageRow = Row<MessageTable>;
export type NewMessage = Pick<MessageRow, 'role' | 'content' | 'metadata'>;

/** Rows an insert takes at once: far below what either database binds. */
const INSERT_PAGE = 200;

export function conversationStore(db: StoreDb, idList: IdList) {
  const owned = (user_id: number) => db.selectFrom('conversations as c').where('c.user_id', '=', user_id);
  const counted = (user_id: number) =>
    owned(user_id)
      .selectAll('c')
      .select((eb) =>
        eb
          .selectFrom('messages as g')
          .whereRef('g.conversation_id', '=', 'c.id')
          .where('g.user_id', '=', user_id)
          .select((e) => e.fn.countAll<number>().as('n'))
          .as('message_count'),
      )
      .$castTo<ConversationRow & { message_count: number }>();

  return {
    create: (row: Omit<ConversationRow, 'id'>): Promise<ConversationRow> =>
      db.insertInto('conversations').values(row).returningAll().executeTakeFirstOrThrow() as Promise<ConversationRow>,

    byId: (user_id: number, id: number): Promise<ConversationRow | undefined> =>
      owned(user_id).where('c.id', '=', id).selectAll('c').executeTakeFirst(),

    withCount: (user_id: number, id: number): Promise<(ConversationRow & { message_count: number }) | undefined> =>
      counted(user_id).where('c.id', '=', id).executeTakeFirst(),

    /** The newest of an agent and a session. */
    ofSession: (user_id: number, agent: string, session_id: string): Promise<ConversationRow | undefined> =>
      owned(user_id)
        .where('c.session_id', '=', session_id)
        .where('c.agent', '=', agent)
        .selectAll('c')
        .orderBy('c.id', 'desc')
        .limit(1)
        .executeTakeFirst(),

    list(
      user_id: number,
      agent: string | undefined,
      limit: number,
      offset: number,
    ): Promise<(ConversationRow & { message_count: number })[]> {
      let query = counted(user_id);
      if (agent !== undefined) query = query.where('c.agent', '=', agent);
      return query.orderBy('c.updated_at', 'desc').orderBy('c.id', 'desc').limit(limit).offset(offset).execute();
    },

    set: (
      user_id: number,
      id: number,
      change: Partial<Omit<ConversationRow, 'id'>>,
    ): Promise<ConversationRow | undefined> =>
      db
        .updateTable('conversations')
        .set(change)
        .where('user_id', '=', user_id)
        .where('id', '=', id)
        .returningAll()
        .executeTakeFirst() as Promise<ConversationRow | undefined>,

    /** Its messages go with it. */
    async remove(user_id: number, id: number): Promise<void> {
      await db.deleteFrom('conversations').where('user_id', '=', user_id).where('id', '=', id).execute();
    },

    /** @returns the rows stored, ids rising in the order given */
    async addMessages(
      user_id: number,
      conversation_id: number,
      messages: readonly NewMessage[],
      created_at: string,
    ): Promise<MessageRow[]> {
      const added: MessageRow[] = [];
      for (let at = 0; at < messages.length; at += INSERT_PAGE) {
        const rows = messages
          .slice(at, at + INSERT_PAGE)
          .map(({ role, content, metadata }) => ({ user_id, conversation_id, role, content, metadata, created_at }));
        const stored = (await db.insertInto('messages').values(rows).returningAll().execute()) as MessageRow[];
        added.push(...stored.sort((a, b) => a.id - b.id));
      }
      return added;
    },

    messages: (user_id: number, conversation_id: number, limit: number, offset: number): Promise<MessageRow[]> =>
      db
        .selectFrom('messages')
        .where('user_id', '=', user_id)
        .where('conversation_id', '=', conversation_id)
        .selectAll()
        .orderBy('id')
        .limit(limit)
        .offset(offset)
        .execute(),

    messageIds: async (user_id: number, conversation_id: number): Promise<number[]> =>
      (
        await db
          .selectFrom('messages')
          .where('user_id', '=', user_id)
          .where('conversation_id', '=', conversation_id)
          .select('id')
          .execute()
      ).map(({ id }) => id),

    /** With agent and title of the conversation. */
    messagesByIds: (user_id: number, ids: readonly number[]) =>
      db
        .selectFrom('messages as g')
        .innerJoin('conversations as c', 'c.id', 'g.conversation_id')
        .where('g.user_id', '=', user_id)
        .where('c.user_id', '=', user_id)
        .where('g.id', 'in', idList(ids))
        .selectAll('g')
        .select(['c.agent', 'c.title as conv_title'])
        .execute(),

    async messageCount(user_id: number): Promise<number> {
      const row = await db
        .selectFrom('messages')
        .where('user_id', '=', user_id)
        .select((eb) => eb.fn.countAll<number>().as('n'))
        .executeTakeFirstOrThrow();
      return Number(row.n);
    },
  };
}
export type ConversationStore = ReturnType<typeof conversationStore>;
