// Queries built once and run many times: building and compiling one costs more than most of them take to run.
import type { Compilable, CompiledQuery } from 'kysely';
import type { StoreDb } from './store-db.ts';

/** Stands for a value while a query is built; the compiler passes it through as a parameter. */
class Slot {
  readonly name: PropertyKey;
  constructor(name: PropertyKey) {
    this.name = name;
  }
}

/**
 * @param build receives stand-ins for the values; it must use them as plain values only, never look at them
 * @returns a function that runs the query with real values
 */
export function prepared<Values extends object, Row>(db: StoreDb, build: (slots: Values) => Compilable<Row>) {
  let compiled: CompiledQuery<Row> | undefined;
  const slots = new Proxy({} as Values, { get: (_, name) => new Slot(name) });
  return async (values: Values): Promise<Row[]> => {
    compiled ??= build(slots).compile();
    const parameters = compiled.parameters.map((p) => (p instanceof Slot ? values[p.name as keyof Values] : p));
    return (await db.executeQuery<Row>({ ...compiled, parameters })).rows;
  };
}
