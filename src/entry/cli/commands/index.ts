// Every command, in the order help lists them.
import type { Command } from '../command.ts';
import { bootstrap } from './bootstrap.ts';
import { compact } from './compact.ts';
import { config } from './config.ts';
import { context } from './context.ts';
import { remove } from './delete.ts';
import { doctor } from './doctor.ts';
import { list } from './list.ts';
import { models } from './models.ts';
import { recall } from './recall.ts';
import { search } from './search.ts';
import { serve } from './serve.ts';
import { store } from './store.ts';
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
  doctor,
  version,
];
