// A text without its secrets, readable all the same: `[REDACTED:github-token]` stands where one stood.
import { assignedValues } from './assignments.ts';
import { findSecrets } from './find.ts';

/** What was taken out, by kind. */
export type Redaction = { readonly kind: string; readonly count: number };
export interface Redacted {
  readonly text: string;
  /** The most frequent first. */
  readonly redacted: readonly Redaction[];
}

export function redact(text: string): Redacted {
  const found = findSecrets(text);
  if (found.length === 0) return { text, redacted: [] };
  let out = '';
  let after = 0;
  for (const { kind, start, end } of found) {
    out += `${text.slice(after, start)}[REDACTED:${kind}]`;
    after = end;
  }
  return { text: out + text.slice(after), redacted: counted(found.map(({ kind }) => kind)) };
}

/** Also takes whatever is assigned to a name that says secret, as plain as it may be: `token=alpha` becomes `token=[REDACTED]`. */
export function scrubbed(text: string): Redacted {
  const first = redact(text);
  const spans = assignedValues(first.text);
  if (spans.length === 0) return first;
  let out = '';
  let after = 0;
  for (const { start, end } of spans) {
    out += `${first.text.slice(after, start)}[REDACTED]`;
    after = end;
  }
  const redacted = added([...first.redacted, { kind: 'secret', count: spans.length }]);
  return { text: out + first.text.slice(after), redacted };
}

const counted = (kinds: readonly string[]): Redaction[] => added(kinds.map((kind) => ({ kind, count: 1 })));

/** Of several texts together. */
export function added(parts: readonly Redaction[]): Redaction[] {
  const counts = new Map<string, number>();
  for (const { kind, count } of parts) counts.set(kind, (counts.get(kind) ?? 0) + count);
  return [...counts]
    .map(([kind, count]) => ({ kind, count }))
    .sort((a, b) => b.count - a.count || (a.kind < b.kind ? -1 : 1));
}
