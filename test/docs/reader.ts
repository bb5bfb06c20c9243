// Somebody who reads a page and types what it says, in a fresh copy of the project, with a server of their own.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { tempDir } from '../support/app.ts';
import { freePort, until } from '../support/cli.ts';
import type { Block } from './blocks.ts';

const ROOT = join(import.meta.dirname, '../..');
/** Everything that is written, or that only tests look at, stays out of the copy. */
const LEFT_OUT = new Set(['.git', 'data', 'dist', 'test', 'coverage']);
/** Where coding agents keep their sessions: the reader has used them, if not for much. */
const AGENTS = ['.claude/projects', '.codex/sessions'];
const BLOCK_MS = 80_000;

/** Commands that go on until they are stopped, as they stand in documentation. */
const SERVES = /(?:\bnpm (?:run )?start|\bbun run start|\bengram(?:-server)? serve)\b[^\n|&;]*$/m;
/** Commands that want the store for themselves. */
const ALONE = /\bengram (?:--? )?(?:restore|encrypt|decrypt|rekey)\b/;
/** Commands would open the store themselves, but most readers have a server running. */
const NEEDS_SERVER = /\b(?:curl|engram)\b/;
const KEY = /eg_[0-9a-f]{64}/;
/** A backup of the day the page was written. */
const BACKUP = /\bengram-\d{8}-\d{6}-[a-z]+\.db\b/g;

export interface Typed {
  readonly out: string;
  readonly err: string;
  readonly code: number | null;
}

/**
 * Stands in for programs where running them as they are would harm the checkout or hide a failure: `curl` fails on a
 * refusal, `engram` is the program of this checkout, npm installs nothing, and its tests are one file.
 */
const PROGRAMS: Readonly<Record<string, string>> = {
  curl: `exec "$REAL_CURL" --fail-with-body --silent --show-error --write-out '%{stderr}HTTP %{http_code}\\n' "$@"`,
  engram: `exec node "${ROOT}/scripts/engram.mjs" "$@"`,
  npm: `case "$1" in install|ci) exit 0;; test) cd "${ROOT}"; exec "$REAL_NPM" test -- src/config.test.ts;; esac; exec "$REAL_NPM" "$@"`,
};

const path = (process.env.PATH ?? '').split(delimiter).filter((folder) => !folder.includes('bun-node'));
const program = (name: string): string =>
  path.map((folder) => join(folder, name)).find((file) => Bun.which(file) !== null) ?? `/nowhere/${name}`;

export class Reader {
  readonly #home = tempDir();
  readonly #bin = tempDir();
  readonly #port: number;
  #server: ChildProcess | null = null;
  #key: string | null = null;

