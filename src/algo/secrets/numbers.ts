// Numbers that pay or name a person: cards, bank accounts, social security.
import { announced, type Found, type Rule } from './rule.ts';

const luhn = (digits: string): boolean => {
  let sum = 0;
  for (let i = 0; i < digits.length; i++) {
    const d = digits.charCodeAt(digits.length - 1 - i) - 48;
    sum += i % 2 === 0 ? d : d > 4 ? d * 2 - 9 : d * 2;
  }
  return sum % 10 === 0;
};

/** First digits of those who issue cards, and how long theirs are. */
const ISSUERS: readonly (readonly [RegExp, readonly number[]])[] = [
  [/^4/, [16, 19]],
  [/^(?:5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720)/, [16]],
  [/^3[47]/, [15]],
  [/^(?:6011|64[4-9]|65)/, [16, 19]],
  [/^35(?:2[89]|[3-8])/, [16]],
  [/^3(?:0[0-5]|095|[689])/, [14, 16]],
  [/^62/, [16, 17, 18, 19]],
  [/^(?:5018|5020|5038|6304|6759|676[1-3])/, [16, 18, 19]],
];
/** As they are printed: in fours, or as American Express and Diners do; otherwise all together. */
const GROUPS = /^(?:\d+|(\d{4})([ -])(?:\d{4}\2){2}\d{1,7}|\d{4}([ -])\d{6}\3\d{4,5})$/;
const RUN = /\d(?:[ -]?\d){12,18}/y;
/** Digits around it belong to something longer. */
const LONGER_BEFORE = /[\w.,+#/$€£-]$/;
const LONGER_AFTER = /^(?:\d|[ -]\d|[.,]\d|[A-Za-z_]|-[A-Za-z])/;

export function cardAt(text: string, at: number): Found | null {
  RUN.lastIndex = at;
  const run = RUN.exec(text)?.[0];
  if (run === undefined || !GROUPS.test(run)) return null;
  if (at > 0 && LONGER_BEFORE.test(text[at - 1]!) && !/[nrt]$/.test(text.slice(at - 2, at).replace(/^[^\\]./, '')))
    return null;
  if (LONGER_AFTER.test(text.slice(at + run.length, at + run.length + 2))) return null;
  const digits = run.replaceAll(/[ -]/g, '');
  if (
    new Set(digits).size < 4 ||
    !ISSUERS.some(([opens, lengths]) => opens.test(digits) && lengths.includes(digits.length))
  )
    return null;
  return luhn(digits) ? { start: at, end: at + run.length, kind: 'payment-card' } : null;
}

/** Length of the whole number by country, as its registry says. */
const IBAN_LENGTHS: Readonly<Record<string, number>> = Object.fromEntries(
  'AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 EE20 EG29 ES24 FI18 FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29 PT25 QA29 RO24 RS22 RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 YE30'
    .split(' ')
    .map((entry) => [entry.slice(0, 2), Number(entry.slice(2))]),
);
const IBAN = /[A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,31}/y;

function modulo97(text: string): number {
  let rest = 0;
  for (const char of text) {
    const value = Number.parseInt(char, 36);
    rest = (rest * (value > 9 ? 100 : 10) + value) % 97;
  }
  return rest;
}

/** @param at where its country begins */
export function ibanAt(text: string, at: number): Found | null {
  const length = IBAN_LENGTHS[text.slice(at, at + 2)];
  if (length === undefined || (at > 0 && /\w/.test(text[at - 1]!))) return null;
  IBAN.lastIndex = at;
  const run = IBAN.exec(text)?.[0];
  if (run === undefined) return null;
  let taken = 0;
  let chars = 0;
  while (taken < run.length && chars < length) if (run[taken++] !== ' ') chars++;
  if (chars < length || /^\w/.test(text.slice(at + taken))) return null;
  const number = run.slice(0, taken).replaceAll(' ', '');
  return modulo97(number.slice(4) + number.slice(0, 4)) === 1 ? { start: at, end: at + taken, kind: 'iban' } : null;
}

const valid = (ssn: string): boolean => !/^(?:000|666|9)|-00-|-0000$/.test(ssn);
export const NUMBERS: readonly Rule[] = [
  announced(
    'social-security-number',
    ['ssn', 'social security'],
    '[ \\w#]{0,16}["\']?[:=]?\\s{0,3}["\']?',
    '\\d{3}-\\d{2}-\\d{4}(?!\\d)',
    {
      anyCase: true,
      number: true,
      check: valid,
    },
  ),
];
