// Nearest neighbours in LanceDB, for users with more vectors than memory should hold: a table per user and model.
// Writes are buffered and flushed before every search, so a search sees what was put. Cosine always, index or not.
import { createHash } from 'node:crypto';
import { Index, type Table } from '@lancedb/lancedb';
import type { Logger } from '../../core/log.ts';
import type { Candidate, ModelIdentity, VectorIndex, VectorRecord, VectorSource } from '../../core/ports.ts';
import { byScore } from './exact.ts';
import { type LanceStore, openLanceStore } from './lance-store.ts';
