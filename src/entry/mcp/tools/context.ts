// Texts to begin a conversation with, for clients that put them before a model themselves.
import { z } from 'zod';
import { Text } from '../../../core/shapes.ts';
import { context } from '../../../features/context/contract.ts';
import { listMemories } from '../../../features/memory/contract.ts';
import { recall } from '../../../features/search/contract.ts';
import { type Fields, ownTool } from '../tool.ts';
import { cutRows, lines, pick } from './shapes.ts';

const group = 'context';
const Work = z.object({ id: z.number().int(), content: z.string(), category: z.string() });

/** Smallest and largest prompt, in tokens. */
const budget = (wanted: unknown): number => Math.max(100, Math.min(64_000, Number(wanted) || 4_000));

export const CONTEXT_TOOLS = [
  ownTool({
    ...{ name: 'context_prompt', title: 'Prompt of memories', group, effect: 'reads' },
    description: 'What is remembered about a topic as one text of at most so many tokens.',
    access: 'read',
    takes: {
      context: Text.meta({ description: 'The topic' }),
      token_budget: z.number().optional().meta({ description: 'At most so many tokens; 4000 when left out' }),
    },
    gives: z.object({ prompt: z.string(), ...pick(context.response, 'token_estimate', 'degraded').shape }),
    async run({ context: query, token_budget }, ask) {
      const answer = await ask(context, { query, max_tokens: budget(token_budget) });
      return { ...answer, prompt: answer.context };
    },
    say: ({ prompt }) => String(prompt),
  }),
  ownTool({
    ...{ name: 'context_header', title: 'What came before', group, effect: 'reads' },
    description: 'Who is at work, and what was done before: what fits the context, or else the newest memories.',
    access: 'read',
    takes: {
      actor_model: Text.optional().meta({ description: 'Name of the model' }),
      actor_role: Text.optional().meta({ description: 'What it is there for; assistant when left out' }),
      context: Text.optional().meta({ description: 'What it is about to do' }),
      limit: z.number().int().optional().meta({ description: 'At most so many memories; 10 when left out' }),
    },
    gives: z.object({ actor_model: z.string(), actor_role: z.string(), prior_work: z.array(Work) }),
    after: cutRows('prior_work'),
    async run({ actor_model, actor_role, context: about, limit }, ask) {
      const size = Math.max(1, Math.min(30, Number(limit) || 10));
      const asked = typeof about === 'string' && about.trim() !== '';
      const { memories, results } = asked
        ? await ask(recall, { query: about, limit: size })
        : await ask(listMemories, { limit: size });
      return {
        actor_model: actor_model ?? 'unknown',
        actor_role: actor_role ?? 'assistant',
        prior_work: (memories ?? results) as Fields[],
      };
    },
    say: ({ actor_model, actor_role, prior_work }) =>
      `${String(actor_role)} on ${String(actor_model)}.\n${lines(prior_work, 'Nothing was done before.')}`,
  }),
];
