// Self-contained facts by a language model, checked against the text they are said to come from.
import { z } from 'zod';
import { bestOf, MAX_PARTS } from '../../algo/decompose.ts';
import { STOP_WORDS, words } from '../../algo/text.ts';
import type { Llm } from '../../core/llm.ts';

const MAX_TEXT_CHARS = 24_000;
const MAX_TOKENS = 1_200;
const Answer = z.object({ facts: z.array(z.string().trim().max(400)) });

const INSTRUCTIONS = `Split the note into at most ${MAX_PARTS} facts that each stand alone: one or two whole sentences that name whom and what they speak of in place of pronouns.
Keep names, numbers, versions, addresses, file names and dates exactly as written. Add nothing that the note does not say. Leave out greetings and talk about the note itself.
When the note states fewer than two facts, answer with an empty list.`;

/** Share of a fact's telling words, and of its numbers, that the note must have. */
const GROUNDED = 0.7;

function isGrounded(fact: string, note: ReadonlySet<string>): boolean {
  const telling = words(fact).filter((word) => !STOP_WORDS.has(word));
  const numbers = telling.filter((word) => /\d/.test(word));
  const known = telling.filter((word) => note.has(word)).length;
  return telling.length > 0 && known >= telling.length * GROUNDED && numbers.every((word) => note.has(word));
}

/**
 * @returns empty when it finds fewer than two
 * @throws AppError llm_unavailable, llm_budget_spent
 */
export async function partsByLlm(llm: Llm, content: string, urgency: 'soon' | 'later'): Promise<string[]> {
  const { facts } = await llm.ask({
    purpose: 'decompose',
    instructions: INSTRUCTIONS,
    data: content.slice(0, MAX_TEXT_CHARS),
    answer: Answer,
    max_tokens: MAX_TOKENS,
    temperature: 0.2,
    urgency,
  });
  const note = new Set(words(content));
  return bestOf(facts.filter((fact) => isGrounded(fact, note)));
}
