// Cuts a long text into overlapping pieces for embedding, between paragraphs or sentences wherever one ends close by.
// Ends lie near an even grid: no piece is tiny, and how many there are is known before the text is read. Linear time.

/** `text.slice(start, end)`, in UTF-16 units. */
export interface Piece {
  start: number;
  end: number;
}

export interface PieceSize {
  /** Units in a piece, at most; fewer than 16 count as 16. */
  chars: number;
  /** Units that a piece repeats of the one before, at most; never more than half a piece. */
  overlap: number;
  /** Pieces of one text, at most; where it would need more, `chars` grows, so that all of it is embedded nevertheless. */
  max: number;
}

/** How far from the grid an end may move, in steps of the grid. */
const TOLERANCE = 1 / 4;

/**
 * A text of at most `chars` units is one piece, whatever it holds. Of a longer one every character but white space is in
 * some piece, starts and ends both ascend, no piece begins or ends with white space, and none cuts what people see as
 * one character (unless that is longer than a fifth of a piece: then between code points). A long text of nothing but
 * white space has no pieces.
 */
export function pieces(text: string, size: PieceSize): Piece[] {
  if (text.length <= size.chars) return [{ start: 0, end: text.length }];
  const first = afterWhite(text, 0, 0);
  const last = beforeWhite(text, text.length, first);
  if (first >= last) return [];
  const { count, chars, overlap } = plan(last - first, size);
  const step = (last - first) / count;

  const found: Piece[] = [];
  let start = first;
  for (let i = 1; i <= count; i++) {
    const target = first + Math.floor(step * i);
    // A long stretch of white space has been passed already.
    if (target < start) continue;
    const cut = i === count ? last : chooseEnd(text, start, target, Math.floor(step * TOLERANCE), start + chars);
    const end = beforeWhite(text, cut, start);
    // Nothing new where the step fell into white space.
    if (end > (found.at(-1)?.end ?? start)) found.push({ start, end });
    const begun = found.at(-1)!.start;
    start = chooseStart(text, begun, Math.max(cut - overlap, begun + 1), cut);
  }
  return found;
}

/**
 * From one end to the next it may be `1 + TOLERANCE` steps, and that much must fit into a piece after what it repeats.
 * Then every piece reaches its target, whatever was chosen before it.
 */
function plan(length: number, size: PieceSize): { count: number; chars: number; overlap: number } {
  const chars = Math.max(16, Math.floor(size.chars));
  const overlap = Math.min(Math.max(0, Math.floor(size.overlap)), Math.floor(chars / 2));
  const max = Math.max(1, Math.floor(size.max));
  const reach = length * (1 + TOLERANCE);
  // Two units less, for rounding.
  const count = length <= chars ? 1 : Math.ceil(reach / (chars - overlap - 2));
  return count <= max
    ? { count, chars, overlap }
    : { count: max, chars: Math.ceil(reach / max) + overlap + 2, overlap };
}

/** The best place within tolerance of the target; of equals the nearest, of these the first. */
function chooseEnd(text: string, start: number, target: number, tolerance: number, highest: number): number {
  let best = NOTHING;
  let cut = -1;
  for (let at = target - tolerance; at <= Math.min(target + tolerance, highest); at++) {
    const rank = endingAt(text, at);
    if (rank < best || rank === NOTHING) continue;
    if (rank === best && Math.abs(at - target) >= Math.abs(cut - target)) continue;
    if (!isEdge(text, at, start)) continue;
    best = rank;
    cut = at;
  }
  if (best !== NOTHING) return cut;
  const edge = edgesAround(text, target, start).before;
  return edge >= target - tolerance ? edge : codePointEdge(text, target);
}

/**
 * Start of the piece after a cut: as far back as `from` where a sentence begins there, else a line, clause or word.
 * What follows a clean cut is not spoiled by part of a sentence in front of it.
 * @param begun start of the piece before the cut
 */
function chooseStart(text: string, begun: number, from: number, cut: number): number {
  let best = Math.max(WORD, asStart(endingAt(text, cut))) - 1;
  let start = -1;
  for (let at = from; at < cut && best < SENTENCE; at++) {
    const rank = asStart(endingAt(text, at));
    if (rank <= best) continue;
    const begin = afterWhite(text, at, begun);
    if (begin >= cut || !isEdge(text, begin, begun)) continue;
    best = rank;
    start = begin;
  }
  if (start >= 0) return start;
  if (endingAt(text, cut) === NOTHING) {
    // In the middle of a very long word, or of a script without spaces.
    const edge = edgesAround(text, from, begun).after;
    if (edge < cut) return afterWhite(text, edge, begun);
  }
  return afterWhite(text, cut, begun);
}

