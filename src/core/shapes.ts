// Shapes on the wire that several features share. Browser-safe: nothing here but zod.
import { z } from 'zod';
import { textProblem } from './text-problem.ts';

export const TimeText = z.string().meta({ description: 'UTC, `YYYY-MM-DD HH:MM:SS`', example: '2026-03-01 09:30:00' });

export const Id = z.coerce
  .number({ error: 'must be a whole number' })
  .int('must be a whole number')
  .positive('must be 1 or more')
  .max(Number.MAX_SAFE_INTEGER);
export const IdParams = z.strictObject({ id: Id });

/** Text that every store and transport can hold: no NUL, no lone surrogate. */
export const Text = z.string().check((ctx) => {
  const problem = textProblem(ctx.value);
  if (problem === null) return;
  const message =
    problem === 'nul' ? 'must not contain the NUL character' : 'contains half of a surrogate pair; send valid Unicode';
  ctx.issues.push({ code: 'custom', message, input: ctx.value });
});

/** Query-string booleans: `true`, `false`, `1`, `0`. */
export const Flag = z.union([
  z.boolean(),
  z.enum(['true', 'false', '1', '0'], { error: 'must be true or false' }).transform((v) => v === 'true' || v === '1'),
]);

const number = (name: string) => z.coerce.number({ error: `${name} must be a whole number` }).int(`${name} must be a whole number`);

/** Page size: at least 1; a larger wish than `max` gets `max`, as existing clients rely on. */
export const Limit = (fallback: number, max: number) =>
  number('limit')
    .min(1, 'limit must be 1 or more')
    .transform((n) => Math.min(n, max))
    .default(fallback)
    .meta({ description: `Page size; more than ${max} is read as ${max}` });
export const Offset = number('offset').min(0, 'offset must be 0 or more').max(1_000_000, 'offset must be at most 1,000,000').default(0);

export const Tags = z
  .union([z.array(Text), Text.transform((list) => list.split(','))])
  .transform((tags) => [...new Set(tags.map((tag) => tag.trim().toLowerCase()).filter((tag) => tag !== ''))])
  .pipe(z.array(z.string().max(200, 'a tag has at most 200 characters')).max(100, 'at most 100 tags'))
  .meta({ description: 'Labels; trimmed, lower-cased, repeats dropped. A comma-separated string works too.' });

/** Whole number 1-10; a fraction between 0 and 1 is scaled, so `0.9` means 9. Out of range is pulled to the nearest end. */
export const Importance = z
  .number({ error: 'importance must be a number: 1 to 10, or a fraction between 0 and 1' })
  .transform((n) => Math.max(1, Math.min(10, Math.round(n > 0 && n < 1 ? n * 10 : n))))
  .meta({ description: '1 (trivial) to 10 (vital); fractions between 0 and 1 are scaled', example: 7 });

export const Memory = z
  .looseObject({
    id: z.number().int(),
    content: z.string(),
    category: z.string(),
    source: z.string(),
    session_id: z.string().nullable(),
    importance: z.number().int(),
    version: z.number().int(),
    is_latest: z.boolean(),
    parent_memory_id: z.number().int().nullable(),
    root_memory_id: z.number().int().nullable(),
    source_count: z.number().int(),
    is_static: z.boolean(),
    is_forgotten: z.boolean(),
    is_archived: z.boolean(),
    is_fact: z.boolean(),
    is_decomposed: z.boolean(),
    forget_after: TimeText.nullable(),
    forget_reason: z.string().nullable(),
    model: z.string().nullable(),
    recall_hits: z.number().int(),
    recall_misses: z.number().int(),
    adaptive_score: z.number().nullable(),
    pagerank_score: z.number().nullable(),
    last_accessed_at: TimeText.nullable(),
    access_count: z.number().int(),
    tags: z.array(z.string()),
    episode_id: z.number().int().nullable(),
    decay_score: z.number().meta({ description: 'importance x retrievability now' }),
    confidence: z.number(),
    sync_id: z.string(),
    status: z.string(),
    user_id: z.number().int(),
    space_id: z.number().int().nullable(),
    occurred_at: TimeText.nullable().meta({ description: 'When it happened, if the caller said so' }),
    created_at: TimeText,
    updated_at: TimeText,
  })
  .meta({ id: 'Memory' });
export type Memory = z.infer<typeof Memory>;

export const LinkedMemory = z
  .looseObject({ id: z.number().int(), content: z.string(), category: z.string(), similarity: z.number(), type: z.string() })
  .meta({ id: 'LinkedMemory' });
export const VersionEntry = z
  .looseObject({ id: z.number().int(), content: z.string(), version: z.number().int(), is_latest: z.boolean(), created_at: TimeText })
  .meta({ id: 'VersionEntry' });
