// What of a conversation is worth remembering, by a language model.
import { z } from 'zod';
import { parseTime } from '../../core/clock.ts';
import type { Llm } from '../../core/llm.ts';
import { asCorrection, type Finding, MAX_FINDINGS, type Turn } from './rules.ts';

const MAX_TEXT_CHARS = 60_000;
const MAX_TOKENS = 3_000;
const Answer = z.object({
  facts: z.array(
    z.object({
      content: z.string().trim().min(1).max(2_000),
      category: z.string().trim().max(60).nullish(),
      importance: z.number().nullish(),
      is_static: z.boolean().nullish(),
      is_correction: z.boolean().nullish(),
      tags: z.array(z.string().trim().max(60)).max(10).nullish(),
      forget_after: z.string().nullish(),
    }),
  ),
});

const INSTRUCTIONS = `Read the conversation and write down what should be remembered about the people in it and their work: facts, preferences, decisions, plans, and corrections of what was said before.
Each entry is one sentence that stands alone: names in place of pronouns, dates in place of "yesterday", numbers and names exactly as written. "The user" is whoever talks to the assistant.
category is one of task, discovery, decision, state, issue, general, reference, preference. importance is 1 to 10. is_static is true for what will hardly change. is_correction is true when somebody says that something said before was wrong; write what is right. forget_after is a time (YYYY-MM-DD) after which it is of no use, or null.
Leave out small talk, questions, and what the assistant only suggested. An empty list is a good answer.`;

const transcript = (turns: readonly Turn[]): string =>
  turns
    .map(({ role, content }) => `${role}: ${content}`)
    .join('\n\n')
    .slice(-MAX_TEXT_CHARS);
const importanceOf = (n: number | null | undefined): number | null =>
  n == null || !Number.isFinite(n) ? null : Math.max(1, Math.min(10, Math.round(n)));

/**
 * @param at when it was said, epoch milliseconds
 * @throws AppError llm_unavailable, llm_budget_spent
 */
export async function findingsByLlm(llm: Llm, turns: readonly Turn[], at: number): Promise<Finding[]> {
  const { facts } = await llm.ask({
    purpose: 'extract conversation',
    instructions: `${INSTRUCTIONS}\nIt took place on ${new Date(at).toISOString().slice(0, 10)}.`,
    data: transcript(turns),
    answer: Answer,
    max_tokens: MAX_TOKENS,
    urgency: 'soon',
  });
  return facts.slice(0, MAX_FINDINGS).map((fact) =>
    asCorrection({
      content: fact.content,
      category: fact.category || null,
      importance: importanceOf(fact.importance),
      is_static: fact.is_static ?? false,
      is_correction: fact.is_correction ?? false,
      tags: fact.tags ?? [],
      forget_after: fact.forget_after && (parseTime(fact.forget_after) ?? 0) > at ? fact.forget_after : null,
    }),
  );
}
