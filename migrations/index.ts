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
import { understanding } from './0009_understanding.ts';
import { graph } from './0010_graph.ts';
import { entities } from './0011_entities.ts';
import { facts } from './0012_facts.ts';
import { contradictions } from './0013_contradictions.ts';
import { personality } from './0014_personality.ts';
import { causes } from './0015_causes.ts';
import { gate } from './0016_gate.ts';
import { llmUsage } from './0017_llm_usage.ts';
import { thinking } from './0018_thinking.ts';
import { audit } from './0019_audit.ts';
import { tenancy } from './0020_tenancy.ts';
import { provenance } from './0021_provenance.ts';
import { transfer } from './0022_transfer.ts';
import { webhooks } from './0023_webhooks.ts';
import { consolidatedSources } from './0024_consolidated_sources.ts';
import { rowGuards } from './0026_row_guards.ts';
import { oauth } from './0027_oauth.ts';
import { memoryFiles } from './0028_memory_files.ts';

export const migrations: readonly Migration[] = [
  memories,
  postgresFullText,
  vectorParts,
  reviews,
  scratchSessions,
  conversations,
  endings,
  fingerprints,
  understanding,
  graph,
  entities,
  facts,
  contradictions,
  personality,
  causes,
  gate,
  llmUsage,
  thinking,
  audit,
  tenancy,
  provenance,
  transfer,
  webhooks,
  consolidatedSources,
  rowGuards,
  oauth,
  memoryFiles,
];
