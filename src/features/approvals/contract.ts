// What agents ask people to decide.
import { z } from 'zod';
import { endpoint } from '../../core/endpoint.ts';
import { Limit, Text } from '../../core/shapes.ts';

const Rfc3339 = z.string().meta({ description: 'RFC 3339, UTC', example: '2026-03-02T12:00:00Z' });

export const Approval = z
  .looseObject({
    id: z.string().meta({ description: 'UUID' }),
    action: z.string().meta({ description: 'What is to be done' }),
    context: z.string().nullable(),
    requester: z.string().meta({ description: 'Who asks' }),
    status: z.enum(['pending', 'approved', 'denied', 'expired']),
    decision_by: z.string().nullable(),
    decision_reason: z.string().nullable(),
    created_at: Rfc3339,
    expires_at: Rfc3339.meta({ description: 'From then on nobody can decide any more' }),
    decided_at: Rfc3339.nullable(),
    user_id: z.number().int(),
    seconds_remaining: z.number().int().meta({ description: 'Until it expires; 0 when it does not wait any more' }),
  })
  .meta({ id: 'Approval' });

const Params = z.strictObject({
  id: Text.max(100).meta({
    description: 'The id, as POST /approvals gave it',
    example: '0b9f0c5e-8d0a-4a53-9c39-6d1f3a7e2b10',
  }),
});
const NotBlank = (most: number) =>
  Text.max(most, `at most ${most} characters`).refine((text) => text.trim() !== '', 'must not be blank');

export const ApprovalRequest = z.strictObject({
  action: NotBlank(10_000).meta({ description: 'What is to be done', example: 'deploy version 2 to production' }),
  requester: NotBlank(200).meta({ description: 'Who asks', example: 'claude-code' }),
  context: Text.max(20_000, 'at most 20,000 characters').nullish().meta({ description: 'What helps to decide' }),
  window_secs: z
    .number()
    .int()
    .min(1)
    .max(86_400, 'at most 86,400 seconds, which is a day')
    .nullish()
    .meta({ description: 'Seconds in which it can be decided; 120 when left out' }),
});
export type ApprovalRequest = z.output<typeof ApprovalRequest>;

export const askApproval = endpoint({
  id: 'approvals.ask',
  method: 'POST',
  path: '/approvals',
  access: 'write',
  status: 201,
  summary: 'Ask people to approve an action',
  body: ApprovalRequest,
  response: Approval,
});

export const pendingApprovals = endpoint({
  id: 'approvals.pending',
  method: 'GET',
  path: '/approvals/pending',
  access: 'read',
  summary: 'List what waits for a decision, soonest expiry first',
  query: z.strictObject({ limit: Limit(100, 500) }),
  response: z.looseObject({
    approvals: z.array(Approval),
    count: z.number().int(),
    expired_count: z.number().int().meta({ description: 'How many nobody decided in time, of the last minutes' }),
  }),
});

export const getApproval = endpoint({
  id: 'approvals.get',
  method: 'GET',
  path: '/approvals/{id}',
  access: 'read',
  summary: 'Read one request for approval',
  params: Params,
  response: Approval,
  errors: ['approval_not_found'],
});

export const DecideRequest = z.strictObject({
  decision: z.enum(['approved', 'denied']).meta({ description: 'What is decided; it holds' }),
  decided_by: Text.max(200, 'at most 200 characters').nullish().meta({ description: 'Who decides' }),
  reason: Text.max(10_000, 'at most 10,000 characters').nullish().meta({ description: 'Why' }),
});
export type DecideRequest = z.output<typeof DecideRequest>;

export const decideApproval = endpoint({
  id: 'approvals.decide',
  method: 'POST',
  path: '/approvals/{id}/decide',
  access: 'write',
  summary: 'Approve or deny',
  description: 'The first decision holds: of several made at once one is taken, and the others are refused.',
  params: Params,
  body: DecideRequest,
  response: Approval,
  errors: ['approval_not_found', 'approval_over'],
});
