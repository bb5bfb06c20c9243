// Every schema step, in order. Steps already released are never edited.
import type { Migration } from '../src/platform/db/dialect.ts';
import { memories } from './0001_memories.ts';

export const migrations: readonly Migration[] = [memories];
