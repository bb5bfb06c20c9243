// All of the program but its hooks: hands the outside world to the command line and ends with its exit code. Heavy parts load
// when first needed.
import { existsSync, readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import packageJson from '../package.json' with { type: 'json' };
import { type Config, ConfigError } from './config.ts';
import { formatTime } from './core/clock.ts';
import { BUILT_IN_MODEL } from './core/model-source.ts';
import type { Machine, Terminal } from './entry/cli/machine.ts';
import { run } from './entry/cli/run.ts';
import { wantedModel } from './features/models/choice.ts';
import { ofThisBuild } from './of-this-build.ts';
import { askHidden } from './platform/crypto/prompt.ts';
import type { Person } from './platform/crypto/unlock.ts';
import { DatabaseError } from './platform/db/database-error.ts';
import { thisHost } from './platform/host.ts';
import { describeRuntime, inspectFolder, inspectModel } from './platform/inspect.ts';
import { ListenError, listen } from './platform/listen.ts';
import { systemClock, systemIds } from './platform/system.ts';

/** Launchers such as npm pass on a Ctrl-C that the terminal has also sent to us: that is one signal, not two. */
const SAME_SIGNAL_MS = 300;
const SIGNALS = { SIGINT: 2, SIGTERM: 15, SIGHUP: 1 } as const;

let written: Promise<void> = Promise.resolve();
const terminal = (stream: NodeJS.WriteStream): Terminal => {
  // A reader that has seen enough (`engram list | head -1`) is no failure.
  stream.on('error', (error: { code?: string }) => process.exit(error.code === 'EPIPE' ? 0 : 1));
  return {
    isTTY: stream.isTTY === true,
    get columns() {
      return stream.columns;
    },
    write(text) {
      const before = written;
      written = new Promise((resolve) => stream.write(text, () => resolve(before)));
    },
  };
};

const sqliteCode = (error: unknown): string => {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' && code.startsWith('SQLITE_') ? code : '';
};

/** Asked on stderr, so that results can be piped. */
const person: Person = {
  ask: process.stdin.isTTY
    ? askHidden(
        process.stdin,
        (text) => process.stderr.write(text),
        () => process.exit(130),
      )
    : null,
  tell: (text) => process.stderr.write(`${text}\n`),
};

async function openApp(config: Config, ports: { eager?: boolean } = {}) {
  // An executable puts its native parts there as well, and needs one of them to open the store, which says what is in the way.
  if (config.database_url === null && !existsSync(config.data_dir))
    await mkdir(config.data_dir, { recursive: true, mode: 0o700 }).catch(() => {});
  const { createApp } = await import('./app.ts');
  try {
    return await createApp(config, { ...ports, person });
  } catch (error) {
    if (sqliteCode(error) === '') throw error;
    const { explain } = await import('./platform/db/sqlite/connection.ts');
    throw explain(error, { path: config.db_path, key: config.encryption.mode === 'none' ? null : 'hidden' });
  }
}

const isLocked = (error: unknown): boolean =>
  error instanceof DatabaseError && sqliteCode(error.cause).startsWith('SQLITE_BUSY');

/** Errors that were written for people. The model's is known by name: importing its class would load the tokenizer. */
const explainFailure = (error: unknown): string | null => {
  const forPeople = error instanceof DatabaseError || error instanceof ListenError;
  return error instanceof Error && (forPeople || ['ModelError', 'AppError', 'NativeError'].includes(error.name))
    ? error.message
    : null;
};

function readFile(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    throw new ConfigError([`The settings file ${path} cannot be read (${code}).`]);
  }
}

function untilStopped(): Promise<void> {
  return new Promise((resolve) => {
    let first: number | null = null;
    for (const [signal, number] of Object.entries(SIGNALS)) {
      process.on(signal, () => {
        const now = performance.now();
        if (first === null) resolve();
        else if (now - first > SAME_SIGNAL_MS) process.exit(128 + number);
        first ??= now;
      });
    }
  });
}

const machine: Omit<Machine, 'argv'> = {
  env: process.env,
  cwd: process.cwd(),
  home: homedir(),
  version: packageJson.version,
  now: () => systemClock.now(),
  stdin: { isTTY: process.stdin.isTTY === true, bytes: () => process.stdin },
  out: terminal(process.stdout),
  err: terminal(process.stderr),
  readFile,
  settle: (config) => ofThisBuild(config, { home: homedir(), env: process.env, platform: process.platform }),
  openApp,
  storeExists: ({ database_url, db_path }) => database_url !== null || existsSync(db_path),
  isLocked,
  listen: (fetch, { host, port, limits }) => listen(fetch, { host, port, maxBodyBytes: limits.body_bytes }),
  untilStopped,
  explain: explainFailure,
  async models({ models_dir, model_hub, model_hub_token }) {
    const { openModels } = await import('./platform/models/open.ts');
    return openModels({ models_dir, hub: model_hub, token: model_hub_token?.reveal() ?? null });
  },
  async backups() {
    const { backupTools } = await import('./platform/backups.ts');
    return backupTools(person);
  },
  newStoreKey: () => systemIds.randomHex(32),
  async vault(config) {
    const { createVault } = await import('./platform/vault.ts');
    return createVault({ config, person, now: formatTime(systemClock.now()) });
  },
  host: thisHost(),
  inspect: {
    runtime: describeRuntime,
    folder: inspectFolder,
    async database({ database_url, db_path, encryption }) {
      const { inspectDatabase } = await import('./platform/db/inspect.ts');
      return inspectDatabase({ url: database_url?.reveal() ?? null, path: db_path, encryption, person });
    },
    async model({ embedding, models_dir }) {
      const { source } = wantedModel(embedding, null, BUILT_IN_MODEL);
      return source && inspectModel(source, { models_dir, max_seq: embedding.max_seq, dim: embedding.dim });
    },
    async llm({ llm }) {
      const { inspectLlm } = await import('./platform/llm/inspect.ts');
      return inspectLlm(llm);
    },
  },
};

/** @returns the exit code, once all is written */
export async function runProgram(argv: readonly string[]): Promise<number> {
  const code = await run({ ...machine, argv });
  await written;
  return code;
}
