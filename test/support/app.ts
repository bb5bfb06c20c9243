// A real app on a real database in a folder of its own, called through HTTP; only time, chance and models are fake.
import { mkdirSync, mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { type App, createApp, type Ports } from '../../src/app.ts';
import { type Config, loadConfig } from '../../src/config.ts';
import type { Clock } from '../../src/core/clock.ts';
import { silentLogger } from '../../src/core/log.ts';
import { putEmptySqlite } from './sqlite-template.ts';
import { TEMP_ROOT } from './temp-root.ts';

export interface FakeClock extends Clock {
  set(epochMs: number): void;
  advance(ms: number): void;
}

/** Starts on Monday 2 March 2026, 12:00 UTC. */
export function fakeClock(start = Date.UTC(2026, 2, 2, 12)): FakeClock {
  let now = start;
  return {
    now: () => now,
    set(epochMs) {
      now = epochMs;
    },
    advance(ms) {
      now += ms;
    },
  };
}

export interface Answer {
  status: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  body: any;
}

export type Caller = (
  method: string,
  path: string,
  body?: unknown,
  headers?: Record<string, string>,
) => Promise<Answer>;

export interface TestApp extends App {
  dir: string;
  clock: FakeClock;
  /** Calls as user 1 with its admin key. */
  call: Caller;
  /** Calls with another token, or none. */
  as(token: string | null): Caller;
  key: string;
  /** Makes a second user and calls as them. */
  newUser(name: string, scopes?: string): Promise<Caller>;
  /** Closes and opens the same folder again. */
  reopen(): Promise<TestApp>;
}

export interface TestOptions {
  env?: Record<string, string>;
  ports?: Partial<Ports>;
  dir?: string;
  key?: string;
}

/**
 * Most tests are about something else; those about meaning name a model, or leave the choice to the program with '', and
 * those about what is read from memories turn that on.
 */
const PLAIN = { ENGRAM_EMBEDDING_MODEL: 'none', ENGRAM_UNDERSTANDING: '0' };

export const testConfig = (dir: string, env: Record<string, string> = {}): Config =>
  loadConfig({
    argv: [],
    env: { ENGRAM_DATA_DIR: dir, ENGRAM_LOG_LEVEL: 'silent', ...PLAIN, ...env },
    readFile: () => null,
    cwd: dir,
    home: dir,
  }).config;

/** A fresh folder; all of a run lie in one that temp-root.ts removes at its end. */
export function tempDir(): string {
  mkdirSync(TEMP_ROOT, { recursive: true });
  return mkdtempSync(join(TEMP_ROOT, 'app-'));
}

/** Where the app is to make a database of its own, it finds a copy of what it would make. A given folder stays as it is. */
async function prepare(config: Config, { dir, ports }: TestOptions): Promise<void> {
  const makesFile = config.database_url === null && config.encryption.mode === 'none' && !ports?.database;
  if (dir === undefined && makesFile) await putEmptySqlite(config.db_path);
}

export async function createTestApp(options: TestOptions = {}): Promise<TestApp> {
  const dir = options.dir ?? tempDir();
  const clock = (options.ports?.clock as FakeClock | undefined) ?? fakeClock();
  const config = testConfig(dir, options.env);
  await prepare(config, options);
  const app = await createApp(config, {
    logger: silentLogger,
    clock,
    checkAnswers: true,
    ...options.ports,
  });

  const as =
    (token: string | null): Caller =>
    async (method, path, body, headers = {}) => {
      const init: RequestInit = {
        method,
        headers: { ...(token === null ? {} : { authorization: `Bearer ${token}` }), ...headers },
      };
      if (body !== undefined) {
        init.body = typeof body === 'string' ? body : JSON.stringify(body);
        init.headers = { 'content-type': 'application/json', ...init.headers };
      }
      const response = await app.fetch(new Request(`http://engram.test${path}`, init), { peer: '127.0.0.1' });
      const text = await response.text();
      const isJson = response.headers.get('content-type')?.startsWith('application/json') ?? false;
      return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
    };

  let key = options.key ?? '';
  if (key === '') {
    const secret = options.env?.ENGRAM_BOOTSTRAP_SECRET;
    const first = await as(null)('POST', '/bootstrap', secret === undefined ? { name: 'admin' } : { secret });
    key = first.body.key ?? '';
  }
  const call = as(key);

  return {
    ...app,
    dir,
    clock,
    key,
    call,
    as,
    async newUser(name, scopes = 'read,write') {
      const user = await call('POST', '/users', { username: name });
      const made = await call('POST', '/keys', { name, scopes, user_id: user.body.id });
      return as(made.body.key);
    },
    async reopen() {
      await app.close();
      return createTestApp({ ...options, dir, key, ports: { ...options.ports, clock } });
    },
  };
}
