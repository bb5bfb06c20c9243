// Porter's stemmer (M. F. Porter, "An algorithm for suffix stripping", Program 14(3), 1980, https://tartarus.org/martin/PorterStemmer/def.txt)
// with the habits of SQLite FTS5's `porter` tokenizer, so that terms computed here equal the terms in an FTS5 table.

/** FTS5 passes tokens outside these lengths (UTF-8 bytes) through unchanged. */
export const STEM_MIN_BYTES = 3;
export const STEM_MAX_BYTES = 64;

type Rules = Readonly<Record<string, readonly (readonly [suffix: string, replacement: string])[]>>;

// Rules are keyed by the letter before the last: at most one group can match a word, and within it the first match
// decides, even when its condition then fails.
const STEP_2: Rules = {
  a: [
    ['ational', 'ate'],
    ['tional', 'tion'],
  ],
  c: [
    ['enci', 'ence'],
    ['anci', 'ance'],
  ],
  e: [['izer', 'ize']],
  g: [['logi', 'log']],
  l: [
    ['bli', 'ble'],
    ['alli', 'al'],
    ['entli', 'ent'],
    ['eli', 'e'],
    ['ousli', 'ous'],
  ],
  o: [
    ['ization', 'ize'],
    ['ation', 'ate'],
    ['ator', 'ate'],
  ],
  s: [
    ['alism', 'al'],
    ['iveness', 'ive'],
    ['fulness', 'ful'],
    ['ousness', 'ous'],
  ],
  t: [
    ['aliti', 'al'],
    ['iviti', 'ive'],
    ['biliti', 'ble'],
  ],
};
const STEP_3: Rules = {
  a: [['ical', 'ic']],
  s: [['ness', '']],
  t: [
    ['icate', 'ic'],
    ['iciti', 'ic'],
  ],
  u: [['ful', '']],
  v: [['ative', '']],
  z: [['alize', 'al']],
};
const STEP_4: Rules = {
  a: [['al', '']],
  c: [
    ['ance', ''],
    ['ence', ''],
  ],
  e: [['er', '']],
  i: [['ic', '']],
  l: [
    ['able', ''],
    ['ible', ''],
  ],
  n: [
    ['ant', ''],
    ['ement', ''],
    ['ment', ''],
    ['ent', ''],
  ],
  o: [
    ['ion', ''],
    ['ou', ''],
  ],
  s: [['ism', '']],
  t: [
    ['ate', ''],
    ['iti', ''],
  ],
  u: [['ous', '']],
  v: [['ive', '']],
  z: [['ize', '']],
};

/** A, E, I, O, U, and Y after a consonant. Bytes of other scripts count as consonants, as in FTS5. */
function isVowel(code: number, afterConsonant: boolean): boolean {
  switch (code) {
    case 97:
    case 101:
    case 105:
    case 111:
    case 117:
      return true;
    case 121:
      return afterConsonant;
    default:
      return false;
  }
}

/** The paper's m: how often a vowel is followed by a consonant in the first `length` letters. */
function measure(word: string, length: number): number {
  let m = 0;
  let vowel = true;
  let seen = false;
  for (let i = 0; i < length; i++) {
    const next = isVowel(word.charCodeAt(i), seen && !vowel);
    if (seen && vowel && !next) m++;
    vowel = next;
    seen = true;
  }
  return m;
}

/** The paper's *v*. */
function hasVowel(word: string, length: number): boolean {
  for (let i = 0; i < length; i++) if (isVowel(word.charCodeAt(i), i > 0)) return true;
  return false;
}

/** The paper's *o: ends consonant-vowel-consonant, the last not W, X or Y. */
function endsShort(word: string, length: number): boolean {
  if (length < 3) return false;
  const last = word.charCodeAt(length - 1);
  if (last === 119 || last === 120 || last === 121) return false;
  let a = false;
  let b = false;
  let c = false;
  for (let i = 0; i < length; i++) {
    a = b;
    b = c;
    c = !isVowel(word.charCodeAt(i), c);
  }
  return a && !b && c;
}

function applyRules(word: string, rules: Rules, above: number): string {
  for (const [suffix, replacement] of rules[word.charAt(word.length - 2)] ?? []) {
    if (word.length <= suffix.length || !word.endsWith(suffix)) continue;
    const length = word.length - suffix.length;
    if (measure(word, length) <= above) return word;
    if (suffix === 'ion' && !/[st]/.test(word.charAt(length - 1))) return word;
    return word.slice(0, length) + replacement;
  }
  return word;
}

function plural(word: string): string {
  if (!word.endsWith('s')) return word;
  if ((word.endsWith('sses') && word.length > 4) || (word.endsWith('ies') && word.length > 3)) return word.slice(0, -2);
  return word.endsWith('ss') ? word : word.slice(0, -1);
}

function pastAndProgressive(word: string): string {
  if (word.endsWith('eed') && word.length > 3) return measure(word, word.length - 3) > 0 ? word.slice(0, -1) : word;
  const cut = word.endsWith('ed') ? 2 : word.endsWith('ing') ? 3 : 0;
  if (cut === 0 || !hasVowel(word, word.length - cut)) return word;
  const stem = word.slice(0, -cut);
  if (stem.endsWith('at') || stem.endsWith('bl') || stem.endsWith('iz')) return `${stem}e`;
  const last = stem.charCodeAt(stem.length - 1);
  const doubled = stem.length > 1 && last === stem.charCodeAt(stem.length - 2) && !isVowel(last, false);
  if (doubled && !/[lsz]$/.test(stem)) return stem.slice(0, -1);
  return measure(stem, stem.length) === 1 && endsShort(stem, stem.length) ? `${stem}e` : stem;
}

function finalLetters(word: string): string {
  let stem = word;
  if (stem.endsWith('e')) {
    const m = measure(stem, stem.length - 1);
    if (m > 1 || (m === 1 && !endsShort(stem, stem.length - 1))) stem = stem.slice(0, -1);
  }
  return stem.endsWith('ll') && measure(stem, stem.length - 1) > 1 ? stem.slice(0, -1) : stem;
}

function stem(word: string): string {
  let out = pastAndProgressive(plural(word));
  if (out.endsWith('y') && hasVowel(out, out.length - 1)) out = `${out.slice(0, -1)}i`;
  out = applyRules(out, STEP_2, 0);
  out = applyRules(out, STEP_3, 0);
  return finalLetters(applyRules(out, STEP_4, 1));
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** FTS5 works on UTF-8 bytes: here each becomes one character, so that lengths and double letters come out the same. */
function stemBytes(word: string): string {
  const bytes = encoder.encode(word);
  if (bytes.length < STEM_MIN_BYTES || bytes.length > STEM_MAX_BYTES) return word;
  const out = stem(String.fromCharCode(...bytes));
  return decoder.decode(Uint8Array.from(out, (char) => char.charCodeAt(0)));
}

/** @param word lower case, as the `unicode61` tokenizer folds it */
export function porterStem(word: string): string {
  const last = word.charCodeAt(word.length - 1);
  // Every rule needs an ASCII letter at the end of the word.
  if (!(last >= 97 && last <= 122)) return word;
  if (/\P{ASCII}/u.test(word)) return stemBytes(word);
  return word.length < STEM_MIN_BYTES || word.length > STEM_MAX_BYTES ? word : stem(word);
}
