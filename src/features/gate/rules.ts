// What the gate decides without asking anybody, and how output is rid of secrets.
import { dangersOf } from '../../algo/shell/danger.ts';
import type { DangerSettings } from '../../algo/shell/rule.ts';

export interface GateSettings extends DangerSettings {
  readonly blocked_patterns: readonly string[];
  /** Seconds that a request waits for an answer. */
  readonly approval_timeout: number;
}

const READS_ONLY = new Set(['read', 'glob', 'grep', 'ls', 'todoread']);
const NEEDS_APPROVAL = new Set(['bash', 'write', 'edit', 'webfetch', 'websearch']);
/** Their command is a path or an address, not a script. */
const NOT_A_SCRIPT = new Set(['write', 'edit', 'multiedit', 'notebookedit', 'webfetch', 'websearch']);
const SECRET = /\{\{\s*secret:[^{}]+\}\}/;

export type Ruling =
  | { readonly kind: 'allowed' }
  | { readonly kind: 'denied'; readonly reason: string }
  /** A person has to answer; `waits` when the caller is kept until then. */
  | { readonly kind: 'pending'; readonly reason: string; readonly waits: boolean };

/** White space is folded and case ignored, so that a pattern cannot be passed by with them. */
const folded = (text: string): string => text.replace(/\s+/g, ' ').trim().toLowerCase();

export function ruling(command: string, tool_name: string | null, settings: GateSettings): Ruling {
  const tool = tool_name?.toLowerCase() ?? null;
  if (tool !== null && READS_ONLY.has(tool)) return { kind: 'allowed' };
  const said = folded(command);
  const blocked = settings.blocked_patterns.find((pattern) => said.includes(folded(pattern)));
  if (blocked !== undefined) return { kind: 'denied', reason: `It matches the blocked pattern "${blocked}".` };
  if (tool === null || !NOT_A_SCRIPT.has(tool)) {
    const worst = dangersOf(command, settings).find(({ severity }) => severity !== 'risky');
    if (worst) return { kind: 'denied', reason: `${worst.why} (${worst.rule})` };
  }
  if (SECRET.test(command))
    return {
      kind: 'pending',
      reason: 'It asks for a secret, and this server has no credential service to fill it in: a person has to do it.',
      waits: false,
    };
  if (tool !== null && NEEDS_APPROVAL.has(tool))
    return { kind: 'pending', reason: `The tool ${tool_name} needs approval.`, waits: true };
  return { kind: 'allowed' };
}

/** Shorter ones would be found by chance in what other things look like when encoded. */
const MIN_ENCODED_CHARS = 8;

const base64 = (text: string): string => btoa(String.fromCharCode(...new TextEncoder().encode(text)));
/** encodeURIComponent leaves these as they are; other encoders do not. */
const percentStrict = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
const everyByte = (text: string): string =>
  [...new TextEncoder().encode(text)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('');

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
/** Hex digits of percent signs come in either case. */
const percentPattern = (text: string): RegExp =>
  new RegExp(
    escaped(text).replace(/%[0-9A-F]{2}/g, (byte) => byte.replace(/[A-F]/g, (d) => `[${d}${d.toLowerCase()}]`)),
    'g',
  );

/** The text without these secrets, in the forms they travel in. */
export function scrub(output: string, secrets: readonly string[]): string {
  let text = output;
  // Longest first: one may be part of another.
  for (const secret of [...new Set(secrets)].filter(Boolean).sort((a, b) => b.length - a.length)) {
    text = text.replaceAll(secret, '[REDACTED]');
    if (secret.length < MIN_ENCODED_CHARS) continue;
    const standard = base64(secret);
    const bare = standard.replace(/=+$/, '');
    const forms = [standard, bare, ...[standard, bare].map((form) => form.replaceAll('+', '-').replaceAll('/', '_'))];
    for (const form of new Set(forms)) text = text.replaceAll(form, '[REDACTED:b64]');
    for (const form of new Set([percentStrict(secret), encodeURIComponent(secret), everyByte(secret)]))
      if (form !== secret) text = text.replace(percentPattern(form), '[REDACTED:pct]');
  }
  return text;
}
