// engram import: brings in files of other memory services, folders of them, and databases of older servers.

import { isAbsolute, resolve } from 'node:path';
import { type Item, isUnreadable, type Unreadable } from '../../../algo/json-items.ts';
import { entriesOf } from '../../../core/file-entries.ts';
import { importFormat, importItems } from '../../../features/transfer/contract.ts';
import { type FoundFile, filesAt } from '../../../platform/import-file.ts';
import type { Call } from '../client.ts';
import type { Command, Context } from '../command.ts';
import { CliError, EXIT, usage } from '../failure.ts';
import { excerpt } from '../output.ts';
import { importTranscripts, isTranscriptAgent } from './import-transcripts.ts';
import { progressOf } from './models-common.ts';

interface Report {
  format: string | null;
  imported: number;
  skipped: number;
  failed: number;
  duplicates: number;
  errors: { line: number; reason: string }[];
}

/** Entries and bytes that go out together: below what any server takes. */
const BATCH = 200;
const BATCH_CHARS = 1_000_000;
/** Entries by which a format is told. */
const LOOK_AT = 200;
const MOST_ERRORS = 100;

function fail(report: Report, line: number, reason: string): void {
  report.failed++;
  if (report.errors.length < MOST_ERRORS) report.errors.push({ line, reason });
}

/** Gathers entries and sends them on, in their order. */
function sender(call: Call, format: string, dry_run: boolean, report: Report) {
  let waiting: Item[] = [];
  let chars = 0;

  async function send(items: readonly Item[]): Promise<void> {
    try {
      const { imported, skipped, failed, duplicates, errors } = await call(importItems, {
        body: { format, dry_run, items: [...items] },
      });
      report.imported += imported;
      report.skipped += skipped;
      report.failed += failed;
      report.duplicates += duplicates;
      report.errors.push(...errors.slice(0, MOST_ERRORS - report.errors.length));
    } catch (error) {
      if (!(error instanceof CliError) || (error.code !== 'body_too_large' && error.code !== 'json_too_deep'))
        throw error;
      if (items.length === 1) return fail(report, items[0]!.line, error.message);
      for (const item of items) await send([item]);
    }
  }
  const flush = async (): Promise<void> => {
    const items = waiting;
    waiting = [];
    chars = 0;
    if (items.length > 0) await send(items);
  };
  return {
    async add(entry: Item | Unreadable): Promise<void> {
      if (isUnreadable(entry)) return fail(report, entry.line, entry.reason);
      const size = JSON.stringify(entry.value)?.length ?? 0;
      if (waiting.length >= BATCH || (waiting.length > 0 && chars + size > BATCH_CHARS)) await flush();
      waiting.push(entry);
      chars += size;
    },
    flush,
  };
}

async function told(call: Call, entries: readonly (Item | Unreadable)[], path: string): Promise<string> {
  const items = entries.filter((entry): entry is Item => !isUnreadable(entry)).slice(0, LOOK_AT);
  const { format, formats } = await call(importFormat, { body: { items } });
  if (format !== null) return format;
  throw new CliError(
    EXIT.failed,
    'import_unreadable',
    `What ${path} was exported from cannot be told. Name it with --format: ${formats.map(({ name }) => name).join(', ')}.`,
  );
}

interface Wishes {
  format: string | null;
  dry_run: boolean;
}

async function readFile(context: Context, call: Call, file: FoundFile, wishes: Wishes, report: Report): Promise<void> {
  const bar = progressOf(context, excerpt(file.path, 30), 'bytes');
  let out: ReturnType<typeof sender> | null = null;
  let held: (Item | Unreadable)[] = [];
  let done = 0;
  const begin = async () => {
    const format = wishes.format ?? (await told(call, held, file.path));
    report.format = format;
    out = sender(call, format, wishes.dry_run, report);
    for (const entry of held) await out.add(entry);
    held = [];
    return out;
  };
  const { inflate } = await import('../../../platform/inflate.ts');
  try {
    for await (const { entries, bytes } of entriesOf(file.chunks(), inflate, file.path)) {
      done += bytes;
      if (out) for (const entry of entries) await (out as ReturnType<typeof sender>).add(entry);
      else {
        held.push(...entries);
        if (held.length >= LOOK_AT) await begin();
      }
      bar.update(Math.min(done, file.bytes), file.bytes);
    }
    await (out ?? (await begin())).flush();
  } catch (error) {
    if (error instanceof Error && error.name === 'AppError')
      throw new CliError(EXIT.failed, 'import_unreadable', `${file.path}: ${error.message}`, { cause: error });
    throw error;
  } finally {
    bar.end();
  }
}

