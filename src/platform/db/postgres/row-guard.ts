// Tells Postgres whose rows may be touched (migrations/row-guards.ts), with every query and every transaction, and for no
// longer than that: nothing is left on a connection for whoever has it next, be it handed on by our pool or by another's.
import { CompiledQuery, PostgresDialect, type PostgresDialectConfig, PostgresDriver } from 'kysely';
import pg from 'pg';
import type { Rows } from '../../../core/rows.ts';

const SAY = `select set_config('engram.user_id', $1, true)`;

const settingOf = (rows: Rows): string => {
  if (rows !== 'all' && !Number.isSafeInteger(rows)) throw new Error(`no rows are those of ${rows}`);
  return String(rows);
};

type Connection = Parameters<PostgresDriver['rollbackTransaction']>[0];
type Done = (error: Error | null, result: unknown) => void;
interface Wire {
  parse(message: { text: string }): void;
  bind(message: { values: readonly string[] }): void;
  execute(message: object): void;
}
/** The parts of pg's Query that its types leave out: what it sends, and what it is called with as answers come in. */
interface Query extends pg.Submittable {
  prepare(wire: Wire): void;
  handleDataRow(message: unknown): void;
  handleCommandComplete(message: unknown, wire: Wire): void;
}
const Query = pg.Query as unknown as new (
  config: { text: string; values: readonly unknown[]; queryMode: 'extended' },
  done: Done,
) => Query;

/** Two statements in one message and so in one transaction, at whose end the setting of the first is gone. */
class GuardedQuery extends Query {
  readonly #setting: string;
  #said = false;

  constructor(text: string, values: readonly unknown[], setting: string, done: Done) {
    super({ text, values, queryMode: 'extended' }, done);
    this.#setting = setting;
  }

  override prepare(wire: Wire): void {
    wire.parse({ text: SAY });
    wire.bind({ values: [this.#setting] });
    wire.execute({});
    super.prepare(wire);
  }

  override handleDataRow(message: unknown): void {
    if (this.#said) super.handleDataRow(message);
  }

  override handleCommandComplete(message: unknown, wire: Wire): void {
    if (this.#said) super.handleCommandComplete(message, wire);
    this.#said = true;
  }
}

/** For a pool whose connections run single queries: each says whose rows it may touch, as of when it is asked. */
export function guardedClient(rows: () => Rows): typeof pg.Client {
  return class extends pg.Client {
    // biome-ignore lint/suspicious/noExplicitAny: of its many forms, the one that Kysely uses
    override query(text: any, values: any = []): any {
      const setting = settingOf(rows());
      return new Promise((resolve, reject) => {
        const done: Done = (error, result) => (error ? reject(error) : resolve(result));
        super.query(new GuardedQuery(text, values, setting, done));
      });
    }
  };
}

class GuardedDriver extends PostgresDriver {
  readonly #rows: () => Rows;

  constructor(config: PostgresDialectConfig, rows: () => Rows) {
    super(config);
    this.#rows = rows;
  }

  override async beginTransaction(connection: Connection): Promise<void> {
    try {
      await connection.executeQuery(
        CompiledQuery.raw(`begin; set local engram.user_id = '${settingOf(this.#rows())}'`),
      );
    } catch (error) {
      // It may have begun; then nothing but this ends it.
      await this.rollbackTransaction(connection).catch(() => undefined);
      throw error;
    }
  }
}

/** For connections that run transactions: each says at its beginning whose rows it may touch. */
export class GuardedDialect extends PostgresDialect {
  readonly #make: () => PostgresDriver;

  constructor(config: PostgresDialectConfig, rows: () => Rows) {
    super(config);
    this.#make = () => new GuardedDriver(config, rows);
  }

  override createDriver(): PostgresDriver {
    return this.#make();
  }
}
