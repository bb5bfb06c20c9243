// The only way to write: a unit gets stores bound to one transaction, and nothing else can reach it.

/**
 * Runs the unit in a transaction: all of it is durable when the promise resolves, none of it when it rejects.
 * Units must await nothing but their stores: on SQLite every other writer waits meanwhile. And they must change nothing
 * else: on Postgres one that lost a race is run again.
 */
export type Atomically<Stores> = <T>(unit: (stores: Stores) => Promise<T>) => Promise<T>;
