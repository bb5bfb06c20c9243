// All SQL on the scratchpad. What is over is filtered out everywhere: the sweep only gives its room back.
import type { StoreDb } from '../../core/store-db.ts';
import type { ScratchEntryTable } from '../../core/tables.ts';

export type ScratchRow = { [K in keyof ScratchEntryTable]: K extends 'id' ? number : ScratchEntryTable[K] };
export type NewScratch = Omit<ScratchRow, 'id' | 'created_at'>;

export interface ScratchFilter {
  session?: string | undefined;
  agent?: string | undefined;
  model?: string | undefined;
}

export function scratchStore(db: StoreDb) {
  const live = (user_id: number, now: string) =>
    db.selectFrom('scratch_entries').where('user_id', '=', user_id).where('expires_at', '>', now);
  return {
    /** Writes or replaces; one whose time is over starts anew. */
    put: (row: NewScratch): Promise<ScratchRow> =>
      db
        .insertInto('scratch_entries')
        .values({ ...row, created_at: row.updated_at })
        .onConflict((oc) =>
          oc.columns(['user_id', 'session', 'key', 'agent', 'model']).doUpdateSet((eb) => ({
            value: eb.ref('excluded.value'),
            created_at: eb
              .case()
              .when('scratch_entries.expires_at', '<=', eb.ref('excluded.updated_at'))
              .then(eb.ref('excluded.created_at'))
              .else(eb.ref('scratch_entries.created_at'))
              .end(),
            updated_at: eb.ref('excluded.updated_at'),
            expires_at: eb.ref('excluded.expires_at'),
          })),
        )
        .returningAll()
        .executeTakeFirstOrThrow() as Promise<ScratchRow>,

    /** By session, key, agent and model. */
    list(user_id: number, { session, agent, model }: ScratchFilter, now: string): Promise<ScratchRow[]> {
      let query = live(user_id, now);
      if (session !== undefined) query = query.where('session', '=', session);
      if (agent !== undefined) query = query.where('agent', '=', agent);
      if (model !== undefined) query = query.where('model', '=', model);
      return query.selectAll().orderBy('session').orderBy('key').orderBy('agent').orderBy('model').execute();
    },

    /** @returns how many went that were still shown */
    async remove(user_id: number, session: string, key: string | null, now: string): Promise<number> {
      let query = db.deleteFrom('scratch_entries').where('user_id', '=', user_id).where('session', '=', session);
      if (key !== null) query = query.where('key', '=', key);
      const rows = await query.returning('expires_at').execute();
      return rows.filter((row) => row.expires_at > now).length;
    },

    /** Of every user: what is over, at most `limit` entries. @returns how many went */
    async sweep(now: string, limit: number): Promise<number> {
      const result = await db
        .deleteFrom('scratch_entries')
        .where('id', 'in', (eb) =>
          eb
            .selectFrom('scratch_entries')
            .select('id')
            .where('expires_at', '<=', now)
            .orderBy('expires_at')
            .limit(limit),
        )
        .executeTakeFirst();
      return Number(result.numDeletedRows);
    },
  };
}
export type ScratchStore = ReturnType<typeof scratchStore>;
