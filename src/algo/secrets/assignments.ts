// `password = …`, `"apiKey": "…"`, `the token is …`: a name that says secret, and a value that looks like one.
import { isPlaceholder, isStandIn, looksChosen, looksRandom, shapeOf } from './doubt.ts';
import type { Found, Rule } from './rule.ts';

/** Longest name, value and distance between them. */
const NAME_CHARS = 80;
const VALUE_CHARS = 512;
/** What is looked at of a value to tell what it is. */
const JUDGED_CHARS = 160;

/** The name ends in what it names: `token_count` is no token, `password_file` no password. */
const PASSWORD = /(?:pass(?:word|wd|wort|code|phrase)?|pwd|passw|contrase(?:n|ñ)a|mot_?de_?passe)\d?$/i;
const SECRET =
  /(?:secret|token|credentials?|api[_.-]?key|apikey|app[_.-]?key|application[_.-]?key|access[_.-]?key|secret[_.-]?key|private[_.-]?key|signing[_.-]?key|encryption[_.-]?key|master[_.-]?key|account[_.-]?key|auth[_.-]?key|license[_.-]?key|storage[_.-]?key|service[_.-]?key|client[_.-]?secret|webhook[_.-]?key|session[_.-]?key|hmac[_.-]?key|secret[_.-]?access[_.-]?key|salt|pepper|jwt|auth|bearer)(?:[_.-]?(?:value|hex|base64|b64|prod|production|dev|staging|test|live|old|new|v?\d))?$/i;
