// engram sync: carries what changed from one server to another, either way.
import { readFileSync, writeFileSync } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';
import { z } from 'zod';
import { getMyStats } from '../../../features/profile/contract.ts';
import { changes, receive } from '../../../features/sync/contract.ts';
import { withActions } from '../actions.ts';
import { type Flag, SPACE } from '../args.ts';
import type { Call } from '../client.ts';
import { type Context, readStdin } from '../command.ts';
import { connect } from '../connect.ts';
import { CliError, EXIT, type ExitCode, usage } from '../failure.ts';
import type { ProgressBar } from '../progress-bar.ts';
import { count } from './common.ts';
import { progressOf } from './models-common.ts';

/** Changes that go together: a thousand long memories would be more than a server takes at once. */
const BATCH = 200;

interface Outcome {
  changes: number;
  created: number;
  updated: number;
  deleted: number;
  skipped: number;
  failed: number;
  errors: { sync_id: string; reason: string }[];
  /** Where the next time may begin. */
  cursor: string;
}

/** Everything that `from` knows and `to` does not. A cursor is handed back only when all before it has arrived. */
async function carry(from: Call, to: Call, cursor: string | null, bar: ProgressBar): Promise<Outcome> {
  const { memories } = await from(getMyStats);
  const outcome: Outcome = {
    changes: 0,
    created: 0,
    updated: 0,
    deleted: 0,
    skipped: 0,
    failed: 0,
    errors: [],
    cursor: cursor ?? '',
  };
  let next = cursor;
  try {
    for (;;) {
      const page = await from(changes, { query: { limit: BATCH, ...(next !== null && { cursor: next }) } });
      await deliver(to, page.changes, outcome);
      outcome.changes += page.changes.length;
      outcome.cursor = next = page.next;
      bar.update(outcome.changes, Math.max(outcome.changes, memories));
      if (!page.more) return outcome;
    }
  } finally {
    bar.end();
  }
}

type Change = z.output<typeof changes.response>['changes'][number];

async function deliver(to: Call, list: readonly Change[], outcome: Outcome): Promise<void> {
  if (list.length === 0) return;
  try {
    const done = await to(receive, { body: { changes: [...list] } });
    for (const kind of ['created', 'updated', 'deleted', 'skipped', 'failed'] as const) outcome[kind] += done[kind];
    outcome.errors.push(...done.errors);
  } catch (error) {
    if (!(error instanceof CliError) || error.code !== 'body_too_large' || list.length === 1) throw error;
    const half = list.length >> 1;
    await deliver(to, list.slice(0, half), outcome);
    await deliver(to, list.slice(half), outcome);
  }
}

const State = z.record(z.string(), z.string());

/** Where a direction had come to, by `push http://…` or `pull http://…`. */
function openState({ machine, args }: Context) {
  const word = args.text('state');
  if (word === null) return { get: () => null, set: () => {} };
  const path = isAbsolute(word) ? word : resolve(machine.cwd, word);
  const text = machine.readFile(path);
  const known = text === null ? { success: true as const, data: {} } : State.safeParse(json(text));
  if (!known.success)
    throw usage(`${path} is not a file that "engram sync --state" wrote. Name another, or remove it.`);
  return {
    get: (key: string): string | null => known.data[key] ?? null,
    set: (key: string, cursor: string) =>
      writeFileSync(path, `${JSON.stringify({ ...known.data, [key]: cursor }, null, 2)}\n`, { mode: 0o600 }),
  };
}

const json = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

async function peerKey(context: Context): Promise<string | null> {
  const file = context.args.text('peer-key-file');
  if (file === null) return null;
  const path = isAbsolute(file) ? file : resolve(context.machine.cwd, file);
  if (file === '-') return (await readStdin(context)).trim();
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    throw usage(`The key in ${path} cannot be read (${(error as { code?: string }).code ?? 'unknown reason'}).`);
  }
}

async function synchronise(context: Context, direction: 'push' | 'pull'): Promise<ExitCode> {
  const { args, output } = context;
  const [url, ...more] = args.words;
  if (url === undefined || more.length > 0 || !/^https?:\/\/./i.test(url) || !URL.canParse(url))
    throw usage(
      `sync ${direction} takes the address of the other server: engram sync ${direction} http://192.168.1.5:4200`,
    );
  const base = new URL(url).href.replace(/\/+$/, '');
  const key = await peerKey(context);
  const state = openState(context);
  const remembered = `${direction} ${base}`;
  const never = () => Promise.reject(new Error('the other server is not on this disk'));
  const peer = connect({ base, key, space: null, chosen: true, openLocal: never, isLocked: () => false });
  const outcome = await context.withCall((here) => {
    const [from, to] = direction === 'push' ? [here, peer.call] : [peer.call, here];
    return carry(from, to, state.get(remembered), progressOf(context, direction, 'memories'));
  });
  // What could not be taken over comes again next time.
  if (outcome.failed === 0) state.set(remembered, outcome.cursor);
  const { created, updated, deleted, skipped, failed, errors } = outcome;
  if (output.json) output.data({ direction, peer: base, ...outcome });
  else {
    const done = direction === 'push' ? `Sent to ${base}` : `Fetched from ${base}`;
    output.line(`${done}: ${created} new, ${updated} changed, ${deleted} erased, ${skipped} known already`);
    for (const { sync_id, reason } of errors) output.line(`  ${sync_id}: ${output.safe(reason)}`);
  }
  if (failed > 0)
    throw new CliError(EXIT.failed, 'sync_incomplete', `${count(failed, 'change')} could not be taken over.`);
  return EXIT.ok;
}

const FLAGS: readonly Flag[] = [
  { name: 'peer-key-file', value: 'file', help: 'File with the key for the other server; - reads standard input' },
  { name: 'state', value: 'file', help: 'Remember in this file how far it came, and go on from there the next time' },
  SPACE,
];

export const sync = withActions({
  name: 'sync',
  summary: 'Carry what changed to another server, or from it',
  role: 'client',
  starts_store: true,
  about: [
    'Memories with every version, and what was erased; of two changes to one memory the later wins. Run it as often as you',
    'like: the same changes again change nothing. Links, episodes and conversations stay where they are.',
  ],
  sought_as: ['synchronize', 'synchronise', 'replicate', 'mirror', 'push', 'pull'],
  actions: [
    {
      name: 'push',
      operands: '<url>',
      summary: 'From here to the other server',
      flags: FLAGS,
      examples: ['engram sync push http://192.168.1.5:4200 --peer-key-file other.key --state sync.json'],
      run: (context) => synchronise(context, 'push'),
    },
    {
      name: 'pull',
      operands: '<url>',
      summary: 'From the other server to here',
      flags: FLAGS,
      examples: ['engram sync pull http://192.168.1.5:4200 --peer-key-file other.key --state sync.json'],
      run: (context) => synchronise(context, 'pull'),
    },
  ],
});
