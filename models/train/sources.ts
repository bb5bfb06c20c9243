// Which sources share a batch and how often each is seen in an epoch, after what the corpus says of its weak spots.

/** Times an epoch sees a pair of a source; 0 leaves the source out. The first pattern that fits decides. */
const WEIGHTS: readonly (readonly [RegExp, number])[] = [
  [/#same-intent/, 0.3],
  [/wikisql#sql/, 0],
  [/advising#sql/, 0],
  [/win32|cpp-docs/, 0.35],
  [/python-docs-es/, 0],
  // Templated: 1.5 million rows would still be a few hundred sentences.
  [/^dstc8/, 0.5],
  [/^open-trivia-qa/, 0.4],
  [/^self-dialogue-corpus/, 0.6],
  [/^plain#halves/, 0.6],
  [/^mdn\/archived|^php\/doc-en|^javadoc:/, 0.7],
  [/^synthetic-persona-chat#/, 3],
  [/^synthetic-persona-chat|^alexa-topical/, 1.5],
  [/^stackexchange|^stackoverflow|^selqa|^rqe|^disfl|^squad|^wiki-split/, 1.5],
  [/^(docstring|godoc|rustdoc):/, 1],
];

export const sourceWeight = (source: string): number => WEIGHTS.find(([pattern]) => pattern.test(source))?.[1] ?? 1;

/** Sources with fewer pairs share their batches with others of their kind. */
const SMALL = 3000;

export function groupOf(source: string, file: string, rows: number): { name: string; weight: number } {
  const weight = sourceWeight(source);
  const kind = /^(docstring|javadoc|godoc|rustdoc|jsdoc)\b/.exec(source)?.[0];
  const stack = source.startsWith('stack') ? 'stack' : undefined;
  const family = kind ?? stack ?? (rows < SMALL ? `${file}-small` : source);
  return { name: `${family} x${weight}`, weight };
}