/** What the name of something that is not secret ends or begins with though it says so. */
const PUBLIC = /(?:public|publish|^pk_|next_?page|page_?token|continuation|csrf_?header|tokenizer|sync_?token$|cache)/i;
/** `name = "value"`, `name: value`, `"name": "value"`, `name is value`. */
const SEPARATOR =
  /["'`\]]{0,2}\s{0,4}(?:(:=|=>|[=:](?!=|:))|(?:\([^)\n]{1,40}\)\s?)?(is|was|lautet|est)(?=\s)|(?=\s["'`]))\s{0,8}/iy;
const BYTES_PREFIX = /(?:b|r|f|rb)(?=["'])/y;
/** A second `=` begins another value, unless it ends this one. */
const BARE = /[^\s"'`,;<>=]{1,512}={0,2}/y;

const VENDORS: readonly (readonly [RegExp, string])[] = [
  [/aws|amazon/i, 'aws-secret-key'],
  [/datadog|dd_|ddog/i, 'datadog-key'],
  [/twilio/i, 'twilio-token'],
  [/cloudflare|^cf_/i, 'cloudflare-token'],
  [/hcloud|hetzner/i, 'hetzner-token'],
  [/cohere/i, 'cohere-key'],
  [/mistral/i, 'mistral-key'],
  [/azure/i, 'azure-key'],
  [/okta/i, 'okta-token'],
  [/auth0/i, 'auth0-secret'],
  [/vercel/i, 'vercel-token'],
  [/algolia/i, 'algolia-key'],
  [/mapbox/i, 'mapbox-token'],
  [/openai/i, 'openai-key'],
  [/deepseek/i, 'deepseek-key'],
  [/newrelic|new_relic/i, 'new-relic-key'],
  [/sonar/i, 'sonar-token'],
  [/snyk/i, 'snyk-token'],
  [/codecov/i, 'codecov-token'],
  [/travis/i, 'travis-token'],
  [/zendesk/i, 'zendesk-token'],
  [/intercom/i, 'intercom-token'],
  [/asana/i, 'asana-token'],
  [/trello/i, 'trello-key'],
  [/postmark/i, 'postmark-token'],
  [/sumo/i, 'sumo-logic-key'],
  [/splunk/i, 'splunk-token'],
  [/pagerduty/i, 'pagerduty-key'],
  [/fastly/i, 'fastly-token'],
  [/linode/i, 'linode-token'],
  [/vultr/i, 'vultr-key'],
  [/scaleway|scw_/i, 'scaleway-key'],
  [/elastic/i, 'elastic-key'],
  [/redis/i, 'redis-password'],
];
const kindOf = (name: string, fallback: string): string =>
  VENDORS.find(([pattern]) => pattern.test(name))?.[1] ?? fallback;

/** Characters of names: letters, digits, `_`, `.` and `-`. */
const IN_NAME = Uint8Array.from({ length: 128 }, (_, code) =>
  /[A-Za-z0-9_.-]/.test(String.fromCharCode(code)) ? 1 : 0,
);
const inName = (code: number): boolean => code < 128 && IN_NAME[code] === 1;
const SPACE = 32;
const DOT = 46;
const DASH = 45;

/** Up to where the name goes on that stands at `at`. */
function nameEnd(text: string, at: number, anchor: string): number {
  const least = at + anchor.length;
  let end = least;
  while (end - at < NAME_CHARS && inName(text.charCodeAt(end))) end++;
  // The full stop of a sentence is no part of the name.
  while (end > least && (text.charCodeAt(end - 1) === DOT || text.charCodeAt(end - 1) === DASH)) end--;
  return end;
}

/** With up to two words before it, as in `datadog api key`. */
function nameStart(text: string, at: number): number {
  let start = at;
  for (let words = 0; start > 0 && at - start < NAME_CHARS; start--) {
    const code = text.charCodeAt(start - 1);
    if (inName(code)) continue;
    if (code !== SPACE || words++ === 2 || !inName(text.charCodeAt(start - 2))) break;
  }
  return start;
}

interface Value {
  start: number;
  end: number;
  quoted: boolean;
}

function valueAt(text: string, at: number): Value | null {
  // The rest of an address, such as that behind `oauth:`.
  if (text.startsWith('//', at)) return null;
  BYTES_PREFIX.lastIndex = at;
  const from = BYTES_PREFIX.exec(text) ? BYTES_PREFIX.lastIndex : at;
  const escaped = text[from] === '\\' && text[from + 1] === '"';
  const open = escaped ? '\\"' : text[from]!;
  if (escaped || open === '"' || open === "'" || open === '`') {
    const start = from + open.length;
    const end = text.slice(start, start + VALUE_CHARS).indexOf(open);
    if (end > 0) return { start, end: start + end, quoted: true };
    if (end === 0) return null;
    BARE.lastIndex = start;
  } else BARE.lastIndex = from;
  const match = BARE.exec(text);
  if (!match) return null;
  // Punctuation of the sentence around it.
  const value = match[0].replace(/(?:[.:!?]|\)|\]|\}|\\n)+$/, (tail) => (/^[!?]$/.test(tail) ? tail : ''));
  return { start: match.index, end: match.index + value.length, quoted: false };
}

const AWS_SECRET = /^[A-Za-z0-9+/]{40}$/;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Of a name that says token or key: drawn by a machine, or short and mixed as those of small programs are. */
function looksIssued(value: string, quoted: boolean): boolean {
  // A key of AWS may open with a slash as a path does.
  if (AWS_SECRET.test(value) && looksRandom(value)) return true;
  if (isStandIn(value) || isPlaceholder(value)) return false;
  if (UUID.test(value) || looksRandom(value)) return true;
  const { lower, upper, digit, other } = shapeOf(value);
  if (!quoted || value.length < 12 || /\s/.test(value)) return false;
  return digit >= 2 && lower + upper >= 4 && other > 0 && /[!@#$%^&*+/=~]/.test(value);
}

const SPACED = /\s/;

function judge(name: string, text: string, { start, end, quoted }: Value, said: boolean): string | null {
  const value = text.slice(start, Math.min(end, start + JUDGED_CHARS));
  if (PASSWORD.test(name)) {
    if (quoted && SPACED.test(value)) return null;
    return looksChosen(value, quoted && !said) ? kindOf(name, 'password') : null;
  }
  if (!SECRET.test(name) || PUBLIC.test(name) || SPACED.test(value)) return null;
  return looksIssued(value, quoted) ? kindOf(name, 'secret') : null;
}

export const assignment: Rule = {
  kind: 'secret',
  vague: true,
  anyCase: true,
  anchors: [
    'pass',
    'pwd',
    'secret',
    'token',
    'key',
    'credential',
    'salt',
    'pepper',
    'auth',
    'jwt',
    'contrase',
    'mot_de_',
  ],
  find(text, at, anchor): Found | null {
    const end = nameEnd(text, at, anchor);
    SEPARATOR.lastIndex = end;
    const separator = SEPARATOR.exec(text);
    if (!separator) return null;
    const [whole, sign, verb] = separator;
    const name = text.slice(nameStart(text, at), end).replaceAll(' ', '_');
    if (sign === undefined && verb === undefined && !/[_A-Z]/.test(name)) return null;
    const value = valueAt(text, end + whole.length);
    if (value === null || (sign === '=>' && !value.quoted)) return null;
    const kind = judge(name, text, value, verb !== undefined);
    return kind === null ? null : { start: value.start, end: value.end, kind };
  },
};

/** Names of which everything that is assigned goes, however plain: what somebody asks for who wants no chances taken. */
const ANY_VALUE =
  /(?:password|passwd|secret|token|api[_-]?key|apikey|credential|private[_-]?key|access[_-]?key)s?["']?\s{0,3}[=:]\s{0,3}["']?([^\s"'`,;]{3,1024})/gi;

/** @returns where the values stand */
export function assignedValues(text: string): { start: number; end: number }[] {
  return [...text.matchAll(ANY_VALUE)].flatMap((match) => {
    const value = match[1]!;
    const end = match.index + match[0].length;
    return /^\[REDACTED|^\/\//.test(value) ? [] : [{ start: end - value.length, end }];
  });
}
