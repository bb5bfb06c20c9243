// All SQL on `entity_relationships` and `relationship_evidence`.
import { sql } from 'kysely';
import type { IdList, StoreDb } from '../../core/store-db.ts';
import type { EntityRelationshipTable } from '../../core/tables.ts';

export type RelationshipRow = Omit<EntityRelationshipTable, 'id'> & { id: number; evidence_count: number };

export function relationshipStore(db: StoreDb, idList: IdList) {
  /** With how many current memories say so; what none says any more, and nobody stated, is not there. */
  const shown = (user_id: number) =>
    db
      .selectFrom('entity_relationships as l')
      .leftJoin('relationship_evidence as e', 'e.relationship_id', 'l.id')
      .leftJoin('entity_readings as r', (join) =>
        join.onRef('r.memory_id', '=', 'e.memory_id').on('r.is_counted', '=', sql.lit(1)),
      )
      .where('l.user_id', '=', user_id)
      .selectAll('l')
      .select((eb) => eb.fn.count<number>('r.memory_id').as('evidence_count'))
      .groupBy('l.id')
      .having((eb) => eb.or([eb(eb.fn.count('r.memory_id'), '>', 0), eb('l.origin', '=', 'manual')]));
  const numbers = (rows: RelationshipRow[]): RelationshipRow[] =>
    rows.map((row) => ({ ...row, evidence_count: Number(row.evidence_count) }));

  return {
    async of(user_id: number, entity_id: number, type: string | undefined, limit: number): Promise<RelationshipRow[]> {
      let query = shown(user_id).where((eb) =>
        eb.or([eb('l.source_entity_id', '=', entity_id), eb('l.target_entity_id', '=', entity_id)]),
      );
      if (type !== undefined) query = query.where('l.relationship_type', '=', type);
      return numbers(await query.orderBy('evidence_count', 'desc').orderBy('l.id').limit(limit).execute());
    },
    /** Between any two of these. */
    async among(user_id: number, ids: readonly number[], limit: number): Promise<RelationshipRow[]> {
      const rows = await shown(user_id)
        .where('l.source_entity_id', 'in', idList(ids))
        .where('l.target_entity_id', 'in', idList(ids))
        .orderBy('l.id')
        .limit(limit)
        .execute();
      return numbers(rows);
    },

    /** @returns its id, and whether it is new */
    async add(row: Omit<EntityRelationshipTable, 'id'>): Promise<{ id: number; created: boolean }> {
      const made = await db
        .insertInto('entity_relationships')
        .values(row)
        .onConflict((oc) => oc.doNothing())
        .returning('id')
        .executeTakeFirst();
      if (made) return { id: made.id, created: true };
      const there = await db
        .selectFrom('entity_relationships')
        .where('source_entity_id', '=', row.source_entity_id)
        .where('target_entity_id', '=', row.target_entity_id)
        .where('relationship_type', '=', row.relationship_type)
        .select('id')
        .executeTakeFirstOrThrow();
      return { id: there.id, created: false };
    },
    async byId(user_id: number, id: number): Promise<RelationshipRow | undefined> {
      return numbers(await shown(user_id).where('l.id', '=', id).execute())[0];
    },
    /** What was read is now also stated. @returns false when it was stated already */
    async state(user_id: number, id: number, strength: number): Promise<boolean> {
      const done = await db
        .updateTable('entity_relationships')
        .set({ origin: 'manual', strength })
        .where('user_id', '=', user_id)
        .where('id', '=', id)
        .where('origin', '=', 'read')
        .executeTakeFirst();
      return done.numUpdatedRows > 0n;
    },
    async remove(user_id: number, source: number, target: number, type: string | undefined): Promise<void> {
      let query = db
        .deleteFrom('entity_relationships')
        .where('user_id', '=', user_id)
        .where('source_entity_id', '=', source)
        .where('target_entity_id', '=', target);
      if (type !== undefined) query = query.where('relationship_type', '=', type);
      await query.execute();
    },

    /** Puts these in place of what a memory said; what no memory says any more goes. */
    async replaceEvidence(user_id: number, memory_id: number, ids: readonly number[]): Promise<void> {
      const before = await db
        .selectFrom('relationship_evidence')
        .where('memory_id', '=', memory_id)
        .select('relationship_id')
        .execute();
      await db.deleteFrom('relationship_evidence').where('memory_id', '=', memory_id).execute();
      if (ids.length > 0)
        await db
          .insertInto('relationship_evidence')
          .values([...new Set(ids)].map((relationship_id) => ({ relationship_id, memory_id, user_id })))
          .execute();
      const gone = before.map(({ relationship_id }) => relationship_id).filter((id) => !ids.includes(id));
      if (gone.length > 0)
        await db
          .deleteFrom('entity_relationships')
          .where('user_id', '=', user_id)
          .where('id', 'in', idList(gone))
          .where('origin', '=', 'read')
          .where((eb) =>
            eb.not(
              eb.exists(
                eb
                  .selectFrom('relationship_evidence as e')
                  .whereRef('e.relationship_id', '=', 'entity_relationships.id')
                  .select('e.memory_id'),
              ),
            ),
          )
          .execute();
    },

    /** Hands the relationships of one entity to another; of two that then say the same, one stays, with the evidence of both. */
    async move(user_id: number, from: number, to: number): Promise<void> {
      const rows = await db
        .selectFrom('entity_relationships')
        .where('user_id', '=', user_id)
        .where((eb) => eb.or([eb('source_entity_id', '=', from), eb('target_entity_id', '=', from)]))
        .selectAll()
        .execute();
      for (const { id, ...row } of rows) {
        const source = row.source_entity_id === from ? to : row.source_entity_id;
        const target = row.target_entity_id === from ? to : row.target_entity_id;
        if (source !== target) {
          const kept = await this.add({ ...row, source_entity_id: source, target_entity_id: target });
          await db
            .insertInto('relationship_evidence')
            .columns(['relationship_id', 'memory_id', 'user_id'])
            .expression((eb) =>
              eb
                .selectFrom('relationship_evidence')
                .where('relationship_id', '=', id)
                .select((x) => [x.val(kept.id).as('relationship_id'), 'memory_id', 'user_id']),
            )
            .onConflict((oc) => oc.doNothing())
            .execute();
          if (row.origin === 'manual') await this.state(user_id, kept.id, row.strength);
        }
        await db.deleteFrom('entity_relationships').where('user_id', '=', user_id).where('id', '=', id).execute();
      }
    },
  };
}
export type RelationshipStore = ReturnType<typeof relationshipStore>;
