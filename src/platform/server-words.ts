// What a server says about a refusal, fit for a log: one line, without the key, and nothing of what people stored.
import { z } from 'zod';

const errorAnswer = z.union([
  z.object({ error: z.object({ message: z.string() }) }).transform(({ error }) => error.message),
  z.object({ error: z.string() }).transform(({ error }) => error),
  z.object({ message: z.string() }).transform(({ message }) => message),
  z.object({ detail: z.string() }).transform(({ detail }) => detail),
]);

/** What the server says went wrong; empty when that cannot be made out. */
export function serverWords(answer: string): string {
  try {
    return errorAnswer.parse(JSON.parse(answer));
  } catch {
    return '';
  }
}

const WORDS_SHOWN = 200;
/** So many characters of a text in a row are no accident; of a shorter one, all of them. */
const ECHO = 12;
const LEAST_ECHO = 3;

/** That in one line, without the key; nothing where it repeats a part of what was sent. */
export function harmless(words: string, sent: readonly string[], api_key: string | null): string {
  const line = (api_key ? words.replaceAll(api_key, '***') : words).replace(/\s+/g, ' ').trim().slice(0, WORDS_SHOWN);
  const flat = sent.map((text) => text.replace(/\s+/g, ' '));
  if (flat.some((text) => text.length >= LEAST_ECHO && text.length < ECHO && line.includes(text))) return '';
  for (let at = 0; at + ECHO <= line.length; at++) {
    const piece = line.slice(at, at + ECHO);
    if (flat.some((text) => text.includes(piece))) return '';
  }
  return line.replace(/\.$/, '');
}

/** Retry-After in milliseconds: seconds, or a date. Null when it says neither. */
export function waitAsked(header: string | null, now: number): number | null {
  if (header === null) return null;
  const ms = /^\s*\d+(?:\.\d+)?\s*$/.test(header) ? Number(header) * 1000 : Date.parse(header) - now;
  return Number.isFinite(ms) ? Math.max(0, ms) : null;
}
