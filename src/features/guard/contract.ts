// Whether an action goes against what the user has laid down, or would destroy something.
import { z } from 'zod';
import { endpoint } from '../../core/endpoint.ts';
import { Text } from '../../core/shapes.ts';

const Verdict = z.enum(['allow', 'warn', 'block']);

export const GuardRequest = z.looseObject({
  action: Text.max(100_000, 'at most 100,000 characters')
    .refine((text) => text.trim() !== '', 'must not be blank')
    .meta({ description: 'A command, or in words what is to be done', example: 'rm -rf /opt/engram/data' }),
});

export const checkAction = endpoint({
  id: 'guard.check',
  method: 'POST',
  path: '/guard',
  access: 'read',
  summary: 'Check an action before it is done',
  description:
    'Two things are looked at. Commands: what would really run is read as a shell reads it, so that spacing, quotes, order of flags, paths and here-documents change nothing, and words in texts raise no alarm. Rules: permanent memories of importance 8 or more, with the tag `rule`, or worded as a rule. `block` when a rule forbids the action or a command destroys; `warn` when a rule merely concerns it, or a command runs what cannot be read; else `allow`.',
  body: GuardRequest,
  response: z.looseObject({
    signal: Verdict,
    verdict: Verdict.meta({ description: 'The same as `signal`' }),
    action: z.string(),
    message: z.string(),
    reasons: z.array(z.string()),
    rules: z
      .array(
        z.looseObject({
          id: z.number().int(),
          content: z.string(),
          importance: z.number().int(),
          signal: z.enum(['warn', 'block']),
          why: z.string(),
        }),
      )
      .meta({ description: 'Memories that speak of the action, hardest first' }),
    dangers: z
      .array(z.looseObject({ rule: z.string(), severity: z.enum(['destructive', 'opaque', 'risky']), why: z.string() }))
      .meta({ description: 'What the commands in it would do' }),
    looked_at: z.looseObject({
      rules: z.number().int().meta({ description: 'Memories that are rules and were compared with the action' }),
      complete: z.boolean().meta({
        description:
          'false when there are more permanent memories than are all looked at; those that fit the action are always',
      }),
    }),
    degraded: z.array(z.string()).meta({ description: 'Signals that were missing from this answer' }),
  }),
  timeout_ms: 60_000,
});
