// engram export: everything you have stored, to a file or to standard output.
import { existsSync } from 'node:fs';
import { open as openFile, rename, rm } from 'node:fs/promises';
import { isAbsolute, resolve } from 'node:path';
import { ExportFormat, exportAll } from '../../../features/transfer/contract.ts';
import type { Command, Context } from '../command.ts';
import { EXIT, usage } from '../failure.ts';
import { bytes } from '../output.ts';
import { pipe } from '../pipe.ts';

const OWNER_ONLY = 0o600;

/** Whole or not at all: it is written beside the file and takes its name at the end. */
async function receive(answer: Response, path: string): Promise<number> {
  const part = `${path}.part`;
  const file = await openFile(part, 'w', OWNER_ONLY);
  let size = 0;
  try {
    for await (const piece of (answer.body ?? []) as AsyncIterable<Uint8Array>) {
      await file.writeFile(piece);
      size += piece.length;
    }
    await file.sync();
    await file.close();
    await rename(part, path);
    return size;
  } catch (error) {
    await file.close().catch(() => {});
    await rm(part, { force: true });
    throw error;
  }
}

function formatOf({ args }: Context): ExportFormat {
  const given = args.text('format') ?? 'jsonl';
  const format = ExportFormat.safeParse(given);
  if (format.success) return format.data;
  throw usage(`--format must be jsonl, json or markdown, not "${given.slice(0, 80)}".`);
}

export const exportFile: Command = {
  name: 'export',
  summary: 'Write out everything you have stored',
  operands: '[file]',
  role: 'client',
  flags: [
    { name: 'format', short: 'f', value: 'name', help: 'jsonl (default), json, or markdown: a ZIP archive of files' },
    { name: 'out', short: 'o', value: 'file', help: 'The same as naming the file' },
    { name: 'vectors', help: 'With vectors and the model that made them; jsonl only' },
    { name: 'force', help: 'Replace the file if it is there already' },
  ],
  about: ['Without a file, to standard output. The file is readable for you alone; "engram import" reads it again.'],
  examples: [
    'engram export memories.jsonl',
    'engram export --format markdown notes.zip',
    'engram export | gzip > all.gz',
  ],
  sought_as: ['dump-memories', 'download', 'takeout'],
  async run(context) {
    const { args, output, machine } = context;
    const [word, ...more] = [...args.words, ...(args.text('out') === null ? [] : [args.text('out')!])];
    if (more.length > 0) throw usage('export takes one file.');
    const format = formatOf(context);
    const query = { format, vectors: args.has('vectors') };
    if (word === undefined || word === '-') {
      if (format === 'markdown') throw usage('An archive goes to a file: engram export --format markdown notes.zip');
      await context.withCall(async (_call, open) => pipe(await open(exportAll, { query }), machine.out));
      return EXIT.ok;
    }
    const path = isAbsolute(word) ? word : resolve(machine.cwd, word);
    if (existsSync(path) && !args.has('force'))
      throw usage(`${path} is there already. Choose another name, or replace it with --force.`);
    const size_bytes = await context.withCall(async (_call, open) => receive(await open(exportAll, { query }), path));
    if (output.json) output.data({ path, size_bytes, format });
    else output.line(`Exported everything, ${bytes(size_bytes)}, to ${path}`);
    return EXIT.ok;
  },
};
