// Every command, in the groups and the order in which help lists them.
import type { Command } from '../command.ts';
import { add } from './add.ts';
import { archive, unarchive } from './archive.ts';
import { audit } from './audit.ts';
import { backup } from './backup.ts';
import { bootstrap } from './bootstrap.ts';
import { compact } from './compact.ts';
import { completions } from './completions.ts';
import { config } from './config.ts';
import { context } from './context.ts';
import { remove } from './delete.ts';
import { doctor } from './doctor.ts';
import { decrypt, encrypt, rekey } from './encrypt.ts';
import { entities } from './entities.ts';
import { episodes } from './episodes.ts';
import { why } from './explain.ts';
import { exportFile } from './export.ts';
import { facts } from './facts.ts';
import { feedback } from './feedback.ts';
import { forget, restoreOne, trash } from './forget.ts';
import { graph } from './graph.ts';
import { guard } from './guard.ts';
import { hook } from './hook.ts';
import { hooks } from './hooks.ts';
import { importFiles } from './import.ts';
import { inbox } from './inbox.ts';
import { ingest } from './ingest.ts';
import { jobs } from './jobs.ts';
import { keys } from './keys.ts';
import { links } from './links.ts';
import { list } from './list.ts';
import { mcp } from './mcp.ts';
import { models } from './models.ts';
import { recall } from './recall.ts';
import { recallDue } from './recall-due.ts';
import { restore } from './restore.ts';
import { search } from './search.ts';
import { serve } from './serve.ts';
import { service } from './service.ts';
import { slots } from './slots.ts';
import { spaces } from './spaces.ts';
import { health, stats } from './stats.ts';
import { store } from './store.ts';
import { sync } from './sync.ts';
import { tags } from './tags.ts';
import { update } from './update.ts';
import { users } from './users.ts';
import { verify } from './verify.ts';
import { version } from './version.ts';
import { versions } from './versions.ts';

export interface CommandGroup {
  readonly title: string;
  readonly commands: readonly Command[];
}

export const GROUPS: readonly CommandGroup[] = [
  {
    title: 'Memory',
    commands: [
      store,
      search,
      context,
      recall,
      list,
      update,
      forget,
      restoreOne,
      trash,
      archive,
      unarchive,
      remove,
      tags,
      inbox,
      feedback,
      guard,
    ],
  },
  {
    title: 'Knowledge',
    commands: [why, recallDue, versions, links, graph, facts, entities, episodes, add, ingest, stats],
  },
  { title: 'People and keys', commands: [bootstrap, keys, users, spaces] },
  {
    title: 'Data',
    commands: [exportFile, importFiles, sync, backup, restore, verify, compact, encrypt, decrypt, rekey, slots, audit],
  },
  {
    title: 'Server',
    commands: [
      serve,
      mcp,
      service,
      health,
      doctor,
      jobs,
      hooks,
      hook,
      config,
      models,
      completions(() => COMMANDS),
      version,
    ],
  },
];

export const COMMANDS: readonly Command[] = GROUPS.flatMap(({ commands }) => commands);
