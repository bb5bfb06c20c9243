// What a fact is about, cut out of a clause: where it ends, when it was, how much of it.
import { EARLIEST, LATEST, parseTimeRange, type TimeRange } from '../temporal.ts';

/** Where the object ends and another thought begins. */
const NEXT_THOUGHT =
  /\s*(?:[,;:](?=\s)|\s[-–—]\s|\s\(|\s(?:because|so that|so|but|which|who|whose|when|while|although|though|since|after|before(?!\s+(?:\d|noon|midnight))|until|where|whereas|if|as well|and (?:I|we|he|she|it|they|then|now|also|that|is|was|has|had|met|got|saw|made|took|went|came|ate|gave|found|felt|won|walk|\p{Ll}+ed)|and,?(?=\s*$)|and (?:my|our|his|her|their)|that (?:I|we|he|she|it|they|is|was|has))(?=\s|$))/u;
const TRAILING =
  /(?:\s+(?:now|currently|today|still|again|too|as well|recently|lately|anymore|any more|already|instead|myself|there|here|so much|very much|a lot|the most|these days|at the moment|right now|btw|though|lol|haha))+$/i;
const ARTICLE = /^(?:a|an|the|some)\s+/i;
const PRONOUN =
  /^(?:one|ones|everything|anything|something|nothing|so|there|here|all|both|most|more|to|out|up|into|down|off|back|over|very|too|really|just|hers?|(?:it|that|this|them|these|those|him|you|me|us|how|when|what|why|whether|(?:all|each|both|some|one) (?:of|the|these|those|other|this)|(?:the )?(?:fact|way|idea|same|thing|taste|look|sound|feeling)(?:\s|$))(?:\s.*|$))$/i;
const TOO_LONG = 12;

export interface Cut {
  readonly object: string;
  readonly date: TimeRange | null;
}

/**
 * @param keepDate the date is the object itself ("due on Friday"), so it stays
 * @param long keeps what stands after a comma or "so": titles and wishes run on
 */
export function objectOf(rest: string, saidAt: number, keepDate = false): Cut | null {
  let text = rest.replace(/[.!?…]+["'”’)]*$/u, '').trim();
  const cut = NEXT_THOUGHT.exec(text);
  const later = cut ? text.slice(cut.index) : '';
  if (cut) text = text.slice(0, cut.index).trim();
  const here = whole(parseTimeRange(text, saidAt), text);
  // "…, since 2020" speaks of the same thing; a date in another thought does not.
  const date =
    here ??
    (/^[\s,]*(?:since|in|on|last|two|\d)/i.test(later) && later.length < 40 ? parseTimeRange(later, saidAt) : null);
  if (here && !keepDate) text = withoutDate(text, here);
  text = text
    .replace(TRAILING, '')
    .replace(ARTICLE, '')
    .replace(/^["“'‘](.*)["”'’]$/u, '$1')
    .replace(/[\s,;:]+$/, '')
    .trim();
  if (text === '' || PRONOUN.test(text) || text.split(/\s+/).length > TOO_LONG) return null;
  return { object: text, date };
}

/** Of "last May" the reader of dates tells only "May". */
function whole(date: TimeRange | null, text: string): TimeRange | null {
  if (date === null) return null;
  const before = /\b(?:last|next|this|early|late|mid)[\s-]+$/i.exec(text.slice(0, text.indexOf(date.text)))?.[0] ?? '';
  return before === '' ? date : { ...date, text: before + date.text };
}

/** The date goes where it stands at an end; in the middle the words need it. */
function withoutDate(text: string, { text: words }: TimeRange): string {
  const at = text.indexOf(words);
  if (at < 0) return text;
  const before = text
    .slice(0, at)
    .replace(
      /(?:\s*,)?\s*\b(?:on|in|at|since|from|during|for|by|around|about|back in|early|late|just|over|the|this)\s*$/i,
      '',
    )
    .replace(/\b(?:back|over)\s*$/i, '')
    .trimEnd();
  const after = text.slice(at + words.length).trim();
  return after === '' ? before : before === '' ? after.replace(/^[,\s]+/, '') : text;
}

const DAY_CHARS = 'YYYY-MM-DD'.length;
const dayText = (ms: number): string => new Date(ms).toISOString().slice(0, DAY_CHARS);

export interface Dated {
  readonly date_ref: string | null;
  readonly date_approx: string | null;
  readonly at: number | null;
}

/** @param ended what ended by then: "until 2020" is over at its beginning */
export function dated(date: TimeRange | null, saidAt: number, ended = false): Dated {
  if (date === null) return { date_ref: null, date_approx: null, at: null };
  const open = date.from === EARLIEST;
  const from = open ? date.until : date.from;
  const sure = from > EARLIEST && from < LATEST;
  const at = sure && from <= saidAt && (!open || ended) ? from : null;
  return { date_ref: date.text, date_approx: sure ? dayText(from) : null, at };
}

const NUMBER_WORDS: Readonly<Record<string, number>> = { one: 1, two: 2, three: 3, four: 4, five: 5, six: 6, seven: 7, eight: 8, nine: 9, ten: 10, eleven: 11, twelve: 12, twenty: 20, fifty: 50, hundred: 100 }; // biome-ignore format: a list
const MONEY = /([$€£¥])\s?(\d[\d,]*(?:\.\d+)?)\s?(k|m)?\b/i;
const AMOUNT =
  /(?:^|\s)(\d[\d,]*(?:\.\d+)?|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|fifty)\s+((?:new\s+|old\s+|small\s+|big\s+)?\p{Ll}+)/iu;
const CURRENCY: Readonly<Record<string, string>> = { $: 'USD', '€': 'EUR', '£': 'GBP', '¥': 'JPY' };
const TIMES = { k: 1_000, m: 1_000_000 };

/** The first amount: of money before anything else. */
export function quantityOf(object: string): { quantity: number | null; unit: string | null } {
  const money = MONEY.exec(object);
  if (money) {
    const times = money[3] ? TIMES[money[3].toLowerCase() as 'k' | 'm'] : 1;
    return { quantity: Number(money[2]!.replaceAll(',', '')) * times, unit: CURRENCY[money[1]!]! };
  }
  const amount = AMOUNT.exec(object);
  if (!amount) return { quantity: null, unit: null };
  const written = amount[1]!.toLowerCase();
  const quantity = NUMBER_WORDS[written] ?? Number(written.replaceAll(',', ''));
  return Number.isFinite(quantity) ? { quantity, unit: amount[2]! } : { quantity: null, unit: null };
}
