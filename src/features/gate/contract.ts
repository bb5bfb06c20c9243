// Asking before a tool is used, answering, and telling what came of it.
import { z } from 'zod';
import { endpoint } from '../../core/endpoint.ts';
import { Id, Text } from '../../core/shapes.ts';

export const MAX_WAIT_SECS = 240;
const Words = (most: number) => Text.max(most, `at most ${most} characters`);

export const CheckRequest = z
  .strictObject({
    command: Words(100_000).nullish().meta({
      description: 'What is to be run: a script, or the path or address a tool is given',
      example: 'git push origin main',
    }),
    agent: Words(200).nullish().meta({ description: 'Who asks', example: 'claude-code' }),
    context: Words(20_000).nullish().meta({ description: 'What helps to decide' }),
    tool_name: Words(200).nullish().meta({ description: 'The tool that is to run it', example: 'Bash' }),
    tool_input: z.record(z.string(), z.unknown()).nullish().meta({
      description:
        'What the tool is given, from hooks that do not send `command`: its command, file_path or url is taken',
    }),
    session_id: Words(200).nullish(),
    skip_approval: z.boolean().nullish().meta({
      description: 'true answers by the rules alone, without waiting for anybody',
    }),
  })
  .refine(({ command, tool_input }) => command != null || tool_input != null, {
    error: 'say in `command` what is to be run',
    path: ['command'],
  });
export type CheckRequest = z.output<typeof CheckRequest>;

const GateId = z.number().int().meta({ description: 'Names this request in /gate/respond and /gate/complete' });

export const checkGate = endpoint({
  id: 'gate.check',
  method: 'POST',
  path: '/gate/check',
  access: 'write',
  status: 201,
  summary: 'Ask whether a tool may be used',
  description:
    'Tools that only read pass. What destroys, hides what it runs or matches a blocked pattern is refused. For Bash, Write, Edit, WebFetch and WebSearch the answer then waits for POST /gate/respond, up to 120 seconds unless the server is set otherwise; with `skip_approval` it does not.',
  body: CheckRequest,
  response: z.looseObject({
    allowed: z.boolean(),
    action: z.enum(['allow', 'block']),
    reason: z.string().nullable(),
    message: z.string().nullable().meta({ description: 'The same as `reason`' }),
    resolved_command: z.string().nullable().meta({ description: 'What may be run, when it may' }),
    gate_id: GateId,
    requires_approval: z.boolean().meta({ description: 'A person has to decide; see POST /gate/respond' }),
    enrichment: z.string().optional().meta({ description: 'What to know before doing it' }),
  }),
  body_limit: 1024 * 1024,
  timeout_ms: (MAX_WAIT_SECS + 10) * 1000,
});

export const RespondRequest = z.strictObject({
  gate_id: Id.meta({ description: 'The request' }),
  approved: z.boolean().meta({ description: 'true lets it run' }),
  reason: Words(10_000).nullish().meta({ description: 'Why; whoever asked is told' }),
});
export type RespondRequest = z.output<typeof RespondRequest>;

export const respondGate = endpoint({
  id: 'gate.respond',
  method: 'POST',
  path: '/gate/respond',
  access: 'write',
  summary: 'Approve or refuse what waits at the gate',
  description: 'The first answer holds. Whoever waits in POST /gate/check goes on at once.',
  body: RespondRequest,
  response: z.looseObject({ ok: z.literal(true), approved: z.boolean(), command: z.string() }),
  errors: ['gate_not_found', 'gate_over'],
});

export const CompleteRequest = z
  .strictObject({
    gate_id: Id.nullish().meta({ description: 'The request; without it, the latest of `session_id`' }),
    session_id: Words(200).nullish(),
    output: Words(1_000_000).nullish().meta({ description: 'What came of it' }),
    summary: Words(1_000_000).nullish().meta({ description: 'Taken when there is no output' }),
    known_secrets: z
      .array(Words(10_000))
      .max(200, 'at most 200 secrets')
      .default([])
      .meta({ description: 'Taken out of the output before it is kept, plain, in base64 and percent-encoded' }),
  })
  .refine(({ gate_id, session_id }) => gate_id != null || session_id != null, {
    error: 'name the request by gate_id, or its session by session_id',
    path: ['gate_id'],
  });
export type CompleteRequest = z.output<typeof CompleteRequest>;

const Completed = z.looseObject({
  ok: z.literal(true),
  allowed: z.literal(true),
  gate_id: GateId,
  kleos_stores: z.number().int().meta({ description: 'Memories stored since it was asked for, counted up to 1,000' }),
});

export const completeGate = endpoint({
  id: 'gate.complete',
  method: 'POST',
  path: '/gate/complete',
  access: 'write',
  summary: 'Tell what came of it',
  body: CompleteRequest,
  response: Completed,
  body_limit: 2 * 1024 * 1024,
  errors: ['gate_not_found'],
});
export const completeLatestGate = endpoint({
  id: 'gate.complete_latest',
  method: 'POST',
  path: '/gate/complete-latest',
  access: 'write',
  summary: 'Tell what came of the latest request of a session',
  body: CompleteRequest,
  response: Completed,
  body_limit: 2 * 1024 * 1024,
  errors: ['gate_not_found'],
});
