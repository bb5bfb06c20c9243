// Guesses from its wording what kind of question a query is, so that search can weigh its retrievers for that kind.
import { parseTimeRange } from './temporal.ts';
import { words } from './text.ts';

export type QuestionType = 'fact_recall' | 'preference' | 'reasoning' | 'generalization' | 'temporal';

/** Also the order in which ties are broken: a rarer kind of question is the better guess. */
export const QUESTION_TYPES: readonly QuestionType[] = [
  'temporal',
  'reasoning',
  'generalization',
  'preference',
  'fact_recall',
];

/** Cue groups: type, weight in tenths (added once per group), and the words to look for, between spaces. */
const CUES: readonly (readonly [type: QuestionType, weight: number, cue: RegExp])[] = [
  ['temporal', 6, / (?:when (?:did|was|were)|timeline|history of) /],
  ['temporal', 4, / (?:over the (?:past|last)|how long ago|since when) /],
  ['temporal', 5, / (?:used to|originally|evolution|evolved|over time|progression) /],
  ['fact_recall', 5, / (?:recently|attended|joined|last time|went to|visited) /],
  ['fact_recall', 5, / (?:what (?:is|s|was) my|are my|tell me about|do i (?:have|own)) /],
  ['fact_recall', 4, / (?:what did i|where (?:do|did|does)|who (?:is|s|was)) /],
  ['reasoning', 6, / (?:why (?:did|do|does)|what made|decided?|reasons?|because) /],
  ['reasoning', 4, / (?:motivations?|motivated|what led|trade ?offs?) /],
  ['generalization', 6, / (?:should i|do you think|considering|would i|good fit) /],
  ['generalization', 4, / (?:does it make sense|aligned with|aligns? with) /],
  ['preference', 5, / (?:suggest(?:s|ed|ions?)?|recommend(?:s|ed|ations?)?|what would|ideas?|weekends?) /],
  [
    'preference',
    6,
    / (?:favou?rites?|prefer(?:s|red|ences?)?|likes? (?:the )?most|enjoy(?:s|ed|ing)?|love[sd]?|hate[sd]?|dislike[sd]?|interested in|passionate) /,
  ],
  ['preference', 4, / (?:what kinds? of|tastes? in|styles? of) /],
];
const DATED_QUESTION_WEIGHT = 3;
const QUESTION_WORD = / (?:what|who|how|which|did) /;

export interface QuestionGuess {
  type: QuestionType;
  /** Shares of all types, in hundredths; they sum to 1. */
  weights: Record<QuestionType, number>;
}

export function classifyQuestion(query: string): QuestionGuess {
  const text = ` ${words(query).join(' ')} `;
  const scores: Record<QuestionType, number> = {
    fact_recall: 0,
    preference: 0,
    reasoning: 0,
    generalization: 0,
    temporal: 0,
  };
  for (const [type, weight, cue] of CUES) if (cue.test(text)) scores[type] += weight;
  // Whether a text names a date does not depend on today, so any day will do.
  if (QUESTION_WORD.test(text) && parseTimeRange(query, 0)) scores.temporal += DATED_QUESTION_WEIGHT;

  const total = QUESTION_TYPES.reduce((sum, type) => sum + scores[type], 0);
  if (total === 0) return { type: 'fact_recall', weights: { ...scores, fact_recall: 1 } };
  const type = QUESTION_TYPES.reduce((best, next) => (scores[next] > scores[best] ? next : best));
  return { type, weights: shares(scores, total) };
}

/** Hundredths that sum to 1: rounded down, what is missing going to the largest remainders, in the order of ties. */
function shares(scores: Readonly<Record<QuestionType, number>>, total: number): Record<QuestionType, number> {
  const out = { ...scores };
  for (const type of QUESTION_TYPES) out[type] = Math.floor((scores[type] * 100) / total);
  const missing = 100 - QUESTION_TYPES.reduce((sum, type) => sum + out[type], 0);
  const remainder = (type: QuestionType): number => (scores[type] * 100) % total;
  const neediest = [...QUESTION_TYPES].sort((a, b) => remainder(b) - remainder(a));
  for (const type of neediest.slice(0, missing)) out[type]++;
  for (const type of QUESTION_TYPES) out[type] /= 100;
  return out;
}
