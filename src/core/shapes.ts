// Shapes on the wire that several features share. Browser-safe: nothing here but zod.
import { z } from 'zod';
import { textProblem } from './text-problem.ts';

export const TimeText = z.string().meta({ description: 'UTC, `YYYY-MM-DD HH:MM:SS`', example: '2026-03-01 09:30:00' });

/** Paths and query strings only know text; there digits are a number. Nothing else is taken for one: not `true`, not `[1]`. */
const digits = (value: unknown): unknown =>
  typeof value === 'string' && /^-?\d{1,16}$/.test(value) ? Number(value) : value;
const whole = (name: string, check: (n: z.ZodNumber) => z.ZodType<number>) =>
  z.preprocess(
    digits,
    check(z.number({ error: `${name}must be a whole number` }).int(`${name}must be a whole number`)),
  );

export const Id = whole('', (n) => n.positive('must be 1 or more').max(Number.MAX_SAFE_INTEGER)).meta({
  override: { type: 'integer', minimum: 1 },
});
export const IdParams = z.strictObject({
  id: Id.meta({ description: 'The id, as other answers give it', example: 1 }),
});

/** Text that every store and transport can hold: no NUL, no lone surrogate. */
export const Text = z.string().check((ctx) => {
  const problem = textProblem(ctx.value);
  if (problem === null) return;
  const message =
    problem === 'nul' ? 'must not contain the NUL character' : 'contains half of a surrogate pair; send valid Unicode';
  ctx.issues.push({ code: 'custom', message, input: ctx.value });
});

/** Query-string booleans: `true`, `false`, `1`, `0`. */
export const Flag = z.union(
  [z.boolean(), z.enum(['true', 'false', '1', '0']).transform((v) => v === 'true' || v === '1')],
  { error: 'must be true or false' },
);

/** Page size: at least 1; a larger wish than `max` gets `max`, as existing clients rely on. */
export const Limit = (fallback: number, max: number) =>
  whole('limit ', (n) => n.min(1, 'limit must be 1 or more'))
    .transform((n) => Math.min(n, max))
    .default(fallback)
    .meta({
      description: `Page size; more than ${max} is read as ${max}`,
      override: { type: 'integer', minimum: 1, default: fallback },
    });
export const Offset = whole('offset ', (n) =>
  n.min(0, 'offset must be 0 or more').max(1_000_000, 'offset must be at most 1,000,000'),
)
  .default(0)
  .meta({ description: 'How many to skip', override: { type: 'integer', minimum: 0, maximum: 1_000_000, default: 0 } });

export const Tags = z
  .union([z.array(Text), Text.transform((list) => list.split(','))], { error: 'must be a list of strings' })
  .transform((tags) => [...new Set(tags.map((tag) => tag.trim().toLowerCase()).filter((tag) => tag !== ''))])
  .pipe(z.array(z.string().max(200, 'a tag has at most 200 characters')).max(100, 'at most 100 tags'))
  .meta({ description: 'Labels; trimmed, lower-cased, repeats dropped. A comma-separated string works too.' });

/** Whole number 1-10; a fraction between 0 and 1 is scaled, so `0.9` means 9. Out of range is pulled to the nearest end. */
export const Importance = z
  .number({ error: 'importance must be a number: 1 to 10, or a fraction between 0 and 1' })
  .transform((n) => Math.max(1, Math.min(10, Math.round(n > 0 && n < 1 ? n * 10 : n))))
  .meta({ description: '1 (trivial) to 10 (vital); fractions between 0 and 1 are scaled', example: 7 });

export const ORIGINS = ['user', 'assistant', 'tool', 'web', 'document', 'unknown'] as const;
export const TRUST_TIERS = ['untrusted', 'normal', 'trusted'] as const;
/** Of a search: nothing that is trusted less. */
export const MinTrust = z
  .enum(TRUST_TIERS)
  .nullish()
  .meta({ description: 'Leave out what is trusted less: pages of the web and output of tools are untrusted' });

/** What was seen in a text as it was stored. */
export const Screened = {
  redacted: z.array(z.looseObject({ kind: z.string(), count: z.number().int() })).meta({
    description: 'Secrets that were taken out of the text, by kind',
    example: [{ kind: 'github-token', count: 1 }],
  }),
  trust: z.string().meta({ description: 'trusted, normal or untrusted', example: 'normal' }),
  flagged: z.boolean().meta({ description: 'The text looks like orders to an agent', example: false }),
  quarantined: z.boolean().meta({ description: 'It waits in the inbox because of that', example: false }),
  reasons: z.array(z.string()).meta({ description: 'Why it looks like that' }),
};

