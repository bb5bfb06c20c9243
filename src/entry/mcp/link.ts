// Where the messages of a client go: to the server, or, when none is up at the usual address, to the store on this disk. A
// server that went away is looked for anew with every message, so that one that comes back is found.
import { CliError, EXIT } from '../cli/failure.ts';
import type { OwnStore } from './own-store.ts';

export interface LinkOptions {
  readonly base: string;
  /** The key to show; asked again for every message. */
  key(): string | null;
  /** The user named a server: then nothing but that server will do. */
  readonly chosen: boolean;
  openStore(): Promise<OwnStore>;
  /** True for the failure of `openStore` that passes when another process lets go. */
  isLocked(error: unknown): boolean;
  pause(ms: number): Promise<void>;
}

export interface Link {
  /**
   * @param make the request for a server at this address, with this key
   * @throws CliError when nobody answers
   */
  send(make: (base: string, key: string | null) => Request): Promise<Response>;
  close(): Promise<void>;
}

/** For another process that has the store open to answer, or to let go of it. */
const PATIENCE_MS = 10_000;
const RETRY_MS = 60;

/** Nothing listens there, so nothing was sent: trying elsewhere cannot do the work twice. */
const isRefused = (error: unknown): boolean => {
  const { code, cause } = error as { code?: string; cause?: { code?: string } };
  return /^(?:ECONNREFUSED|ConnectionRefused)$/.test(String(code ?? cause?.code));
};

const unreachable = (message: string, cause: unknown): CliError =>
  new CliError(EXIT.unreachable, 'unreachable', message, { cause });

export function createLink({ base, key, chosen, openStore, isLocked, pause }: LinkOptions): Link {
  let own: Promise<OwnStore> | null = null;

  /** Once for all messages that find no server at the same time. */
  async function store(): Promise<OwnStore> {
    const opening = (own ??= openStore());
    try {
      return await opening;
    } catch (error) {
      if (own === opening) own = null;
      throw error;
    }
  }

  return {
    async send(make) {
      const deadline = performance.now() + PATIENCE_MS;
      for (;;) {
        if (own === null) {
          const request = make(base, key());
          try {
            // A connection kept from before would be one to a server that may have gone since.
            return await fetch(request, { keepalive: false });
          } catch (error) {
            if (request.signal.aborted) throw error;
            const { code, name } = error as { code?: string; name?: string };
            if (!isRefused(error))
              throw unreachable(
                `${base} went away before it answered (${code ?? name ?? 'unknown reason'}); what was asked may have been done.`,
                error,
              );
            if (chosen)
              throw unreachable(
                `Nothing answers at ${base}. Start the server there, or name another with ENGRAM_URL.`,
                error,
              );
          }
        }
        try {
          return await (await store()).answer(make(base, key()));
        } catch (error) {
          if (!isLocked(error) || performance.now() > deadline) throw error;
          await pause(RETRY_MS);
        }
      }
    },
    async close() {
      await (await own?.catch(() => null))?.close();
    },
  };
}
