// Facts by a language model, in addition to those that rules find.
import { z } from 'zod';
import { type Fact, factKey, predicateName } from '../../algo/facts/fact.ts';
import { quantityOf } from '../../algo/facts/objects.ts';
import { parseTime } from '../../core/clock.ts';
import type { Llm } from '../../core/llm.ts';

const MOST = 20;
const MAX_TEXT_CHARS = 12_000;
const MAX_TOKENS = 1_500;
/** A model reads between the lines; rules do not. */
const CONFIDENCE = 0.75;

const Words = (most: number) => z.string().trim().min(1).max(most);
const Answer = z.object({
  facts: z.array(
    z.object({
      subject: Words(120),
      predicate: Words(60),
      object: Words(300),
      /** YYYY-MM-DD */
      date: z.string().nullish(),
      ended: z.boolean().nullish(),
    }),
  ),
});

const INSTRUCTIONS = `Read the note for facts that are worth remembering: who works where, lives where, owns, likes or uses what; what runs on what, with which version, port, host, owner or status; what somebody bought, visited, decided or finished.
Write each as subject, predicate and object. The subject is a name, or "user" for whoever says "I" or "we". The predicate is one of works_at, role, lives_in, from, name, married_to, uses, likes, dislikes, prefers, owns, has, bought, visited, attended, decided, runs_on, version, port, host, url, status, owner, location, deadline, or a short verb with underscores. The object is short.
Give a date (YYYY-MM-DD) only when the note says since when it holds, or when it happened. Set ended to true when the note says that it is no longer so.
Leave out questions, wishes, guesses, plans and what the note does not say. At most ${MOST} facts; none is a good answer.`;

const ALIASES: Readonly<Record<string, string>> = {
  work_at: 'works_at', works_for: 'works_at', employed_by: 'works_at', employer: 'works_at', works_as: 'role', job: 'role',
  job_title: 'role', occupation: 'role', live_in: 'lives_in', resides_in: 'lives_in', moved_to: 'lives_in', use: 'uses',
  like: 'likes', love: 'loves', prefer: 'prefers', own: 'owns', have: 'has', run_on: 'runs_on',
  has_version: 'version', has_port: 'port', listens_on: 'port', owned_by: 'owner', has_status: 'status', located_in: 'location',
}; // biome-ignore format: pairs

/** A day lies within the times the product can write, and not after it was said. */
function dayBefore(date: string | null | undefined, said_at: number): number | null {
  const at = date == null ? null : parseTime(date.trim());
  return at !== null && at <= said_at ? at : null;
}

/** Whether the note names it: what a model adds from elsewhere is no fact of the note. */
const namedIn = (words: string, text: string): boolean => {
  const parts = factKey(words)
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word.length > 2 || /\d/.test(word));
  return parts.length === 0 || parts.filter((word) => text.includes(word)).length * 2 >= parts.length;
};

/**
 * @param said_at epoch milliseconds
 * @throws AppError llm_unavailable, llm_budget_spent
 */
export async function factsByLlm(llm: Llm, content: string, said_at: number): Promise<Fact[]> {
  const day = new Date(said_at).toISOString().slice(0, 10);
  const { facts } = await llm.ask({
    purpose: 'facts',
    instructions: `${INSTRUCTIONS}\nThe note was written on ${day}.`,
    data: content.slice(0, MAX_TEXT_CHARS),
    answer: Answer,
    max_tokens: MAX_TOKENS,
    urgency: 'later',
  });
  const text = content.toLowerCase();
  return facts.slice(0, MOST).flatMap(({ subject, predicate, object, date, ended }) => {
    const name = predicateName(predicate);
    const about = /^(?:i|me|we|the user|user)$/i.test(subject) ? 'user' : subject;
    if (name === '' || !namedIn(object, text) || (about !== 'user' && !namedIn(about, text))) return [];
    const at = dayBefore(date, said_at);
    return [
      {
        subject: about,
        predicate: ALIASES[name] ?? name,
        verb: name.split('_')[0]!,
        object,
        ...quantityOf(object),
        date_ref: null,
        date_approx: at === null ? null : new Date(at).toISOString().slice(0, 10),
        at,
        confidence: CONFIDENCE,
        ended: ended ?? false,
      },
    ];
  });
}
