// engram verify: reads a backup or the store through, and tries a restore out.
import { isAbsolute, resolve } from 'node:path';
import { type Config, changed } from '../../../config.ts';
import type { Inspected, Sample } from '../../../core/backup.ts';
import { listMemories } from '../../../features/memory/contract.ts';
import { search } from '../../../features/search/contract.ts';
import { buildRequest, readAnswer } from '../client.ts';
import type { Command, Context } from '../command.ts';
import { CliError, EXIT, type ExitCode, usage } from '../failure.ts';
import { bytes } from '../output.ts';
import { progressOf } from './models-common.ts';

export const verify: Command = {
  name: 'verify',
  operands: '[file]',
  summary: 'Read a backup, or the store, through and say whether it is sound',
  role: 'server',
  flags: [
    {
      name: 'drill',
      help: 'Restore the newest backup, or the one given, to a folder of its own, open it and search in it',
    },
  ],
  about: [
    'Checks every page and index, counts the rows, and looks a random memory up by its words and by its vector.',
    'Changes nothing; a server may go on meanwhile. Exits with 1 when something is wrong.',
    '--drill shows that a restore would work, from the file to an answer: the only proof of a backup there is.',
  ],
  examples: ['engram verify', 'engram verify /mnt/usb/engram-backup-20260302-120000.db', 'engram verify --drill'],
  sought_as: ['check-backup', 'integrity', 'fsck', 'drill'],
  async run(context) {
    const { args, machine } = context;
    const [word, ...more] = args.words;
    if (more.length > 0) throw usage('verify takes one file, or nothing for the store itself.');
    const file = word === undefined ? null : isAbsolute(word) ? word : resolve(machine.cwd, word);
    const config = context.settings();
    return args.has('drill') ? drill(context, config, file) : inspect(context, config, file);
  },
};

const SAID: Readonly<Record<Sample['outcome'], string>> = {
  found: 'found',
  missed: 'NOT found',
  skipped: 'none to look for',
};

async function inspect({ machine, output }: Context, config: Config, file: string | null): Promise<ExitCode> {
  const backups = await machine.backups();
  const found: Inspected = await backups.inspect(config, file);
  const { problems, rows, samples, schema_version, newest_schema, size_bytes, manifest } = found;
  const missing = manifest === null || file === null ? [] : missingRows(manifest.rows, rows);
  const wrong = [...problems, ...missing];
  const ok = wrong.length === 0 && samples.every(({ outcome }) => outcome !== 'missed');
  const path = file ?? config.db_path;
  if (output.json) {
    output.data({ ok, path, problems: wrong, schema_version, size_bytes, rows, samples, manifest });
    return ok ? EXIT.ok : EXIT.failed;
  }
  const total = Object.values(rows).reduce((sum, n) => sum + n, 0);
  const lines = [
    `${path}, ${bytes(size_bytes)}`,
    ...(manifest && file ? [`made ${manifest.created_at} UTC by Engram ${manifest.program}`] : []),
    `schema    ${schema_version}${schema_version < newest_schema ? `, this program has ${newest_schema}` : ''}`,
    `rows      ${total} in ${Object.keys(rows).length} tables, ${rows.memories ?? 0} memories`,
    ...samples.map(({ by, outcome, memory_id }) => {
      const which = memory_id === null ? '' : ` (memory ${memory_id})`;
      return `by ${by.padEnd(7)}${SAID[outcome]}${which}`;
    }),
    ...wrong.map((problem) => `WRONG     ${problem}`),
    ok ? 'Sound.' : 'NOT sound.',
  ];
  for (const line of lines) ok ? output.remark(line) : output.line(line);
  return ok ? EXIT.ok : EXIT.failed;
}

/** A backup says how many rows it was made with; one of them went to say so. */
function missingRows(then: Readonly<Record<string, number>>, now: Readonly<Record<string, number>>): string[] {
  return Object.entries(then).flatMap(([table, n]) =>
    (now[table] ?? 0) >= n ? [] : [`${table} has ${now[table] ?? 0} of the ${n} rows it was made with`],
  );
}

const failed = (why: string): CliError => new CliError(EXIT.failed, 'drill_failed', `The drill failed: ${why}`);

async function drill(context: Context, config: Config, given: string | null): Promise<ExitCode> {
  const { machine, output } = context;
  const backups = await machine.backups();
  const file = given ?? (await backups.list(config))[0]?.path;
  if (file === undefined) throw failed(`there is no backup in ${config.backup.dir} yet. "engram backup" makes one.`);
  const bar = progressOf(context, 'drill', 'bytes');
  const tried = await backups
    .tryOut(
      config,
      file,
      (own) => searchIn(context, changed(config, own)),
      (done, total) => bar.update(done, total),
    )
    .finally(() => bar.end());
  if (output.json) output.data({ ok: true, path: file, ...tried });
  else
    output.line(
      tried.memory_id === null
        ? `OK: ${file} was restored and opened; the first user has no memory to look for.`
        : `OK: ${file} was restored and opened, and a search found memory ${tried.memory_id} by its own words.`,
    );
  return EXIT.ok;
}

const MANY = 1_000;
const WORDS = 8;

/** Opens the restored store as a server does, and asks it as a client would. */
async function searchIn({ machine }: Context, config: Config): Promise<{ memory_id: number | null }> {
  const app = await machine.openApp(config);
  try {
    const ask = async (request: Request) => readAnswer(await app.localCall(request), 'the restored store', null);
    const base = 'http://drill.invalid';
    const { results } = (await ask(buildRequest(base, null, listMemories, { query: { limit: MANY } }))) as {
      results: { id: number; content: string }[];
    };
    // The longest of the newest says most about itself.
    const [one] = results.toSorted((a, b) => b.content.length - a.content.length);
    if (!one) return { memory_id: null };
    const query = one.content.split(/\s+/).slice(0, WORDS).join(' ').slice(0, 500);
    const body = { query, limit: 50 };
    const found = (await ask(buildRequest(base, null, search, { body }))) as { results: { id: number }[] };
    if (!found.results.some(({ id }) => id === one.id))
      throw failed(`the restored store does not find memory ${one.id} by its own words.`);
    return { memory_id: one.id };
  } finally {
    await app.close();
  }
}
