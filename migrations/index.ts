// Every schema step, in order. Steps already released are never edited.
import type { Migration } from '../src/platform/db/dialect.ts';
import { memories } from './0001_memories.ts';
import { postgresFullText } from './0002_postgres_full_text.ts';
import { vectorParts } from './0003_vector_parts.ts';

export const migrations: readonly Migration[] = [memories, postgresFullText, vectorParts];
