// What agents report while they work, and what they are told. Inputs are those of the agents themselves, as they document them.
import { z } from 'zod';
import { endpoint } from '../../core/endpoint.ts';
import { Text } from '../../core/shapes.ts';

export const AGENTS = ['claude-code', 'codex', 'cursor', 'gemini', 'opencode'] as const;
export type Agent = (typeof AGENTS)[number];
export const MAX_TURNS = 1_000;

const Params = z.strictObject({
  agent: z
    .enum(AGENTS, { error: `must be one of ${AGENTS.join(', ')}` })
    .meta({ description: 'Whose hook it is', example: 'claude-code' }),
});

/** Agents send what they like: what cannot be read is passed over, since an error would only cost them the context. */
const Any = (description: string, type: 'string' | 'object' = 'string') =>
  z.unknown().optional().meta({ description, override: { type } });

export const HookInput = z
  .looseObject({
    hook_event_name: Any('Event, by the name the agent has for it; else the one in `event`'),
    session_id: Any('Run of the agent'),
    cwd: Any('Folder it works in'),
    project: Any('Name of the repository; else that of the folder'),
    source: Any('At the start of a session: startup, resume, clear or compact'),
    prompt: Any('What the user asks'),
    tool_name: Any('Tool that is about to run, or has run'),
    tool_input: Any('What the tool is given', 'object'),
    tool_response: Any('What it answered', 'object'),
    last_assistant_message: Any('What the agent said at the end of its turn'),
    turns: Any('What was said lately, as /hooks/{agent}/transcript takes it', 'object'),
  })
  .meta({ id: 'HookInput' });
export type HookInput = z.output<typeof HookInput>;

export const runHook = endpoint({
  id: 'hooks.run',
  method: 'POST',
  path: '/hooks/{agent}',
  access: 'write',
  summary: 'Answer the hook of an agent',
  description:
    'Takes the JSON that the agent hands to its hooks and answers in the format that it reads: context at the start of a session and with a prompt, a verdict before a command, nothing otherwise. Claude Code can call this itself as a hook of type `http`; for the others `engram hook` passes it on. After commands and at the end of a turn it keeps what is worth keeping. An event it has no use for is answered with `{}`.',
  params: Params,
  query: z.strictObject({
    event: Text.max(100).optional().meta({ description: 'Event, where the body does not name it', example: 'stop' }),
  }),
  body: HookInput,
  body_limit: 2 * 1024 * 1024,
  response: z.looseObject({}).meta({ description: 'What the agent reads; empty when there is nothing to tell' }),
});

const Turn = z.strictObject({
  role: z.enum(['user', 'assistant']).meta({ description: 'Who says it' }),
  content: Text.max(100_000, 'at most 100,000 characters').meta({ description: 'What is said' }),
  at: Text.max(40).meta({ description: 'When, RFC 3339', example: '2026-03-01T09:30:00.123Z' }),
});

export const addTranscript = endpoint({
  id: 'hooks.transcript',
  method: 'POST',
  path: '/hooks/{agent}/transcript',
  access: 'write',
  summary: 'Bring in what was said in a session of an agent',
  description:
    'Keeps the conversation, and what the user said that is worth remembering, found by rules. What was brought in before is known by its time and passed over, so a transcript may be sent again after it grew. Without turns it only says how far the session is known.',
  params: Params,
  body: z.strictObject({
    session_id: Text.trim().min(1, 'session_id is empty: name the run').max(200, 'at most 200 characters'),
    cwd: Text.max(4_096).nullish().meta({ description: 'Folder the agent worked in' }),
    project: Text.max(200).nullish().meta({ description: 'Name of the repository; else that of the folder' }),
    turns: z
      .array(Turn)
      .max(MAX_TURNS, `at most ${MAX_TURNS} turns in one call`)
      .default([])
      .meta({ description: 'What was said, oldest first' }),
    dry_run: z.boolean().default(false).meta({ description: 'Only say what would happen' }),
  }),
  body_limit: 8 * 1024 * 1024,
  timeout_ms: 60_000,
  response: z.looseObject({
    until: z.string().nullable().meta({ description: 'Time of the last turn that is known; null for none' }),
    recorded: z.number().int().meta({ description: 'Turns that were new' }),
    known: z.number().int().meta({ description: 'Turns passed over because they were brought in before' }),
    learned: z.number().int().meta({ description: 'Memories that are new' }),
    duplicates: z.number().int().meta({ description: 'What existing memories already said' }),
    dry_run: z.boolean(),
  }),
});
export type TranscriptRequest = z.output<typeof addTranscript.body>;
