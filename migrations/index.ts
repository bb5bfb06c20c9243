// Every schema step, in order. Steps already released are never edited.
import type { Migration } from '../src/platform/db/dialect.ts';
import { memories } from './0001_memories.ts';
import { postgresFullText } from './0002_postgres_full_text.ts';
import { vectorParts } from './0003_vector_parts.ts';
import { reviews } from './0004_reviews.ts';
import { scratchSessions } from './0005_scratch_sessions.ts';
import { conversations } from './0006_conversations.ts';
import { endings } from './0007_endings.ts';
import { fingerprints } from './0008_fingerprints.ts';

export const migrations: readonly Migration[] = [
  memories,
  postgresFullText,
  vectorParts,
  reviews,
  scratchSessions,
  conversations,
  endings,
  fingerprints,
];
