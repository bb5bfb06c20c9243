// Whether what stands in the place of a secret is one: stand-ins of manuals are not, nor are words and code.

const STAND_IN =
  /example|your|placeholder|dummy|redacted|change.?me|insert|replace|sample|fake|foobar|lorem|abcdefgh|abcd1234|12345678|87654321|deadbeef|[x*]{6}|\.{3}|…/i;
/** In longer ones chance writes such things too. */
const SHORT = 60;
const REPEATED = /(.)\1{6}/;

export const distinct = (text: string): number => new Set(text).size;

/** Of text that should be random. */
export function isPlaceholder(text: string): boolean {
  if (text.length > SHORT) return distinct(text.slice(0, 200)) < 12;
  return STAND_IN.test(text) || REPEATED.test(text) || distinct(text) < Math.min(6, text.length / 2);
}

const NOT_SET =
  /^(?:null|none|nil|undefined|true|false|yes|no|on|off|empty|unset|string|str|text|int|number|bool|boolean|any|void|bytes|required|optional|password|passwd|pass|secret|token|key|hidden|masked|removed|n\/a|tbd|todo|test|admin|root|guest|default|username|user)$/i;
/** `$NAME`, `${…}`, `{{…}}`, `<…>`, `%NAME%`, `:name`, `[…]`: somebody else fills it in. */
const FILLED_IN = /^(?:\$|\{|<|%[A-Za-z_]+%|:[a-z_]+$|\[|@\w+$|#\{|\(|[&*][a-z_]+$)|\$\{|\{\{|<[a-z]/i;
/** Calls, fields of objects, paths. */
const CODE =
  /\(|\)|\w\[\w|=>|::|->|^(?:[a-z_]\w*\.)+[a-z_]\w*$|^(?:process|os|env|self|this|req|request|config|settings|ctx|args|options)\b[.[]|^(?:\.{0,2}\/|~\/|[A-Za-z]:\\)/i;

/** What stands after `password =` and names nothing that anybody could log in with. */
export const isStandIn = (value: string): boolean =>
  NOT_SET.test(value) || FILLED_IN.test(value) || CODE.test(value) || STAND_IN.test(value) || distinct(value) < 3;

type Class = 'lower' | 'upper' | 'digit' | 'other';
const classOf = (code: number): Class =>
  code >= 97 && code <= 122
    ? 'lower'
    : code >= 65 && code <= 90
      ? 'upper'
      : code >= 48 && code <= 57
        ? 'digit'
        : 'other';

interface Shape {
  /** Runs of one class, without those of punctuation; a capital belongs to the small letters it opens. */
  runs: number;
  lower: number;
  upper: number;
  digit: number;
  other: number;
}

export function shapeOf(text: string): Shape {
  const shape: Shape = { runs: 0, lower: 0, upper: 0, digit: 0, other: 0 };
  let before: Class | null = null;
  for (let i = 0; i < text.length; i++) {
    const now = classOf(text.charCodeAt(i));
    shape[now]++;
    if (now !== before && now !== 'other' && !(now === 'lower' && before === 'upper')) shape.runs++;
    before = now;
  }
  return shape;
}

/** Names of things in code change their class at the ends of words, random text every other character. */
const CHANGES = 0.22;
const PLAIN_CHANGES = 0.16;

/** Looks as if a machine had drawn it. */
export function looksRandom(text: string, shortest = 16): boolean {
  if (text.length < shortest || isPlaceholder(text)) return false;
  const { runs, digit, lower, upper, other } = shapeOf(text);
  if (other > text.length / 4 || distinct(text) < 9) return false;
  if (digit < 2) return lower > 0 && upper > 2 && other <= 2 && runs / text.length >= CHANGES;
  if (lower + upper < 2) return false;
  return runs / text.length >= (other <= 1 ? PLAIN_CHANGES : CHANGES);
}

const WORDS_AND_NUMBER = /^[A-Za-z]+(?:[-_ ][A-Za-z]+)*$/;
/** Names of methods and units that carry digits. */
const TECHNICAL =
  /^(?:v\d+(?:\.\d+)*|(?:sha|md|aes|rsa|hs|rs|es|ps|utf|base|ed|ipv|tls|oauth|x|http|pbkdf|argon|bcrypt|scrypt)-?\d{1,4}(?:[-./]?(?:\d{1,4}|[a-z]{2,9}))*|\d+(?:[.,]\d+)*(?:ms|s|m|h|d|kb|mb|gb|px|%|x|-?(?:days?|hours?|minutes?|seconds?|char(?:acter)?s?|bits?|bytes?))?)$/i;
const DATE = /^\d{4}-\d\d(?:-\d\d)?/;

/**
 * Looks like a password somebody chose or was given: more than a word.
 * @param quoted somebody took care to mark where it begins and ends
 */
export function looksChosen(text: string, quoted: boolean): boolean {
  if (text.length < 6 || text.length > 200 || isStandIn(text) || TECHNICAL.test(text) || DATE.test(text)) return false;
  const { lower, upper, digit, other } = shapeOf(text);
  const letters = lower + upper;
  if (letters === 0) return quoted && digit >= 6;
  if (digit > 0) return !/^[A-Za-z]+_[a-z_\d]*$/.test(text) || /[^a-z\d_]/i.test(text);
  if (WORDS_AND_NUMBER.test(text)) return lower > 0 && upper > 2 && looksRandom(text, 12);
  return other > 0 && upper > 0 && lower > 0 && /[!@#$%^&*+?~]/.test(text);
}