export const Memory = z
  .looseObject({
    id: z.number().int().meta({ description: 'Id of this version of the memory' }),
    content: z
      .string()
      .meta({ description: 'What is remembered', example: 'Production DB is PostgreSQL 16 on db.example.com:5432' }),
    category: z.string().meta({
      description: 'Such as general, task, decision, discovery, issue, state or reference; any text is accepted',
      example: 'reference',
    }),
    source: z.string().meta({ description: 'Who or what said so', example: 'claude-code' }),
    session_id: z.string().nullable().meta({ description: 'Conversation or run it came from' }),
    importance: z.number().int().meta({ description: '1 (trivial) to 10 (vital)' }),
    version: z.number().int().meta({ description: '1 for the first version, then counting up' }),
    is_latest: z.boolean().meta({ description: 'No newer version exists', example: true }),
    parent_memory_id: z.number().int().nullable().meta({ description: 'The version before this one' }),
    root_memory_id: z.number().int().nullable().meta({ description: 'The first version of its chain' }),
    source_count: z.number().int().meta({ description: 'How often the same thing was stored' }),
    is_static: z.boolean().meta({ description: 'A permanent fact: never fades' }),
    is_forgotten: z.boolean().meta({ description: 'In the trash' }),
    is_archived: z.boolean().meta({ description: 'Hidden from recall' }),
    is_fact: z.boolean().meta({ description: 'States one fact' }),
    is_decomposed: z.boolean().meta({ description: 'Has been taken apart into facts' }),
    forget_after: TimeText.nullable().meta({ description: 'Forgotten at this time' }),
    forget_reason: z.string().nullable().meta({ description: 'Why it is or will be forgotten, or was corrected' }),
    forgotten_at: TimeText.nullable().meta({ description: 'Since when it has been in the trash' }),
    superseded_at: TimeText.nullable().meta({ description: 'Since when something newer has its place' }),
    model: z.string().nullable().meta({ description: 'Language model that wrote it, if the caller said so' }),
    recall_hits: z.number().int().meta({ description: 'How often recall was told to have helped' }),
    recall_misses: z.number().int().meta({ description: 'How often recall was told not to have helped' }),
    adaptive_score: z.number().nullable().meta({ description: 'Learnt from hits and misses' }),
    pagerank_score: z.number().nullable().meta({ description: 'How central it is in the graph of memories' }),
    last_accessed_at: TimeText.nullable().meta({ description: 'When it was last read or recalled' }),
    access_count: z.number().int().meta({ description: 'How often it was read or recalled' }),
    tags: z.array(z.string()).meta({ description: 'Labels, lower case', example: ['database'] }),
    episode_id: z.number().int().nullable().meta({ description: 'Episode it belongs to' }),
    decay_score: z.number().meta({ description: 'importance x retrievability now' }),
    confidence: z.number().meta({ description: 'How sure, 0 to 1' }),
    sync_id: z.string().meta({
      description: 'UUID that stays the same on every copy of the data',
      example: '0b9f0c5e-8d0a-4a53-9c39-6d1f3a7e2b10',
    }),
    status: z.string().meta({ description: 'approved, pending or rejected', example: 'approved' }),
    user_id: z.number().int().meta({ description: 'Owner' }),
    space_id: z.number().int().nullable().meta({ description: 'Space it lies in' }),
    is_superseded: z.boolean().meta({ description: 'Something newer took its place' }),
    is_consolidated: z.boolean().meta({ description: 'A consolidation tells it too; it is found as before' }),
    fsrs_stability: z
      .number()
      .nullable()
      .meta({ description: 'Days until recall falls to 90 percent; null before the first review' }),
    fsrs_difficulty: z.number().nullable().meta({ description: 'How hard it is to keep, 1 to 10' }),
    fsrs_storage_strength: z.number().meta({ description: 'How deeply it is learnt, 1 to 10' }),
    fsrs_retrieval_strength: z.number().meta({ description: 'How easily it comes up now, 0 to 1' }),
    fsrs_learning_state: z.number().int().meta({ description: '0 new, 1 learning, 2 review, 3 relearning' }),
    fsrs_reps: z.number().int().meta({ description: 'Reviews so far' }),
    fsrs_lapses: z.number().int().meta({ description: 'Reviews that failed' }),
    fsrs_last_review_at: TimeText.nullable().meta({ description: 'When it was last reviewed' }),
    valence: z.number().nullable().meta({ description: 'How pleasant, -1 to 1' }),
    arousal: z.number().nullable().meta({ description: 'How stirring, 0 to 1' }),
    dominant_emotion: z.string().nullable().meta({ description: 'Strongest emotion in it' }),
    occurred_at: TimeText.nullable().meta({ description: 'When it happened, if the caller said so' }),
    key_id: z.number().int().nullable().meta({ description: 'Key it was written with' }),
    agent: z.string().nullable().meta({ description: 'Who wrote it, by their own name' }),
    door: z.string().nullable().meta({
      description: 'Way it came in: http, mcp, cli, gui, hook, extraction, import, ingest, sync, job or program',
      example: 'http',
    }),
    origin: z.string().meta({
      description: 'Who or what the text is of: user, assistant, tool, web, document or unknown',
      example: 'user',
    }),
    trust: z.string().meta({ description: 'trusted, normal or untrusted', example: 'normal' }),
    flagged: z.boolean().meta({ description: 'Its text looks like orders to an agent', example: false }),
    quarantined: z.boolean().meta({ description: 'It waits in the inbox because of that', example: false }),
    reasons: z.array(z.string()).meta({ description: 'Why it looks like that' }),
    created_at: TimeText.meta({ description: 'When it was stored' }),
    updated_at: TimeText.meta({ description: 'When anything about it last changed' }),
  })
  .meta({ id: 'Memory' });
export type Memory = z.infer<typeof Memory>;

export const LinkedMemory = z
  .looseObject({
    id: z.number().int(),
    content: z.string(),
    category: z.string(),
    similarity: z.number(),
    type: z.string(),
  })
  .meta({ id: 'LinkedMemory' });
export const VersionEntry = z
  .looseObject({
    id: z.number().int(),
    content: z.string(),
    version: z.number().int(),
    is_latest: z.boolean(),
    created_at: TimeText,
  })
  .meta({ id: 'VersionEntry' });
