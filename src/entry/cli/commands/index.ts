// Every command, in the order help lists them.
import type { Command } from '../command.ts';
import { audit } from './audit.ts';
import { backup } from './backup.ts';
import { bootstrap } from './bootstrap.ts';
import { compact } from './compact.ts';
import { config } from './config.ts';
import { context } from './context.ts';
import { remove } from './delete.ts';
import { doctor } from './doctor.ts';
import { decrypt, encrypt, rekey } from './encrypt.ts';
import { exportFile } from './export.ts';
import { importFiles } from './import.ts';
import { list } from './list.ts';
import { models } from './models.ts';
import { recall } from './recall.ts';
import { restore } from './restore.ts';
import { search } from './search.ts';
import { serve } from './serve.ts';
import { slots } from './slots.ts';
import { store } from './store.ts';
import { verify } from './verify.ts';
import { version } from './version.ts';

export const COMMANDS: readonly Command[] = [
  serve,
  bootstrap,
  store,
  search,
  context,
  recall,
  list,
  remove,
  models,
  config,
  compact,
  exportFile,
  importFiles,
  backup,
  restore,
  verify,
  audit,
  encrypt,
  decrypt,
  rekey,
  slots,
  doctor,
  version,
];
