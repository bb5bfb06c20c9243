// The command line in this process on a store of its own: everything but the process is real.
import { createApp } from '../../src/app.ts';
import { silentLogger } from '../../src/core/log.ts';
import type { Machine } from '../../src/entry/cli/machine.ts';
import { run } from '../../src/entry/cli/run.ts';
import { openModels } from '../../src/platform/models/open.ts';
import { freePort, type Ran } from './cli.ts';

export type CommandLine = (args: readonly string[], options?: RunHere) => Promise<Ran>;

export interface RunHere {
  /** Piped in; without it standard input is a terminal. */
  stdin?: string | Uint8Array;
  env?: Record<string, string>;
  /** Columns of the terminal on standard output; without it that is a pipe. */
  columns?: number;
}

const PLAIN = { ENGRAM_EMBEDDING_MODEL: 'none', ENGRAM_UNDERSTANDING: '0' };

/** Runs commands on the store in `dir`, which each of them opens and closes; no server is up. */
export async function commandLine(dir: string, more: Record<string, string> = {}): Promise<CommandLine> {
  const port = String(await freePort());
  return async (args, { stdin, env = {}, columns } = {}) => {
    const seen = { out: '', err: '' };
    const refuse = () => {
      throw new Error('this command line has nothing of the kind');
    };
    async function* bytes() {
      yield typeof stdin === 'string' ? new TextEncoder().encode(stdin) : (stdin ?? new Uint8Array());
    }
    const machine = {
      argv: args,
      env: { ...PLAIN, ENGRAM_DATA_DIR: dir, ENGRAM_PORT: port, ENGRAM_LOG_LEVEL: 'silent', ...more, ...env },
      ...{ cwd: dir, home: dir, version: '0.0.0', now: () => Date.UTC(2026, 2, 2, 12) },
      stdin: { isTTY: stdin === undefined, bytes },
      out: { isTTY: columns !== undefined, columns, write: (text: string) => void (seen.out += text) },
      err: { isTTY: false, write: (text: string) => void (seen.err += text) },
      ...{ readFile: () => null, settle: (config: unknown) => config, isLocked: () => false, explain: () => null },
      storeExists: () => true,
      openApp: (config: Parameters<typeof createApp>[0]) => createApp(config, { logger: silentLogger }),
      models: async ({ models_dir }: { models_dir: string }) => openModels({ models_dir, hub: null, token: null }),
      ...{ listen: refuse, untilStopped: refuse, vault: refuse, newStoreKey: refuse, backups: refuse },
      inspect: { runtime: refuse, folder: refuse, database: refuse, model: refuse, llm: refuse },
      host: { exists: refuse },
    };
    const code = await run(machine as unknown as Machine);
    return { code, ...seen };
  };
}
