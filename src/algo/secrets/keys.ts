// Keys as files and lines, tokens in headers and cookies, seeds of one-time passwords.
import { distinct, isPlaceholder, isStandIn, looksChosen, looksRandom } from './doubt.ts';
import { announced, opensWord, type Rule, token } from './rule.ts';

/** What of a key block without an end is taken for the key. */
const CUT_SHORT = 100;
const LABEL = /(?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-{5}/y;
/** Line breaks may be written out; headers come before an empty line. */
const BODY =
  /(?:\s|\\[nr]){0,8}(?:[A-Za-z][A-Za-z-]{1,40}: [^\n\\]{0,200}(?:\s|\\[nr]){1,6}){0,6}(?:[A-Za-z0-9+/=]{1,4096}(?:\s|\\[nr]|["',+>|]){0,12}){0,2000}/y;
const END = /-{5}END [A-Z0-9 ]{1,50}-{5}/y;

const pem: Rule = {
  kind: 'private-key',
  anchors: ['-----BEGIN '],
  find(text, at, anchor) {
    LABEL.lastIndex = at + anchor.length;
    const label = LABEL.exec(text);
    if (!label) return null;
    BODY.lastIndex = LABEL.lastIndex;
    const body = BODY.exec(text)?.[0] ?? '';
    END.lastIndex = at + anchor.length + label[0].length + body.length;
    const end = END.exec(text);
    if (end ? body.length < 40 || distinct(body) < 12 : body.length < CUT_SHORT || !looksDense(body)) return null;
    return { start: at, end: end ? END.lastIndex : at + anchor.length + label[0].length + body.trimEnd().length };
  },
};
const looksDense = (text: string): boolean => /[A-Za-z0-9+/]{40}/.test(text);

const PUTTY = /\d{1,4}\s{1,4}(?:[A-Za-z0-9+/=]{1,76}\s{1,4}){1,200}(?:Private-(?:MAC|Hash): [0-9a-f]{20,80})?/y;
const putty: Rule = {
  kind: 'private-key',
  anchors: ['Private-Lines: '],
  find(text, at, anchor) {
    PUTTY.lastIndex = at + anchor.length;
    const match = PUTTY.exec(text);
    return match && match[0].length > 60 ? { start: at, end: at + anchor.length + match[0].length } : null;
  },
};

const JWT =
  /eyJ[A-Za-z0-9_-]{10,4096}\.(?:[A-Za-z0-9_-]{10,16384})?\.[A-Za-z0-9_-]{16,2048}(?:\.[A-Za-z0-9_-]{16,16384}\.[A-Za-z0-9_-]{16,64})?/y;
const jwt: Rule = {
  kind: 'jwt',
  anchors: ['eyJ'],
  find(text, at) {
    if (!opensWord(text, at)) return null;
    JWT.lastIndex = at;
    const match = JWT.exec(text);
    return match ? { start: at, end: at + match[0].length } : null;
  },
};

function loginOf(base64: string): boolean {
  if (isPlaceholder(base64)) return false;
  try {
    return /^[\x20-\x7e]*:[\x20-\x7e]+$/.test(atob(base64));
  } catch {
    return false;
  }
}

const SESSION = /(?:sess|sid\b|auth|token|jwt|csrf|xsrf|login|remember|identity)/i;
const COOKIE_PAIR = /([A-Za-z0-9_.-]{1,64})=([^;\s"',]{1,4096})/y;
const cookie: Rule = {
  kind: 'session-cookie',
  anchors: ['cookie: ', "cookie': '", 'cookie": "', 'cookie='],
  anyCase: true,
  find(text, at, anchor) {
    let next = at + anchor.length;
    for (let pairs = 0; pairs < 20; pairs++) {
      COOKIE_PAIR.lastIndex = next;
      const match = COOKIE_PAIR.exec(text);
      if (!match) return null;
      const [whole, name, value] = match as unknown as [string, string, string];
      const bare = value.replace(/%3A|%2B|%2F|%3D/gi, '');
      const start = next + name.length + 1;
      if (SESSION.test(name) && bare.length >= 16 && looksRandom(bare.slice(0, 128)))
        return { start, end: start + value.length };
      next += whole.length;
      if (text[next] !== ';') return null;
      next += text[next + 1] === ' ' ? 2 : 1;
    }
    return null;
  },
};

const SEED_WORDS =
  /(?:[:=]|\s(?:is|are|was)\b:?|\s?-)\s{0,3}["'`(]?((?:\d{1,2}[.)]?\s)?[a-z]{3,8}(?:[\s,]{1,3}(?:\d{1,2}[.)]?\s)?[a-z]{3,8}){11,23})/y;
const seedPhrase: Rule = {
  kind: 'seed-phrase',
  anchors: ['seed phrase', 'recovery phrase', 'mnemonic', 'seed words', 'backup phrase', 'secret phrase'],
  anyCase: true,
  find(text, at, anchor) {
    SEED_WORDS.lastIndex = at + anchor.length;
    const match = SEED_WORDS.exec(text);
    if (!match) return null;
    const words = match[1]!.split(/[\s,]+/).filter((word) => /[a-z]/i.test(word));
    // Of a sentence every other word is a short one of grammar; none of those is in the list the phrases are made of.
    if (words.some((word) => GRAMMAR.has(word.toLowerCase()))) return null;
    const end = at + anchor.length + match[0].length;
    return { start: end - match[1]!.length, end };
  },
};
const GRAMMAR = new Set(
  'the and was are his her its our your their for from with has had not but who whom which were they them she him will shall would could does did into onto than then these those been being any'.split(' '), // biome-ignore format: a list
);

export const KEYS: readonly Rule[] = [
  pem,
  putty,
  token('age-key', 'AGE-SECRET-KEY-1', '[0-9A-Z]{58}'),
  jwt,
  announced('bearer-token', ['bearer ', 'bearer%20'], ' {0,3}', '[A-Za-z0-9._~+/=-]{16,4096}', {
    anyCase: true,
    vague: true,
    check: (value) => looksRandom(value.slice(0, 200)) || /^[\w-]+\.[\w-]{16,}/.test(value),
  }),
  announced('basic-login', 'basic ', ' {0,3}', '[A-Za-z0-9+/]{8,400}={0,2}', { anyCase: true, check: loginOf }),
  announced('totp-seed', ['?secret=', '&secret='], '', '[A-Z2-7]{16,128}(?![A-Za-z0-9])'),
  announced(
    'totp-seed',
    ['totp secret', 'totp seed', '2fa secret', 'otp secret', 'totp_secret', 'otp_secret', 'mfa secret', 'mfa_secret'],
    '["\']?\\s{0,3}(?:[:=]|is)\\s{0,3}["\']?',
    '[A-Z2-7]{4}(?: ?[A-Z2-7]{4}){3,15}',
    { anyCase: true },
  ),
  announced('sqlcipher-key', ['key = "x\'', "key = 'x''", 'key="x\'', "key=\"x'", 'key = x\'', "key '\"x'", 'hexkey = \'', "hexkey='"], '', '[0-9a-fA-F]{64,96}', { anyCase: true }), // biome-ignore format: one line
  cookie,
  seedPhrase,
  announced(
    'passphrase',
    'passphrase',
    '["\']?\\s{0,3}(?:[:=]|is)\\s{0,3}["\'`]?',
    '[A-Za-z]{3,14}(?:[ -][A-Za-z]{3,14}){2,9}',
    {
      anyCase: true,
      vague: true,
      check: (words) =>
        words.split(/[ -]/).every((word) => !GRAMMAR.has(word.toLowerCase()) && !TALK.has(word.toLowerCase())),
    },
  ),
  announced(
    'passphrase',
    'passphrase',
    '["\']?\\s{0,3}(?:[:=]|is|for [\\w./~-]{1,60} is)\\s{0,3}["\'`]?',
    '[^\\s"\'`,;()]{6,200}',
    {
      anyCase: true,
      vague: true,
      check: (value) => !isStandIn(value) && looksChosen(value.replace(/\.$/, ''), false),
    },
  ),
];
/** Words with which one speaks about passphrases. */
const TALK = new Set(
  'use must should required needed stored kept asked enter type empty none long word words characters optional'.split(
    ' ',
  ),
);
