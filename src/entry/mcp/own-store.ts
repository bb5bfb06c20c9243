// A store opened for one client of MCP, which others on this machine can use meanwhile: a second window of an editor, hooks,
// the command line. Nothing of it can be reached from elsewhere.
import { timingSafeEqual } from 'node:crypto';
import type { App } from '../../app.ts';
import type { Config } from '../../config.ts';
import type { Listening, Machine } from '../cli/machine.ts';
import { localKeyPath } from '../local-key.ts';

export interface OwnStore {
  answer(request: Request): Promise<Response>;
  close(): Promise<void>;
}

export interface OpenOptions {
  /** Of a server on this machine. */
  readonly config: Config;
  /** What the client shows; without one it is the person at this machine. */
  readonly key: string | null;
  remark(text: string): void;
}

/** How long answers to others may hold up the end. */
const DRAIN_MS = 5_000;
const LOOPBACK = /^(?:::1|(?:::ffff:)?127\.\d+\.\d+\.\d+)$/i;

const same = (a: string, b: string): boolean =>
  a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));

/** @throws when another process has the store open */
export async function openOwnStore(machine: Machine, { config, key, remark }: OpenOptions): Promise<OwnStore> {
  const app = await machine.openApp(config, { eager: true });
  const secret = machine.newStoreKey();
  const others: App['fetch'] = (request, env) => {
    const token = /^Bearer +(\S+) *$/i.exec(request.headers.get('authorization') ?? '')?.[1];
    const ours = token !== undefined && same(token, secret) && LOOPBACK.test(env?.peer ?? '');
    return ours ? app.localCall(request) : app.fetch(request, env);
  };
  const listener = await listening(machine, config, others, remark);
  const file = listener && localKeyPath(machine, listener.port);
  if (file) machine.host.writeFile(file, `${secret}\n`, 0o600);

  return {
    answer: async (request) => (key === null ? app.localCall(request) : app.fetch(request, { peer: null })),
    async close() {
      app.streams.endAll();
      if (listener) await Promise.race([listener.close(), machine.host.pause(DRAIN_MS)]);
      if (file && machine.readFile(file)?.trim() === secret) machine.host.remove(file);
      await app.close();
    },
  };
}

/** On the address where programs of this machine look for a server, whatever other addresses a server would take. */
async function listening(
  machine: Machine,
  config: Config,
  fetch: App['fetch'],
  remark: OpenOptions['remark'],
): Promise<Listening | null> {
  try {
    return await machine.listen(fetch, { ...config, host: '127.0.0.1' });
  } catch (error) {
    const why = machine.explain(error, config) ?? String(error);
    remark(`Others cannot use the store while this runs: ${why}`);
    return null;
  }
}
