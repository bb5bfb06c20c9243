// engram import claude-code: what was said in the sessions an agent has kept, so that a new memory does not start empty.
import { createReadStream, readdirSync, statSync } from 'node:fs';
import { basename, isAbsolute, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { parseTime } from '../../../core/clock.ts';
import { addTranscript, MAX_TURNS } from '../../../features/hooks/contract.ts';
import { projectOf } from '../../hook.ts';
import type { Call } from '../client.ts';
import type { Context } from '../command.ts';
import { EXIT, type ExitCode, usage } from '../failure.ts';
import { readLine, TRANSCRIPT_AGENTS, type TranscriptAgent, type Turn } from '../hooks/transcripts.ts';
import { excerpt } from '../output.ts';
import { progressOf } from './models-common.ts';

interface Found {
  readonly path: string;
  readonly bytes: number;
  /** Epoch milliseconds. */
  readonly changed: number;
}

interface Report {
  sessions: number;
  recorded: number;
  known: number;
  learned: number;
  duplicates: number;
  malformed: number;
}

/** Of turns that go out together: below what any server takes. */
const BATCH_CHARS = 2_000_000;
const BATCH_TURNS = Math.min(200, MAX_TURNS);
/** No transcript has a longer line that anybody said. */
const MAX_LINE_CHARS = 4_000_000;

export const isTranscriptAgent = (word: string | undefined): word is TranscriptAgent =>
  TRANSCRIPT_AGENTS.some((agent) => agent === word);

/** Sessions, the oldest first; what helpers of an agent said among themselves is not among them. */
function sessionsAt(folder: string): Found[] {
  const found: Found[] = [];
  const walk = (path: string): void => {
    for (const entry of readdirSync(path, { withFileTypes: true })) {
      const inner = join(path, entry.name);
      if (entry.isDirectory() && entry.name !== 'subagents') walk(inner);
      else if (entry.isFile() && entry.name.endsWith('.jsonl') && !entry.name.startsWith('agent-')) {
        const { size, mtimeMs } = statSync(inner);
        found.push({ path: inner, bytes: size, changed: mtimeMs });
      }
    }
  };
  const facts = statSync(folder);
  if (facts.isFile()) return [{ path: folder, bytes: facts.size, changed: facts.mtimeMs }];
  walk(folder);
  return found.sort((a, b) => a.changed - b.changed || (a.path < b.path ? -1 : 1));
}

function folderOf({ machine: { home, env } }: Context, agent: TranscriptAgent): string {
  return agent === 'codex'
    ? join(env.CODEX_HOME?.trim() || join(home, '.codex'), 'sessions')
    : join(env.CLAUDE_CONFIG_DIR?.trim() || join(home, '.claude'), 'projects');
}

/** `…/8e8d4f2a-….jsonl`, `…/rollout-2026-08-10T13-02-51-8e8d4f2a-….jsonl`: the end is the id of the session. */
const idOf = (path: string): string =>
  basename(path, '.jsonl').replace(/^rollout-\d{4}-\d{2}-\d{2}T\d{2}-\d{2}-\d{2}-/, '');

interface Wishes {
  readonly agent: TranscriptAgent;
  readonly dry_run: boolean;
  /** Epoch milliseconds. */
  readonly since: number;
}

async function importSession(call: Call, file: Found, wishes: Wishes, report: Report): Promise<void> {
  const { agent, dry_run } = wishes;
  let session_id = idOf(file.path);
  let cwd: string | null = null;
  let asked = false;
  let from = wishes.since;
  let waiting: Turn[] = [];
  let chars = 0;
  let any = false;

  const body = () => ({
    ...{ session_id, cwd, dry_run },
    project: cwd === null ? null : projectOf(cwd, cwd),
  });
  async function send(): Promise<void> {
    const turns = waiting;
    waiting = [];
    chars = 0;
    if (turns.length === 0) return;
    const answer = await call(addTranscript, { params: { agent }, body: { ...body(), turns } });
    for (const count of ['recorded', 'known', 'learned', 'duplicates'] as const) report[count] += answer[count];
    any ||= answer.recorded > 0;
  }
  async function take(turn: Turn): Promise<void> {
    if (!asked) {
      // What the server knows of the session already is not sent again.
      const { until } = await call(addTranscript, { params: { agent }, body: { ...body(), turns: [] } });
      if (until !== null) from = Math.max(from, Date.parse(until) + 1);
      asked = true;
    }
    const at = Date.parse(turn.at);
    if (Number.isNaN(at)) report.malformed++;
    else if (at < from) report.known += at >= wishes.since ? 1 : 0;
    else {
      if (waiting.length >= BATCH_TURNS || chars + turn.content.length > BATCH_CHARS) await send();
      waiting.push(turn);
      chars += turn.content.length;
    }
  }

  const lines = createInterface({ input: createReadStream(file.path, 'utf8'), crlfDelay: Number.POSITIVE_INFINITY });
  for await (const text of lines) {
    if (text.length > MAX_LINE_CHARS) continue;
    for (const line of readLine(agent, text)) {
      if ('malformed' in line) report.malformed++;
      else if ('turn' in line) await take(line.turn);
      else {
        if (!asked) session_id = line.session.id ?? session_id;
        cwd ??= line.session.cwd;
      }
    }
  }
  await send();
  if (any) report.sessions++;
}

export async function importTranscripts(context: Context): Promise<ExitCode> {
  const { args, machine, output } = context;
  const [agent, path, ...more] = args.words;
  if (!isTranscriptAgent(agent) || more.length > 0) throw usage('import takes an agent and at most one folder.');
  const since = args.text('since');
  const start = since === null ? Number.NEGATIVE_INFINITY : parseTime(since);
  if (start === null) throw usage('--since must be a time such as "2026-03-01".');
  const folder = path === undefined ? folderOf(context, agent) : isAbsolute(path) ? path : resolve(machine.cwd, path);
  let files: Found[];
  try {
    files = sessionsAt(folder).filter(({ changed }) => changed >= start);
  } catch (error) {
    throw usage(`${folder} cannot be read (${(error as { code?: string }).code ?? 'unknown reason'}).`);
  }
  const report: Report = { sessions: 0, recorded: 0, known: 0, learned: 0, duplicates: 0, malformed: 0 };
  const wishes: Wishes = { agent, dry_run: args.has('dry-run'), since: start };
  const total = files.reduce((sum, { bytes }) => sum + bytes, 0);
  const bar = progressOf(context, excerpt(`${agent} sessions`, 30), 'bytes');
  await context.withCall(async (call) => {
    let done = 0;
    try {
      for (const file of files) {
        await importSession(call, file, wishes, report);
        done += file.bytes;
        bar.update(done, total);
      }
    } finally {
      bar.end();
    }
  });
  if (output.json) output.data({ ...report, files: files.length, dry_run: wishes.dry_run });
  else {
    const verb = wishes.dry_run ? 'Would bring in' : 'Brought in';
    output.line(
      `${verb} ${report.recorded} turns of ${report.sessions} sessions, and ${report.learned} memories from them; ${report.known} turns were known, ${report.duplicates} memories said already, ${report.malformed} lines unreadable.`,
    );
    if (report.learned > 0 && !wishes.dry_run) output.remark('What was found waits in the inbox: engram inbox');
  }
  return EXIT.ok;
}
