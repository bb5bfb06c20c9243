// Where a command's calls go: to the server, or, when none is up at the usual address, straight to the store on this disk.
import type { App } from '../../app.ts';
import {
  buildRequest,
  type Call,
  type Open,
  openOverNetwork,
  overNetwork,
  Refused,
  readAnswer,
  type Send,
  timeoutOf,
} from './client.ts';
import { CliError, EXIT } from './failure.ts';

export interface ConnectOptions {
  base: string;
  key: string | null;
  /** Name of the space to work in; null for the usual one. */
  space: string | null;
  /** The user named a server: then nothing but that server will do. */
  chosen: boolean;
  /** No server can be found: one that takes any free port has no address to look at. */
  nobody?: boolean;
  /** Opens the store in this process. */
  openLocal(): Promise<App>;
  /** True for the failure of `openLocal` that passes when another process lets go. */
  isLocked(error: unknown): boolean;
}

export interface Connection {
  readonly call: Call;
  readonly open: Open;
  /** The store was opened in this process. */
  isLocal(): boolean;
  close(): Promise<void>;
}

/** Commands of hooks come in bursts, and a server that is starting holds the store before it listens. */
const PATIENCE_MS = 10_000;
const RETRY_MS = 60;

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

export function connect({ base, key, space, chosen, nobody = false, openLocal, isLocked }: ConnectOptions): Connection {
  let local: App | null = null;

  async function send(make: () => Request, timeout_ms: number, carry: Send = overNetwork): Promise<Response> {
    const deadline = performance.now() + PATIENCE_MS;
    for (;;) {
      if (local) return local.localCall(make());
      try {
        if (!nobody) return await carry(make(), timeout_ms);
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        if (chosen) throw new CliError(EXIT.unreachable, 'unreachable', error.message);
      }
      try {
        local = await openLocal();
      } catch (error) {
        if (!isLocked(error) || performance.now() > deadline) throw error;
        await pause(RETRY_MS);
      }
    }
  }

  const call: Call = async (spec, input = {}) => {
    const response = await send(() => buildRequest(base, key, spec, input, space), timeoutOf(spec));
    return (await readAnswer(response, base, key)) as never;
  };
  const open: Open = async (spec, input = {}) => {
    const response = await send(() => buildRequest(base, key, spec, input, space), timeoutOf(spec), openOverNetwork);
    if (!response.ok) await readAnswer(response, base, key);
    return response;
  };
  return { call, open, isLocal: () => local !== null, close: async () => local?.close() };
}