// --- what ends where ------------------------------------------------------------------------------------------------

/** What ends at a place, the better the higher. */
const NOTHING = 0;
const WORD = 1;
const CLAUSE = 2;
const LINE = 3;
const SENTENCE = 4;
const PARAGRAPH = 5;

/** A paragraph begins no better than any sentence: the earliest of either repeats most. */
const asStart = (rank: number): number => Math.min(rank, SENTENCE);

/** Ends of sentences that may be followed by anything, and by white space only. */
const CLOSED_STOPS = codes('。！？｡');
const OPEN_STOPS = codes('.!?…؟۔।॥።፧။။។៕։།‼⁇⁈⁉');
const CLOSED_COMMAS = codes('，、；：､');
const OPEN_COMMAS = codes(',;:،؛—–');
/** What may stand between the end of a sentence and the white space after it. */
const CLOSERS = codes('"\'’”»›)]}*_`」』）】》〉］');
const MAX_CLOSERS = 4;

/** Whatever stands before a single full stop there belongs to it. */
const ABBREVIATION =
  /(?:^|[^\p{L}\p{N}])(?:(?:\p{L}\.)*\p{L}|\p{N}{1,2}|mrs?|ms|dr|prof|rev|hon|gen|col|lt|sgt|st|mt|jr|sr|vs|etc|cf|al|approx|ca|no|nr|fig|figs|sec|ch|vol|ed|eds|pp|inc|ltd|corp|dept|est|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec|bzw|usw|vgl|bspw|inkl|evtl|mme|mlle)$/iu;
/** Longer than any of them, with the dots of "e.g". */
const ABBREVIATION_UNITS = 12;
const LOWER_CASE = /^\p{Ll}/u;

/** Rank of a cut between the units `at - 1` and `at`; NOTHING after white space, whose other side is the place to cut. */
function endingAt(text: string, at: number): number {
  if (at <= 0 || at >= text.length) return NOTHING;
  const before = text.charCodeAt(at - 1);
  const after = text.charCodeAt(at);
  if (isWhite(before)) return NOTHING;
  if (!isWhite(after)) {
    // Scripts that put no space after a stop; of "。」" the end is the end.
    if (CLOSERS.has(after) || CLOSED_STOPS.has(after)) return NOTHING;
    if (CLOSED_STOPS.has(text.charCodeAt(beforeClosers(text, at) - 1))) return SENTENCE;
    return CLOSED_COMMAS.has(before) ? CLAUSE : NOTHING;
  }
  const next = skipWhite(text, at);
  const lines = lineBreaks(text, at, next);
  if (lines > 1) return PARAGRAPH;
  if (isSentenceEnd(text, at, next)) return SENTENCE;
  if (lines === 1) return LINE;
  return OPEN_COMMAS.has(before) || CLOSED_COMMAS.has(before) ? CLAUSE : WORD;
}

/** @param next where the white space that begins at `at` ends */
function isSentenceEnd(text: string, at: number, next: number): boolean {
  const closed = beforeClosers(text, at);
  const stop = text.charCodeAt(closed - 1);
  if (CLOSED_STOPS.has(stop)) return true;
  const before = text.charCodeAt(closed - 2);
  // Alone it is an operator.
  if (!OPEN_STOPS.has(stop) || isWhite(before)) return false;
  const single = stop === FULL_STOP && before !== FULL_STOP;
  // "Wait... what", "“Why?” he asked"; but many write whole sentences without a capital.
  if (!single || closed < at) return !LOWER_CASE.test(text.slice(next, next + 2));
  return !ABBREVIATION.test(text.slice(Math.max(0, closed - 1 - ABBREVIATION_UNITS), closed - 1));
}

function beforeClosers(text: string, at: number): number {
  let end = at;
  while (end > 1 && at - end < MAX_CLOSERS && CLOSERS.has(text.charCodeAt(end - 1))) end--;
  return end;
}

