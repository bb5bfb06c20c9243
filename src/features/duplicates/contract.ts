// Memories that resemble each other: looking, and merging those that say the same.
import { z } from 'zod';
import { DIFFERENCES } from '../../algo/same-saying.ts';
import { endpoint } from '../../core/endpoint.ts';
import { Limit } from '../../core/shapes.ts';

const Threshold = z
  .number({ error: 'threshold must be a number between 0 and 1' })
  .min(0, 'threshold must be between 0 and 1')
  .max(1, 'threshold must be between 0 and 1');
const THRESHOLD = 'Similarity from which on a pair counts, 0 to 1';
const DEFAULT_THRESHOLD = 0.9;
/** Reading the index of 100,000 memories and comparing what it finds. */
const TIMEOUT_MS = 60_000;

const Similarity = z.number().meta({ description: '0 to 1; 1 when they say the same', example: 0.94 });
const Mergeable = z.boolean().meta({
  description: 'POST /deduplicate would merge them: they say the same, and are of one space, category, status and time',
});
const Twin = z.looseObject({ id: z.number().int(), content: z.string(), category: z.string() });

export const listDuplicates = endpoint({
  id: 'duplicates.list',
  method: 'GET',
  path: '/duplicates',
  access: 'read',
  summary: 'Memories that resemble each other, most alike first',
  description:
    'Pairs whose 64-bit fingerprints differ in at most three bits are always found, others by chance. `differs` says what keeps a pair apart: numbers, negation, code, symbols, question, words or order.',
  query: z.strictObject({
    threshold: z
      .preprocess((text) => (typeof text === 'string' && text.trim() !== '' ? Number(text) : text), Threshold)
      .default(DEFAULT_THRESHOLD)
      .meta({ description: THRESHOLD, override: { type: 'number', minimum: 0, maximum: 1, default: 0.9 } }),
    limit: Limit(50, 200),
  }),
  timeout_ms: TIMEOUT_MS,
  response: z.looseObject({
    threshold: z.number(),
    duplicates: z.array(
      z.looseObject({
        id_a: z.number().int().meta({ description: 'The older one' }),
        id_b: z.number().int(),
        content_a: z.string(),
        content_b: z.string(),
        similarity: Similarity,
        importance_a: z.number().int(),
        importance_b: z.number().int(),
        differs: z.array(z.enum(DIFFERENCES)).meta({ description: 'Empty when they say the same' }),
        mergeable: Mergeable,
      }),
    ),
    count: z.number().int().meta({ description: 'Pairs in this answer' }),
    clusters: z.array(
      z.looseObject({
        anchor: Twin.meta({ description: 'The oldest of them' }),
        duplicates: z.array(Twin.extend({ similarity: Similarity, mergeable: Mergeable })),
      }),
    ),
    total_clusters: z.number().int(),
    complete: z.boolean().meta({ description: 'false: there were too many alike to compare them all' }),
  }),
});

export const MAX_MERGE = 500;

export const mergeDuplicates = endpoint({
  id: 'duplicates.merge',
  method: 'POST',
  path: '/deduplicate',
  aliases: ['/admin/dedup'],
  access: 'write',
  summary: 'Merge memories that say the same',
  description:
    'Of each cluster the one said most often stays, of equals the oldest. The others become older versions of it; their tags, counts and links go over to it. Nothing is erased. Pairs that differ in a number, a negation, a name or any other word are left alone; GET /duplicates shows them. Without `dry_run: false` it only tells.',
  body: z.strictObject({
    threshold: Threshold.default(DEFAULT_THRESHOLD).meta({ description: THRESHOLD }),
    dry_run: z.boolean().default(true).meta({ description: 'true: tell what would be merged, change nothing' }),
    max_merge: z
      .number()
      .int()
      .min(1, 'max_merge must be 1 or more')
      .max(MAX_MERGE, `max_merge must be at most ${MAX_MERGE}`)
      .default(MAX_MERGE)
      .meta({ description: 'At most so many memories become older versions' }),
  }),
  body_optional: true,
  timeout_ms: TIMEOUT_MS,
  response: z.looseObject({
    dry_run: z.boolean(),
    threshold: z.number(),
    pairs_found: z.number().int().meta({ description: 'Pairs made of the same words' }),
    clusters_found: z.number().int().meta({ description: 'Groups that say the same' }),
    merged: z.number().int().meta({ description: 'Memories that became older versions, 0 in a dry run' }),
    total_archived: z.number().int().meta({ description: 'The same as merged' }),
    merges: z.array(
      z.looseObject({
        kept: z.number().int(),
        archived: z.array(z.number().int()).meta({ description: 'What became, or would become, older versions of it' }),
        similarity: Similarity,
      }),
    ),
    complete: z.boolean().meta({ description: 'false: more is left; ask again' }),
  }),
});
