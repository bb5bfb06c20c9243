// engram backup: a copy of everything, into the backup folder or to a file of one's own.
import { createHash } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { open, rename, rm, writeFile } from 'node:fs/promises';
import { isAbsolute, join, resolve } from 'node:path';
import { createBackup, downloadBackup, KEYS_HEADER } from '../../../features/backup/contract.ts';
import type { Command, Context } from '../command.ts';
import { CliError, EXIT, usage } from '../failure.ts';
import { bytes } from '../output.ts';
import type { ProgressBar } from '../progress-bar.ts';
import { progressOf } from './models-common.ts';

export const backup: Command = {
  name: 'backup',
  operands: '[file]',
  summary: 'Back everything up, while the server runs or not',
  role: 'client',
  flags: [{ name: 'force', help: 'Replace the file if it is there already' }],
  about: [
    'Without a file, the copy goes to the backup folder of the server (ENGRAM_BACKUP_DIR) and stays there until somebody removes it.',
    'With a file or a folder, it is fetched to this machine and checked on arrival. One SQLite file holds everything of every',
    'user, encrypted as the store is; "engram restore" takes it back, "engram verify" reads it through.',
    'The server makes one a day by itself; ENGRAM_BACKUP_* say how often and how many are kept.',
  ],
  examples: ['engram backup', 'engram backup /mnt/usb/', 'engram backup before-the-move.db'],
  sought_as: ['dump', 'snapshot', 'save', 'export-db'],
  async run(context) {
    const { args, output } = context;
    const [word, ...more] = args.words;
    if (more.length > 0) throw usage('backup takes one file or folder, or nothing.');
    if (word === undefined) {
      if (args.has('force')) throw usage('--force goes with a file.');
      const made = await context.withCall((call) => call(createBackup));
      if (output.json) output.data(made);
      else output.line(`Backed up ${count(made.memory_count)}, ${bytes(made.size_bytes)}, to ${made.path}`);
      return EXIT.ok;
    }
    const fetched = await fetchTo(context, isAbsolute(word) ? word : resolve(context.machine.cwd, word));
    if (output.json) output.data(fetched);
    else output.line(`Backed up everything, ${bytes(fetched.size_bytes)}, to ${fetched.path}`);
    return EXIT.ok;
  },
};

const count = (memories: number | null): string => (memories === 1 ? '1 memory' : `${memories ?? '?'} memories`);

/** @returns the file, and for a folder the name the server gives */
function targetOf(given: string, answer: Response): string {
  const isFolder = given.endsWith('/') || statSync(given, { throwIfNoEntry: false })?.isDirectory() === true;
  if (!isFolder) return given;
  const name = /filename="([\w.-]+)"/.exec(answer.headers.get('content-disposition') ?? '')?.[1];
  return join(given, name ?? 'engram-backup.db');
}

const refuseExisting = ({ args }: Context, path: string): void => {
  if (existsSync(path) && !statSync(path).isDirectory() && !args.has('force'))
    throw usage(`${path} is there already. Choose another name, or replace it with --force.`);
};

async function fetchTo(context: Context, given: string) {
  refuseExisting(context, given);
  const bar = progressOf(context, 'backup', 'bytes');
  try {
    return await context.withCall(async (_call, open) => {
      const answer = await open(downloadBackup);
      const path = targetOf(given, answer);
      refuseExisting(context, path);
      return await receive(answer, path, bar);
    });
  } finally {
    bar.end();
  }
}

const broken = (why: string, cause?: unknown): CliError =>
  new CliError(EXIT.failed, 'backup_incomplete', `No backup was made: ${why}`, { cause });

/** The file has its name only when every byte of it is there and on the disk. */
async function receive(answer: Response, path: string, bar: ProgressBar) {
  const expected = Number(answer.headers.get('content-length') ?? 0);
  const digest = /sha-256=:([^:]+):/.exec(answer.headers.get('repr-digest') ?? '')?.[1];
  const keys = answer.headers.get(KEYS_HEADER);
  const part = `${path}.part`;
  const hash = createHash('sha256');
  let size = 0;
  try {
    const file = await open(part, 'w', 0o600);
    try {
      for await (const chunk of answer.body!) {
        hash.update(chunk);
        for (let at = 0; at < chunk.byteLength; ) at += (await file.write(chunk, at)).bytesWritten;
        bar.update((size += chunk.byteLength), Math.max(expected, size));
      }
      await file.sync();
    } finally {
      await file.close();
    }
    const found = hash.digest();
    if (digest !== undefined && found.toString('base64') !== digest)
      throw broken(`what arrived is not what was sent (${size} of ${expected} bytes). Try again.`);
    if (keys !== null) await writeFile(`${path}.keys`, Buffer.from(keys, 'base64'), { mode: 0o600, flush: true });
    await rename(part, path);
    return { path, size_bytes: size, sha256: found.toString('hex') };
  } catch (error) {
    await rm(part, { force: true }).catch(() => {});
    if (error instanceof CliError) throw error;
    const { code, message } = error as { code?: string; message: string };
    if (code === 'ENOSPC') throw broken(`the disk with ${path} is full.`, error);
    if (code === 'ENOENT') throw broken(`there is no folder for ${path}.`, error);
    if (/^(EACCES|EPERM|EROFS)$/.test(code ?? '')) throw broken(`${path} cannot be written (${code}).`, error);
    throw broken(`the connection broke off after ${bytes(size)} (${message}).`, error);
  }
}