  private constructor(port: number) {
    this.#port = port;
    for (const name of readdirSync(ROOT))
      if (!LEFT_OUT.has(name)) symlinkSync(join(ROOT, name), join(this.#home, name));
    for (const folder of AGENTS) mkdirSync(join(this.#home, folder), { recursive: true });
    for (const [name, script] of Object.entries(PROGRAMS)) {
      writeFileSync(join(this.#bin, name), `#!/bin/sh\n${script}\n`);
      chmodSync(join(this.#bin, name), 0o755);
    }
  }

  static async open(): Promise<Reader> {
    return new Reader(await freePort());
  }

  /** Types a block; one that starts a server leaves it running. @throws Error with all that was printed */
  async type(block: Block): Promise<Typed> {
    if (SERVES.test(block.script)) return this.#serve(this.#mine(block.script));
    if (ALONE.test(block.script)) await this.close();
    else if (NEEDS_SERVER.test(block.script)) await this.#somethingToTalkTo(block);
    const script = this.#mine(block.script);
    const typed = await this.#run(BACKUP.test(script) ? script.replaceAll(BACKUP, await this.#backup()) : script);
    const key = KEY.exec(typed.out)?.[0];
    if (key !== undefined && /bootstrap/.test(script)) this.#key = key;
    return typed;
  }

  /** Ends the server, if there is one. */
  async close(): Promise<void> {
    const server = this.#server;
    this.#server = null;
    if (server === null || server.exitCode !== null) return;
    const closed = once(server, 'close');
    process.kill(-server.pid!, 'SIGTERM');
    await closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Addresses and the key as they are here. */
  #mine(script: string): string {
    return script
      .replace(/\b(localhost|127\.0\.0\.1):4200\b/g, `$1:${this.#port}`)
      .replaceAll('eg_YOUR_KEY', this.#key ?? 'eg_YOUR_KEY');
  }

  #env(more: Record<string, string> = {}): Record<string, string> {
    return {
      PATH: [this.#bin, ...path].join(delimiter),
      REAL_CURL: program('curl'),
      REAL_NPM: program('npm'),
      HOME: this.#home,
      ENGRAM_PORT: String(this.#port),
      // Hooks give up quickly by design, which says nothing about a page when the machine is busy.
      ENGRAM_HOOK_TIMEOUT_MS: '30000',
      ...more,
    };
  }

  /** The name of a backup made just now. */
  async #backup(): Promise<string> {
    const { code, err } = await this.#run('engram store "before the backup" && engram backup');
    if (code !== 0) throw new Error(err);
    return readdirSync(join(this.#home, 'data/backups')).find((name) => name.endsWith('.db'))!;
  }

  /** Pages that do not tell how to get a server and a key take them for granted. */
  async #somethingToTalkTo(block: Block): Promise<void> {
    if (this.#server === null) await this.#serve('engram serve');
    if (this.#key !== null || /\/bootstrap\b/.test(block.script)) return;
    const answer = await fetch(`http://127.0.0.1:${this.#port}/bootstrap`, { method: 'POST' });
    this.#key = ((await answer.json()) as { key: string }).key;
  }

  async #serve(script: string): Promise<Typed> {
    await this.close();
    const child = this.#spawn(script, this.#env());
    const seen = collect(child);
    await until(() => /listens on http/.exec(seen.out)?.[0], child, seen);
    this.#server = child;
    return { ...seen, code: 0 };
  }

  async #run(script: string): Promise<Typed> {
    const client = {
      ...(this.#server && { ENGRAM_URL: `http://127.0.0.1:${this.#port}` }),
      ...(this.#key && { ENGRAM_API_KEY: this.#key }),
    };
    const child = this.#spawn(script, this.#env(client));
    const seen = collect(child);
    const late = setTimeout(() => process.kill(-child.pid!, 'SIGKILL'), BLOCK_MS);
    const [code] = (await once(child, 'close')) as [number | null];
    clearTimeout(late);
    return { ...seen, code };
  }

  /** A group of its own, so that a shell and what it started end together. */
  #spawn(script: string, env: Record<string, string>): ChildProcess {
    const args = ['-euo', 'pipefail', '-c', script];
    return spawn('bash', args, { cwd: this.#home, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  }
}

function collect(child: ChildProcess): { out: string; err: string } {
  const seen = { out: '', err: '' };
  child.stdout!.setEncoding('utf8').on('data', (text) => (seen.out += text));
  child.stderr!.setEncoding('utf8').on('data', (text) => (seen.err += text));
  return seen;
}

/** What is wrong with how a block went; null when nothing is. */
export function problemOf(block: Block, { code, out, err }: Typed): string | null {
  const printed = `${out}${err}`.trim();
  const statuses = [...err.matchAll(/^HTTP (\d{3})$/gm)].map(([, status]) => Number(status));
  if (block.status !== null) {
    if (statuses.at(-1) === block.status) return null;
    return `${block.at} announces ${block.status}, the server answered ${statuses.at(-1) ?? 'nothing'}:\n${printed}`;
  }
  if (code !== 0) return `${block.at} ended with ${code}:\n${block.script}\n${printed}`;
  return block.answer === null ? null : differenceOf(block, out);
}

/** Fields that the page shows and the answer does not have. Answers that are shortened for readers are no JSON. */
function differenceOf({ at, answer }: Block, out: string): string | null {
  const [shown, got] = [json(answer!), json(out)];
  if (shown === undefined) return null;
  if (got === undefined) return `${at} shows a JSON answer, but what came is none:\n${out}`;
  const missing = missingIn(got, shown, '');
  return missing.length === 0 ? null : `${at} shows ${missing.join(', ')}, which the answer does not have:\n${out}`;
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function missingIn(got: unknown, shown: unknown, name: string): string[] {
  if (Array.isArray(shown))
    return Array.isArray(got) && shown.length > 0 ? missingIn(got[0], shown[0], `${name}[0]`) : [];
  if (typeof shown !== 'object' || shown === null) return [];
  const fields = (got ?? {}) as Record<string, unknown>;
  return Object.entries(shown).flatMap(([field, value]) => {
    const full = name === '' ? field : `${name}.${field}`;
    return field in fields ? missingIn(fields[field], value, full) : [full];
  });
}
