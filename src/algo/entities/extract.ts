// Who and what a text names, with the places where it does so. Every name lies where it says; none overlaps another.
import { isTitleCase, namesIn, toolsIn } from './names.ts';
import { technicalNames } from './technical.ts';
import type { Found } from './types.ts';

/** Of a long text the beginning is read: what it is about is named there. */
export const READ_CHARS = 20_000;
const TAKEN = '\u0001';

/** @returns in the order of the text */
export function namesOf(content: string): Found[] {
  const text = content.slice(0, READ_CHARS).normalize('NFC');
  // Places would be off otherwise; nearly all text is in this form already.
  if (text.length !== Math.min(content.length, READ_CHARS)) return [];
  const { found, rest } = technicalNames(text);
  let open = blankCode(rest);
  const all = [...found];
  for (const [line, from] of linesOf(open)) {
    const tools = toolsIn(line, from, open);
    all.push(...tools);
    open = blanked(open, tools);
  }
  for (const [line, from] of linesOf(open)) if (!isTitleCase(line)) all.push(...namesIn(line, from, open));
  return all.sort((a, b) => a.start - b.start);
}

function* linesOf(text: string): Iterable<[string, number]> {
  let from = 0;
  for (const line of text.split('\n')) {
    yield [line, from];
    from += line.length + 1;
  }
}

const blanked = (text: string, taken: readonly Found[]): string =>
  taken.reduce((rest, { start, end }) => rest.slice(0, start) + TAKEN.repeat(end - start) + rest.slice(end), text);

/** Inside code, words are not names. */
const blankCode = (text: string): string =>
  text.replace(/```[\s\S]*?(?:```|$)|`[^`\n]*`/g, (code) => code.replace(/[^\n]/g, TAKEN));
