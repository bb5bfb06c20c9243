// Vitest global setup: a throw-away Postgres for the whole run, where its programs are installed. See test/support/databases.ts.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { Client } from 'pg';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Null: no Postgres here, so the runs on a real one are skipped. */
    postgres_url: string | null;
    /** Start of the names of all schemas made in this run. */
    postgres_prefix: string;
  }
}

const START_TIMEOUT_MS = 20_000;
/** Runs the rest of its arguments until its input ends, which it also does when we are killed; then removes the folder. */
const WATCHED = `exec 3<&0; "$@" & server=$!; (cat <&3 >/dev/null; kill -INT $server) & wait $server; cd /; rm -rf "$0"`;

function findPrograms(): string | null {
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : [];
  const folders = [
    ...versions.map((version) => join(debian, version, 'bin')),
    ...(process.env.PATH ?? '').split(delimiter),
  ];
  return folders.find((folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres'))) ?? null;
}

/** Postgres refuses to run as root: there it runs as somebody else. */
function lesserUser(): { uid: number; gid: number } | null {
  if (process.getuid?.() !== 0) return null;
  for (const name of ['postgres', 'nobody']) {
    const [uid, gid] = ['-u', '-g'].map((flag) =>
      Number(spawnSync('id', [flag, name], { encoding: 'utf8' }).stdout.trim() || 0),
    );
    if (uid && gid) return { uid, gid };
  }
  throw new Error('this machine has no user "postgres" or "nobody" to run as');
}

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });

async function started(server: ChildProcess): Promise<void> {
  let said = '';
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`Postgres did not start:\n${said}`)), START_TIMEOUT_MS);
    server.once('exit', (code) => reject(new Error(`Postgres ended with ${code}:\n${said}`)));
    server.stderr!.on('data', (chunk) => {
      said += chunk;
      if (!said.includes('database system is ready to accept connections')) return;
      clearTimeout(timer);
      resolve();
    });
  });
  server.removeAllListeners('exit');
  server.stderr!.removeAllListeners('data').resume();
}

async function startServer(programs: string): Promise<{ url: string; stop(): Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), 'engram-postgres-'));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  try {
    const user = lesserUser();
    chmodSync(folder, 0o700);
    if (user) chownSync(folder, user.uid, user.gid);
    const as = { cwd: folder, ...user };
    const data = join(folder, 'data');
    const init = ['-D', data, '-U', 'engram', '-A', 'trust', '-E', 'UTF8', '--locale=C.UTF-8', '--no-sync'];
    const made = spawnSync(join(programs, 'initdb'), init, { ...as, encoding: 'utf8' });
    if (made.status !== 0) throw new Error(`initdb failed: ${made.stderr || made.error}`);
    const port = await freePort();
    const options = {
      port,
      listen_addresses: '127.0.0.1',
      unix_socket_directories: '',
      fsync: 'off',
      full_page_writes: 'off',
      shared_buffers: '64MB',
      max_connections: 120,
    };
    const flags = Object.entries(options).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    const server = spawn('/bin/sh', ['-c', WATCHED, folder, join(programs, 'postgres'), '-D', data, ...flags], {
      ...as,
      stdio: ['pipe', 'ignore', 'pipe'],
    });
    await started(server);
    return {
      url: `postgres://engram@127.0.0.1:${port}/postgres`,
      async stop() {
        const ended = new Promise((resolve) => server.once('exit', resolve));
        server.stdin!.end();
        await ended;
        remove();
      },
    };
  } catch (error) {
    remove();
    throw error;
  }
}

async function dropSchemas(url: string, prefix: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query('select nspname from pg_namespace where starts_with(nspname, $1)', [prefix]);
  for (const { nspname } of rows) await client.query(`drop schema ${nspname} cascade`);
  await client.end();
}

export default async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const given = process.env.ENGRAM_TEST_DATABASE_URL;
  if (given) {
    const prefix = `engram_test_${process.pid}_`;
    project.provide('postgres_url', given);
    project.provide('postgres_prefix', prefix);
    return () => dropSchemas(given, prefix);
  }
  project.provide('postgres_prefix', 't_');
  let reason = 'Postgres is not installed';
  const programs = findPrograms();
  if (programs !== null) {
    try {
      const server = await startServer(programs);
      project.provide('postgres_url', server.url);
      return server.stop;
    } catch (error) {
      reason = (error as Error).message.replaceAll(/\s+/g, ' ');
    }
  }
  console.warn(`Tests on a real Postgres are skipped: ${reason}. Install it, or set ENGRAM_TEST_DATABASE_URL.`);
  project.provide('postgres_url', null);
  return undefined;
}
