// How contradictions are put to the language model, and how they are shown.
import { z } from 'zod';
import type { Kind } from './contract.ts';

export interface Pair {
  memory_a: number;
  memory_b: number;
  kind: string;
  description: string;
  confidence: number;
  similarity: number | null;
  verified: number;
  created_at: string;
  content_a: string;
  category_a: string;
  created_a: string;
  content_b: string;
  category_b: string;
  created_b: string;
}

/** Of each text: enough to see what it claims. */
const ASKED_CHARS = 600;

export const VERIFY = `Each numbered pair holds two notes from the memory of an agent, the older one first. For each pair
say whether both can be true of the world at the same time as they are written. They contradict each other when they give
one thing two values, when one denies the other, or when the newer one tells that what the older one says has ended. They
do not when they are about different things or times, when one says more than the other, or when one only asks or
supposes.`;
export const Verdicts = z.object({
  pairs: z.array(z.object({ pair: z.number().int(), contradict: z.boolean() })),
});
const clip = (text: string): string => Array.from(text).slice(0, ASKED_CHARS).join('');
export const verifyData = (
  pairs: readonly Pick<Pair, 'content_a' | 'content_b' | 'created_a' | 'created_b'>[],
): string =>
  JSON.stringify(
    pairs.map((pair, at) => ({
      pair: at + 1,
      older: { stored: pair.created_a, text: clip(pair.content_a) },
      newer: { stored: pair.created_b, text: clip(pair.content_b) },
    })),
  );

export const MERGE = `Two notes from the memory of an agent contradict each other. Write the one note that should be kept
in place of both: what still holds, in the words of the notes, and what it was before where that is worth knowing. Where
they clash, the newer one is right. Add nothing that neither of them says.`;
export const Merged = z.object({ content: z.string().min(1).max(20_000) });

export const inFull = (pair: Pair) => ({
  memory_a: { id: pair.memory_a, content: pair.content_a, category: pair.category_a, created_at: pair.created_a },
  memory_b: { id: pair.memory_b, content: pair.content_b, category: pair.category_b, created_at: pair.created_b },
  kind: pair.kind as z.infer<typeof Kind>,
  similarity: pair.similarity ?? pair.confidence,
  confidence: pair.confidence,
  explanation: pair.description,
  source: 'link' as const,
  verified: pair.verified === 1,
  detected_at: pair.created_at,
});

export const inShort = ({ memory_a, memory_b, confidence, description, kind }: Pair) => ({
  memory_a: String(memory_a),
  memory_b: String(memory_b),
  confidence,
  description,
  kind: kind as z.infer<typeof Kind>,
});
