// An extractive summary: the sentences that say most of what a set of texts keeps saying.
// After Nenkova & Vanderwende, "The Impact of Frequency on Summarization" (2005): a sentence is worth the mean frequency
// of its words, and words once told count for less, so that the next sentence tells something else. They square the
// frequency; in the few sentences of an episode that would favour whatever is beside the point, so here it is halved.
import { porterStem } from './porter.ts';
import { STOP_WORDS, unspacedTerms, words } from './text.ts';

const ONCE_TOLD = 0.5;

export interface SummarySize {
  /** Sentences at most. */
  readonly sentences: number;
  /** UTF-16 units at most; the first sentence is cut when it alone is longer. */
  readonly chars: number;
}

/** Fewer telling words say too little to stand alone ("Yes.", "Thanks a lot!"). */
const FEWEST_WORDS = 3;
/** What the sentences are chosen from; later ones of a very long episode are not looked at. */
const MAX_SENTENCES = 5_000;
/** Such a long sentence is a listing or a log. */
const MAX_SENTENCE_CHARS = 600;

const segmenter = new Intl.Segmenter('en', { granularity: 'sentence' });

interface Sentence {
  readonly text: string;
  /** Different stems and character pairs, without function words. */
  readonly words: readonly string[];
}

function sentencesOf(texts: readonly string[]): Sentence[] {
  const found: Sentence[] = [];
  const seen = new Set<string>();
  for (const line of texts.flatMap((text) => text.split(/\n+/))) {
    for (const { segment } of segmenter.segment(line)) {
      if (found.length === MAX_SENTENCES) return found;
      const text = segment.trim();
      if (text === '' || seen.has(text)) continue;
      seen.add(text);
      const stems = words(text).flatMap((word) => (STOP_WORDS.has(word) ? [] : [porterStem(word)]));
      found.push({ text, words: [...new Set([...stems, ...unspacedTerms(text)])] });
    }
  }
  return found;
}

const clipped = (text: string, chars: number): string =>
  text.length <= chars
    ? text
    : `${text
        .slice(0, chars - 1)
        .replace(/[\ud800-\udbff]$/, '')
        .trimEnd()}…`;

/**
 * @param texts in the order in which they were said
 * @returns the chosen sentences in that order, parted by spaces; '' when the texts have no words
 */
export function summarize(texts: readonly string[], size: SummarySize): string {
  const all = sentencesOf(texts);
  const whole = all.filter((s) => s.words.length >= FEWEST_WORDS && s.text.length <= MAX_SENTENCE_CHARS);
  const sentences = whole.length > 0 ? whole : all.filter(({ text }) => /[\p{L}\p{N}]/u.test(text));
  const frequency = new Map<string, number>();
  for (const sentence of sentences)
    for (const word of sentence.words) frequency.set(word, (frequency.get(word) ?? 0) + 1);
  const worth = ({ words }: Sentence): number =>
    words.reduce((sum, word) => sum + frequency.get(word)!, 0) / Math.max(1, words.length);

  const chosen: number[] = [];
  let chars = 0;
  const left = new Set(sentences.keys());
  while (chosen.length < size.sentences && left.size > 0) {
    let best = -1;
    let most = -1;
    for (const i of left) {
      const value = worth(sentences[i]!);
      if (value > most) [best, most] = [i, value];
    }
    left.delete(best);
    const { text, words } = sentences[best]!;
    if (chosen.length > 0 && chars + 1 + text.length > size.chars) continue;
    chosen.push(best);
    chars += text.length + 1;
    for (const word of words) frequency.set(word, frequency.get(word)! * ONCE_TOLD);
  }
  return clipped(
    chosen
      .sort((a, b) => a - b)
      .map((i) => sentences[i]!.text)
      .join(' '),
    size.chars,
  );
}