async function readDatabase(context: Context, call: Call, path: string, wishes: Wishes, report: Report): Promise<void> {
  const { args } = context;
  const user = args.whole('user', { min: 1, max: Number.MAX_SAFE_INTEGER });
  const { openOlderStore } = await import('../../../platform/db/older-store.ts');
  const store = openOlderStore(path, args.text('db-key'), user);
  if (!store)
    throw new CliError(
      EXIT.failed,
      'import_unreadable',
      `${path} is no database of an older server. One of this program is copied with "engram export".`,
    );
  try {
    if (store.users.length > 1 && user === null)
      throw usage(`${path} holds memories of users ${store.users.join(', ')}; choose one with --user.`);
    report.format = 'engram.db';
    const bar = progressOf(context, excerpt(path, 30), 'memories');
    const out = sender(call, 'engram', wishes.dry_run, report);
    let line = 0;
    try {
      for (const value of store.records()) {
        await out.add({ section: null, line: ++line, value });
        if (line % BATCH === 0) bar.update(line, store.total);
      }
      await out.flush();
    } finally {
      bar.end();
    }
  } finally {
    store.close();
  }
}

export const importFiles: Command = {
  name: 'import',
  summary: 'Bring in memories from a file, a folder, the database of an older server, or the sessions of an agent',
  operands: '<file or folder>, or claude-code|codex [folder]',
  role: 'client',
  starts_store: true,
  flags: [
    { name: 'format', short: 'f', value: 'name', help: 'What it was exported from, instead of telling it' },
    { name: 'dry-run', help: 'Only say what would happen' },
    { name: 'since', value: 'time', help: 'Of sessions of an agent, only what was said from then on' },
    { name: 'user', value: 'id', help: 'Of a database with several users, the one to bring in' },
    { name: 'db-key', value: 'hex', help: 'Of an encrypted database, its key: 64 hex digits' },
  ],
  about: [
    'Reads exports of Engram (JSONL, JSON, Markdown), Mem0, Supermemory, Zep, claude-mem, agentmemory, the MCP memory',
    'server, ChatGPT and Claude, ZIP archives of these, and engram.db. What came in before is skipped: after an',
    'interruption, run it again.',
    'claude-code and codex bring in what was said in the sessions that these agents have kept, and what the user said in them',
    'that is worth remembering, which waits in the inbox. Run again, it brings in what is new.',
  ],
  examples: [
    'engram import claude-code --dry-run',
    'engram import conversations.json --dry-run',
    'engram import ~/old/engram.db',
    'engram import notes/',
  ],
  sought_as: ['restore-from', 'load', 'migrate'],
  async run(context) {
    const { args, output } = context;
    if (isTranscriptAgent(args.words[0])) return importTranscripts(context);
    if (args.has('since'))
      throw usage('--since goes with the sessions of an agent: engram import claude-code --since 2026-03-01');
    const [path, ...more] = args.words;
    if (path === undefined || more.length > 0) throw usage('import takes one file or folder.');
    const wishes: Wishes = { format: args.text('format'), dry_run: args.has('dry-run') };
    let files: FoundFile[];
    try {
      files = filesAt(isAbsolute(path) ? path : resolve(context.machine.cwd, path));
    } catch (error) {
      throw usage(`${path} cannot be read (${(error as { code?: string }).code ?? 'unknown reason'}).`);
    }
    if (files.length === 0) throw usage(`${path} holds no files that can be imported.`);
    const report: Report = { format: null, imported: 0, skipped: 0, failed: 0, duplicates: 0, errors: [] };
    await context.withCall(async (call) => {
      for (const file of files) {
        const isDatabase = file.isDatabase || /\.(?:db|sqlite3?)$/i.test(file.path);
        if (isDatabase) await readDatabase(context, call, file.path, wishes, report);
        else await readFile(context, call, file, wishes, report);
      }
    });
    if (output.json) output.data({ ...report, dry_run: wishes.dry_run, files: files.length });
    else {
      const { imported, skipped, failed, duplicates } = report;
      output.line(
        `${wishes.dry_run ? 'Would import' : 'Imported'} ${imported}; ${duplicates} said already, ${skipped} skipped, ${failed} failed.`,
      );
      for (const { line, reason } of report.errors) output.line(`  line ${line}: ${excerpt(reason, 200)}`);
    }
    return report.failed > 0 && report.imported + report.duplicates + report.skipped === 0 ? EXIT.failed : EXIT.ok;
  },
};
