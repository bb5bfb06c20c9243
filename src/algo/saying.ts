// What a text says, apart from how it is written down: its words, numbers, symbols and pieces of code in order, folded,
// without the punctuation around them and without remarks about the saying itself ("as mentioned", "FYI").

/** `break` stands between clauses or the items of a list and is no word. */
export type TokenKind = 'word' | 'letter' | 'number' | 'code' | 'symbol' | 'break';
export interface Token {
  readonly kind: TokenKind;
  /** Folded. Of a break: `,` where a list may go on, `.` elsewhere. */
  readonly text: string;
}

export interface Saying {
  /** Remarks left out; no break at either end, never two in a row. */
  readonly tokens: readonly Token[];
  /** Those that are no breaks, in order. */
  readonly words: readonly string[];
  readonly question: boolean;
}

/** Raised and lowered digits and fractions would melt into the number before them: 10⁵ is not 105. */
const SMALL_DIGITS = /[\u00b2\u00b3\u00b9\u2070-\u2079\u2080-\u2089]+|[\u00bc-\u00be\u2150-\u215e]/g;
const INVISIBLE = /\p{Cf}|\ufe0e|\ufe0f/gu;
const APOSTROPHES = /[\u2018\u2019\u02bc\u2032`´]/g;
const OPENING = /^(?:[\p{Ps}\p{Pi}"'*¡¿…]|\.{2,})+/u;
const CLOSING = /[\p{Pe}\p{Pf}"'*….,;:!?。]+$/u;
/** Most words of most texts: nothing below would find more in them than the word. */
const PLAIN_WORD = /^[A-Za-z]+$/;
const LIST_MARK = /^(?:[-*•‣◦–])$/u;
const SIGNED_NUMBER = /^[+-]?\d[\d.,:/-]*$/;
/** Paths, addresses, identifiers, flags: written the same or not the same. */
const CODE = /[/\\@_#=<>~^|]|::|\p{L}\.\p{L}|\p{L}\+|^-{1,2}\p{L}/u;
/** Such code tells upper from lower case; "C++" does not. */
const CASE_MATTERS = /[/\\_.=:@-]/;
const THOUSANDS = /^[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?$/;
const UNSPACED = String.raw`[\p{scx=Hani}\p{scx=Hira}\p{scx=Kana}\p{scx=Thai}\p{scx=Laoo}\p{scx=Khmr}\p{scx=Mymr}]`;
const SPACED_WORD = String.raw`[[\p{L}\p{M}]--${UNSPACED}]+`;
const PARTS = new RegExp(
  [
    String.raw`(?<number>(?:^[+\-])?\p{Nd}+(?:[.,:\/\-]\p{Nd}+)*)`,
    String.raw`(?<letter>[${UNSPACED}&&[\p{L}\p{M}\p{N}]])`,
    `(?<word>${SPACED_WORD}(?:'${SPACED_WORD})*)`,
    `(?<list>[,;、،؛])`,
    String.raw`(?<clause>[.!?:。…—–\(\)\[\]\{\}「」『』])`,
    String.raw`(?<symbol>[\p{S}\p{N}%‰\&\#@])`,
  ].join('|'),
  'gv',
);
const SHORT_FORMS: Readonly<Record<string, readonly string[]>> = {
  cannot: ['can', 'not'],
  "can't": ['can', 'not'],
  "won't": ['will', 'not'],
  "shan't": ['shall', 'not'],
};
const ENDINGS: Readonly<Record<string, string>> = { re: 'are', m: 'am', ll: 'will', ve: 'have' };

const fold = (word: string): string => word.toLowerCase().replaceAll('ß', 'ss').replaceAll('ς', 'σ');

/** "don't" and "do not" are the same words. */
function wordsOf(written: string): readonly string[] {
  const word = fold(written);
  const known = Object.hasOwn(SHORT_FORMS, word) ? SHORT_FORMS[word] : undefined;
  if (known) return known;
  if (!word.includes("'")) return [word];
  if (word.endsWith("n't") && word.length > 3) return [word.slice(0, -3), 'not'];
  return word.split("'").map((part, at) => (at > 0 && Object.hasOwn(ENDINGS, part) ? ENDINGS[part]! : part));
}

function prepare(text: string): string {
  return text
    .replace(SMALL_DIGITS, (digits) => (/[\u00bc-\u00be\u2150-\u215e]/.test(digits) ? ` ${digits}` : ` ^${digits}`))
    .normalize('NFKC')
    .replace(INVISIBLE, '')
    .replace(APOSTROPHES, "'");
}

function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  const pause = (text: ',' | '.') => {
    const last = tokens.at(-1);
    if (!last) return;
    if (last.kind !== 'break') tokens.push({ kind: 'break', text });
    else if (text === '.') tokens[tokens.length - 1] = { kind: 'break', text };
  };
  const pauses = (punctuation: string) => {
    if (/[,;、]/.test(punctuation)) pause(',');
    if (/[^,;、"'*]/.test(punctuation)) pause('.');
  };
  for (const line of prepare(text).split(/\r\n|[\n\r\u2028\u2029]/)) {
    // The items of a list may stand on lines of their own.
    pause(',');
    for (const chunk of line.split(/\s+/)) {
      if (chunk === '') continue;
      if (PLAIN_WORD.test(chunk)) {
        for (const word of wordsOf(chunk)) tokens.push({ kind: 'word', text: word });
        continue;
      }
      if (LIST_MARK.test(chunk)) {
        pause(',');
        continue;
      }
      const opening = OPENING.exec(chunk)?.[0] ?? '';
      const rest = chunk.slice(opening.length);
      const closing = CLOSING.exec(rest)?.[0] ?? '';
      const core = rest.slice(0, rest.length - closing.length);
      pauses(opening);
      if (SIGNED_NUMBER.test(core)) tokens.push({ kind: 'number', text: plainNumber(core) });
      else if (CODE.test(core)) tokens.push({ kind: 'code', text: CASE_MATTERS.test(core) ? core : fold(core) });
      else for (const match of core.matchAll(PARTS)) take(match.groups!);
      pauses(closing);
    }
  }
  return tokens;

  function take(part: Record<string, string | undefined>): void {
    if (part.number !== undefined) tokens.push({ kind: 'number', text: plainNumber(part.number) });
    else if (part.letter !== undefined) tokens.push({ kind: 'letter', text: fold(part.letter) });
    else if (part.word !== undefined) for (const text of wordsOf(part.word)) tokens.push({ kind: 'word', text });
    else if (part.list !== undefined) pause(',');
    else if (part.clause !== undefined) pause('.');
    else if (part.symbol === '&') tokens.push({ kind: 'word', text: 'and' });
    else if (part.symbol !== undefined) tokens.push({ kind: 'symbol', text: part.symbol });
  }
}

const plainNumber = (digits: string): string => (THOUSANDS.test(digits) ? digits.replaceAll(',', '') : digits);

const spaced = (phrases: string): string =>
  phrases
    .split(' ')
    .map((phrase) => Array.from(phrase).join(' '))
    .join('|');
/** That something was said before, or is only said in passing; nothing that adds to it ("again", "of course", "maybe"). */
const AS_SAID =
  '(?:as|like) (?:(?:i|we|you|was|were|has|have|had|been|already|previously|just) )*(?:mentioned|noted|said|stated|discussed|described|explained|written|pointed out)(?: (?:before|above|earlier|already|previously|below))*';
const REMARKS = [
  AS_SAID,
  'fyi|btw|nb|see (?:above|below|earlier|also above)|for (?:(?:your|the) )?(?:information|record|reference)',
  'by the way|just so you know|so you know|for context|for what it s worth',
  'wie (?:(?:bereits|schon|oben) )*(?:erwähnt|gesagt|besprochen|beschrieben)|siehe oben|zur (?:info|information)|übrigens',
  'comme (?:(?:déjà|je l|on l) )*(?:mentionné|dit|indiqué|a dit)(?: plus haut| ci dessus| précédemment)?|pour (?:info|information|rappel)|voir (?:ci dessus|plus haut)',
  'como (?:(?:ya|se) )*(?:mencioné|mencionado|dicho|dije|indicado)(?: antes| arriba| anteriormente)?|ver arriba|para (?:tu|su) información|por cierto',
  spaced('如前所述 如上所述 见上文 見上文 仅供参考 供参考 前述の通り 前述のとおり 上記参照 ご参考まで'),
].join('|');
const REMARK = new RegExp(`^(?:${REMARKS})$`, 'u');
const OPENING_REMARK = new RegExp(
  `^(?:${REMARKS}|(?:please )?note(?: that)?|(?:(?:just|a|quick|friendly) )*reminder)$`,
  'u',
);
/** Where no punctuation sets the remark apart, only what can hardly be anything else. */
const TRAILING_REMARK = new RegExp(`^(?<said>.*\\S.*) (?:${AS_SAID}|fyi|btw)$`, 'u');
/** One of these begins such a remark; looking for them first spares most texts the search for it. */
const BEGINS_REMARK = new Set(['as', 'like', 'fyi', 'btw']);

interface Clause {
  /** From its first token up to the break after it. */
  readonly start: number;
  readonly end: number;
}

function withoutRemarks(tokens: readonly Token[]): readonly Token[] {
  const clauses: Clause[] = [];
  let start = 0;
  for (let at = 0; at <= tokens.length; at++) {
    if (at < tokens.length && tokens[at]!.kind !== 'break') continue;
    if (at > start) clauses.push({ start, end: at });
    start = at + 1;
  }
  const text = ({ start, end }: Clause): string =>
    end - start > 12
      ? ''
      : tokens
          .slice(start, end)
          .map((token) => token.text)
          .join(' ');
  let [first, last] = [0, clauses.length - 1];
  while (last > first && REMARK.test(text(clauses[last]!))) last--;
  while (first < last && OPENING_REMARK.test(text(clauses[first]!))) first++;
  const kept = tokens.slice(clauses[first]?.start ?? 0, clauses[last]?.end ?? 0);
  const closing = clauses[last];
  if (!closing) return kept;
  const tail = kept.slice(Math.max(closing.start - clauses[first]!.start, kept.length - 16));
  if (!tail.some(({ text }) => BEGINS_REMARK.has(text))) return kept;
  const said = TRAILING_REMARK.exec(tail.map((token) => token.text).join(' '))?.groups?.said;
  if (said === undefined) return kept;
  return kept.slice(0, kept.length - tail.length + said.split(' ').length);
}

/** Linear in the length of the text. */
export function sayingOf(text: string): Saying {
  const tokens = withoutRemarks(tokensOf(text));
  return {
    tokens,
    words: tokens.flatMap((token) => (token.kind === 'break' ? [] : [token.text])),
    question: /[?？؟]/.test(text),
  };
}

/** Openings by which a speaker takes something back, and words that say that something has ended. */
const CORRECTS =
  /^\W*(?:actually|correction|corrected|edit|update[ds]?|scratch that|i meant|i was wrong|sorry|instead|wait|korrektur|eigentlich|en fait|correctif|correcci[oó]n|en realidad|更正|訂正)(?![\p{L}\p{N}])|\b(?:no longer|not any ?more|any ?more|nicht mehr|ne \S+ plus|ya no)\b|^(?:更正|訂正)|不再/iu;

/** Whether the text corrects or ends something said before: it must stand on its own, whatever it resembles. */
export const isCorrection = (text: string): boolean => CORRECTS.test(text);

const MEANS_THE_DAY =
  /\b(?:today|tonight|yesterday|tomorrow|now|currently|this (?:morning|afternoon|evening|week|month|year)|(?:last|next) (?:night|week|month|year|\w+day)|heute|gestern|morgen|aujourd'hui|hier|demain|hoy|ayer)\b|今日|昨日|明日|今天|昨天|明天/iu;

/** Whether the text means another day when it is said on another day. */
export const meansItsDay = (text: string): boolean => MEANS_THE_DAY.test(text);
