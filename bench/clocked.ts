// A server whose time the benchmark moves: a month between storing and asking passes at once.
import { type BenchServer, type ServerOptions, startServer } from './server.ts';

/**
 * All three write the reads that have gathered. `hold` leaves that to the orders from then on: what the program writes
 * every five seconds may be weeks apart by its clock, and reviews of different days would become one. `advance` moves the
 * clock and runs all jobs that are due by then, sweeps among them.
 */
export type Order = { do: 'hold' } | { do: 'flush' } | { do: 'advance'; ms: number };
export interface Obeyed {
  /** How long it took. */
  ms: number;
}
export type Answered = Obeyed | { error: string };

export const CLOCKED = { entry: 'bench/clocked-server.ts' };

/** Starting it again would set its clock right again. */
export const startClocked = (options: ServerOptions): Promise<BenchServer> =>
  startServer({ ...options, program: CLOCKED });
