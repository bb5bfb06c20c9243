// A portrait of a user in a few sentences, by a language model, from their profile.
import { z } from 'zod';
import { type Profile, summaryOf } from '../../algo/personality/profile.ts';
import type { Llm } from '../../core/llm.ts';

const MAX_CHARS = 2_000;
const Portrait = z.object({ portrait: z.string().trim().min(1).max(MAX_CHARS) });

const INSTRUCTIONS = `Describe the person whose traits are listed, in three to six plain sentences in the third person,
for an assistant that is about to talk to them: how they like to work and to be answered, what they hold dear, what they
are after, who they are. Say only what the list supports, leave out what is weak or old, and do not flatter. Where two
statements contradict each other, go by the one marked "now".`;

/** Traits with quotes, strongest first, as the model gets them. */
function dataOf(profile: Profile): string {
  const traits = Object.values(profile.traits).flatMap((list) =>
    list.slice(0, 10).map(({ type, topic, polarity, strength, evidence }) => ({
      type,
      topic,
      for: polarity > 0,
      strength,
      quote: evidence[0]?.quote ?? null,
    })),
  );
  const contradictions = profile.contradictions.map(({ topic, now, before }) => ({
    topic,
    now: now.evidence[0]?.quote ?? null,
    before: before.evidence[0]?.quote ?? null,
  }));
  return JSON.stringify({ summary: summaryOf(profile), traits, contradictions }, null, 1);
}

/** @throws AppError of the language model */
export async function portray(llm: Llm, profile: Profile, urgency: 'soon' | 'later'): Promise<string> {
  const answer = await llm.ask({
    purpose: 'portrait',
    instructions: INSTRUCTIONS,
    data: dataOf(profile),
    answer: Portrait,
    max_tokens: 600,
    urgency,
  });
  return answer.portrait;
}
