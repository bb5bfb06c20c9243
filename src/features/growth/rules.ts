// What an agent learns about its own work: how it is asked for, and what of the answers is worth keeping.
import { z } from 'zod';

export const LEAST_CHARS = 10;
export const MOST_CHARS = 500;
export const Observed = z.object({ observation: z.string().trim().max(2_000).nullable() });

export const INSTRUCTIONS = `The data tells what an agent did lately and what it has learnt before. Write the one thing it
should do differently or keep doing from now on: one or two sentences, concrete, of use to the same agent in other tasks, and
not said before. Answer null when there is nothing new to learn.`;

/** "Nothing new", and talk about the task instead of an answer to it. */
const NOTHING =
  /^(?:nothing|none|n\/a|null|no (?:new |significant |notable )?(?:observations?|insights?|growth|learnings?|patterns?))\b/i;
const META =
  /\b(?:as an ai|language model|i (?:cannot|can't|am unable|don't have)|the (?:context|data|provided (?:text|context|data)) (?:does|do|is|provided|contains)|here is (?:an|the|my) observation)\b/i;

/** @returns the observation to keep; null when it says too little or speaks of itself */
export function worthKeeping(text: string | null): string | null {
  const said = (text ?? '')
    .replace(/\s+/gu, ' ')
    .trim()
    .replace(/^["'“]+|["'”]+$/g, '');
  const length = Array.from(said).length;
  if (length < LEAST_CHARS || length > MOST_CHARS || NOTHING.test(said) || META.test(said)) return null;
  return said;
}

/** Whole lines, newest first, as many as fit into so many UTF-8 bytes. */
export function linesWithin(lines: readonly string[], max_bytes: number): string {
  const kept: string[] = [];
  let bytes = 0;
  for (const line of lines) {
    const more = new TextEncoder().encode(line).length + 1;
    if (bytes + more > max_bytes) break;
    kept.push(line);
    bytes += more;
  }
  return kept.length === 0 ? '' : `${kept.join('\n')}\n`;
}