/** Line breaks in a stretch of white space; more than one make a paragraph. */
function lineBreaks(text: string, from: number, to: number): number {
  let count = 0;
  for (let at = from; at < to && count < 2; at++) {
    const code = text.charCodeAt(at);
    if (code === LF || code === LINE_SEPARATOR || (code === CR && text.charCodeAt(at + 1) !== LF)) count++;
    else if (code === PARAGRAPH_SEPARATOR || code === FORM_FEED) count += 2;
  }
  return count;
}

// --- characters -----------------------------------------------------------------------------------------------------

const LF = 0x0a;
const FORM_FEED = 0x0c;
const CR = 0x0d;
const FULL_STOP = 0x2e;
const LINE_SEPARATOR = 0x2028;
const PARAGRAPH_SEPARATOR = 0x2029;

function codes(chars: string): ReadonlySet<number> {
  return new Set(Array.from(chars, (char) => char.charCodeAt(0)));
}

/** What `trim` takes away. */
function isWhite(code: number): boolean {
  if (code < 0x80) return code === 0x20 || (code >= 9 && code <= 13);
  return code === 0xa0 || (code >= 0x1680 && WIDE_WHITE.has(code));
}
const WIDE_WHITE = codes(
  '\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000\ufeff',
);

function skipWhite(text: string, from: number): number {
  let at = from;
  while (at < text.length && isWhite(text.charCodeAt(at))) at++;
  return at;
}

/** Where the next text begins: after white space, less the space that an accent sits on. */
function afterWhite(text: string, from: number, edge: number): number {
  const at = skipWhite(text, from);
  return at === from || isEdge(text, at, edge) ? at : at - 1;
}

/** Where the text before a place ends, not before `from`. */
function beforeWhite(text: string, place: number, from: number): number {
  let at = place;
  while (at > from && isWhite(text.charCodeAt(at - 1))) at--;
  return at === place || isEdge(text, at, from) ? at : at + 1;
}

const GRAPHEMES = new Intl.Segmenter('en', { granularity: 'grapheme' });
/** Always joins what is before it; most of the answers, without the cost of segmenting. */
const EXTENDS = /[\p{Mn}\u200d]/u;
/** Units after a place that are looked at to see where the character around it ends. */
const CLUSTER_UNITS = 64;

/** Printable ASCII, Latin and Cyrillic letters, kana, Han and Hangul syllables: of these no two ever join. */
const isPlain = (code: number): boolean =>
  (code >= 0x20 && code < 0x7f) ||
  (code >= 0xc0 && code < 0x300) ||
  (code >= 0x400 && code < 0x483) ||
  (code >= 0x3001 && code < 0x302a) ||
  (code >= 0x3041 && code < 0x3097) ||
  (code >= 0x30a0 && code < 0x3100) ||
  (code >= 0x3400 && code < 0xa000) ||
  (code >= 0xac00 && code < 0xd7a4);

/** @param edge a place before, known to lie between characters */
function isEdge(text: string, at: number, edge: number): boolean {
  if (at <= edge || at >= text.length) return true;
  if (isPlain(text.charCodeAt(at - 1)) && isPlain(text.charCodeAt(at))) return true;
  return !EXTENDS.test(text.charAt(at)) && edgesAround(text, at, edge).before === at;
}

/**
 * Beginning and end of the character around a place, both the place itself where it lies between two. Segments from a
 * plain character before it: what stands further left can only have a say in where that one begins.
 */
function edgesAround(text: string, at: number, edge: number): { before: number; after: number } {
  for (let anchor = at - 1; ; anchor--) {
    while (anchor > edge && !isPlain(text.charCodeAt(anchor))) anchor--;
    if (anchor < edge) return { before: at, after: at };
    const around = GRAPHEMES.segment(text.slice(anchor, at + CLUSTER_UNITS)).containing(at - anchor);
    if (!around || around.index + anchor === at) return { before: at, after: at };
    if (around.index === 0 && anchor > edge) continue;
    return { before: anchor + around.index, after: anchor + around.index + around.segment.length };
  }
}

/** The place, or the one before where it lies inside a surrogate pair. */
function codePointEdge(text: string, at: number): number {
  const split = (text.charCodeAt(at) & 0xfc00) === 0xdc00 && (text.charCodeAt(at - 1) & 0xfc00) === 0xd800;
  return split ? at - 1 : at;
}
