// engram restore: puts a backup in the place of the store.
import { isAbsolute, resolve } from 'node:path';
import type { Command } from '../command.ts';
import { EXIT, usage } from '../failure.ts';
import { progressOf } from './models-common.ts';

export const restore: Command = {
  name: 'restore',
  operands: '<file>',
  summary: 'Put a backup in the place of the store; the server must be stopped',
  role: 'server',
  about: [
    'Reads the backup through first: damage, another key, or a schema newer than this program are refused, and nothing changes.',
    'The store that was there is kept beside the new one as <store>.before-restore-<time>, until you remove it.',
    'Cut off at any moment, the store is the old or the new one as a whole; run it again then.',
    'Keys that were revoked after the backup was made are valid again afterwards.',
  ],
  examples: [
    'engram restore data/backups/engram-20260302-120000-daily.db',
    'engram restore --data-dir ~/engram backup.db',
  ],
  sought_as: ['recover', 'rollback', 'revert'],
  async run(context) {
    const { args, machine, output } = context;
    const [word, ...more] = args.words;
    if (word === undefined || more.length > 0)
      throw usage('restore takes one backup, for example: engram restore data/backups/engram-20260302-120000-daily.db');
    const config = context.settings();
    const backups = await machine.backups();
    const bar = progressOf(context, 'restore', 'bytes');
    const from = isAbsolute(word) ? word : resolve(machine.cwd, word);
    const { inspected, aside } = await backups
      .restore(config, from, (done, total) => bar.update(done, total))
      .finally(() => bar.end());
    const { rows, manifest, schema_version, newest_schema } = inspected;
    const memories = rows.memories ?? 0;
    if (output.json) {
      output.data({
        restored: config.db_path,
        from,
        aside,
        memory_count: memories,
        schema_version,
        created_at: manifest?.created_at ?? null,
      });
      return EXIT.ok;
    }
    const made = manifest ? ` of ${manifest.created_at} UTC` : '';
    output.line(`Restored ${memories} ${memories === 1 ? 'memory' : 'memories'}${made} to ${config.db_path}`);
    if (aside !== null)
      output.remark(`The store that was there is now ${aside}; remove it when you no longer need it.`);
    if (schema_version < newest_schema) output.remark('The next start brings it to the schema of this program.');
    return EXIT.ok;
  },
};
