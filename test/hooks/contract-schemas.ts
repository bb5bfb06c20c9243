// What agents document about the output of their hooks, as schemas: strict, so that a field they do not know is a failure.
import { z } from 'zod';

const Context = z.string().min(1).max(10_000);

/** https://code.claude.com/docs/en/hooks, fields of JSON output. */
const claudeOutput = (specific: z.ZodType) =>
  z.strictObject({ hookSpecificOutput: specific.optional(), systemMessage: z.string().optional() });

const withContext = (hookEventName: string) =>
  z.strictObject({ hookEventName: z.literal(hookEventName), additionalContext: Context });

export const CLAUDE: Readonly<Record<string, z.ZodType>> = {
  SessionStart: claudeOutput(withContext('SessionStart')),
  UserPromptSubmit: claudeOutput(withContext('UserPromptSubmit')),
  PreToolUse: claudeOutput(
    z.strictObject({
      hookEventName: z.literal('PreToolUse'),
      permissionDecision: z.enum(['allow', 'deny', 'ask', 'defer']),
      permissionDecisionReason: z.string().min(1),
    }),
  ),
  PostToolUse: z.strictObject({}),
  PreCompact: z.strictObject({}),
  Stop: z.strictObject({}),
  SessionEnd: z.strictObject({}),
};

/** The same shape, without a question to the user before a command. */
export const CODEX: Readonly<Record<string, z.ZodType>> = {
  ...CLAUDE,
  PreToolUse: claudeOutput(
    z.strictObject({
      hookEventName: z.literal('PreToolUse'),
      permissionDecision: z.literal('deny'),
      permissionDecisionReason: z.string().min(1),
    }),
  ),
};

export const CURSOR: Readonly<Record<string, z.ZodType>> = {
  sessionStart: z.strictObject({ additional_context: Context.optional() }),
  beforeSubmitPrompt: z.strictObject({}),
  beforeShellExecution: z.strictObject({
    permission: z.enum(['allow', 'deny', 'ask']).optional(),
    user_message: z.string().optional(),
    agent_message: z.string().optional(),
  }),
  afterShellExecution: z.strictObject({}),
  stop: z.strictObject({}),
  sessionEnd: z.strictObject({}),
};

const geminiContext = (hookEventName: string) =>
  z.strictObject({ hookSpecificOutput: withContext(hookEventName).optional() });
export const GEMINI: Readonly<Record<string, z.ZodType>> = {
  SessionStart: geminiContext('SessionStart'),
  BeforeAgent: geminiContext('BeforeAgent'),
  BeforeTool: z.union([
    z.strictObject({ decision: z.enum(['allow', 'deny', 'block']), reason: z.string().min(1) }),
    z.strictObject({ systemMessage: z.string().min(1).optional() }),
  ]),
  AfterTool: z.strictObject({}),
  AfterAgent: z.strictObject({}),
  PreCompress: z.strictObject({}),
  SessionEnd: z.strictObject({}),
};
