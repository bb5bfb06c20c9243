// Where memories come from and how far they are trusted, what was taken for orders to an agent, and which spaces keep
// secrets as they are.
import type { Kysely } from 'kysely';
import type { DialectTypes, Migration } from '../src/platform/db/dialect.ts';

export const provenance: Migration = {
  version: 21,
  name: 'provenance',
  async up(db: Kysely<unknown>, types: DialectTypes): Promise<void> {
    const memories = () => db.schema.alterTable('memories');
    await memories().addColumn('key_id', types.id).execute();
    await memories().addColumn('agent', 'text').execute();
    await memories().addColumn('door', 'text').execute();
    await memories()
      .addColumn('origin', 'text', (c) => c.notNull().defaultTo('unknown'))
      .execute();
    await memories()
      .addColumn('trust', 'text', (c) => c.notNull().defaultTo('normal'))
      .execute();
    await memories().addColumn('suspicion', 'text').execute();
    await memories()
      .addColumn('quarantined', 'integer', (c) => c.notNull().defaultTo(0))
      .execute();
    await db.schema
      .alterTable('spaces')
      .addColumn('redaction', 'integer', (c) => c.notNull().defaultTo(1))
      .execute();
  },
};
