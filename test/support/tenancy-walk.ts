// How one user asks for what is another's: filling in names, leaving out what differs by chance.
import { expect } from 'vitest';
import type { Answer } from './app.ts';

export type { Caller } from './app.ts';

/** The body of an answer that must be a success. */
export async function expectDone(answer: Promise<Answer>) {
  const { status, body } = await answer;
  expect(status, JSON.stringify(body)).toBeLessThan(300);
  return body;
}

export type Names = Readonly<Record<string, number | string>>;

/** Names of the same kind that nobody has. */
export const nobodys = (names: Names): Names =>
  Object.fromEntries(
    Object.entries(names).map(([name, value], i) => {
      if (typeof value === 'number') return [name, 987_654 + i];
      return [name, /^[0-9a-f-]{36}$/.test(value) ? '01234567-89ab-4cde-8f01-23456789abcd' : `nothing.${i}`];
    }),
  );

/** `"$memory"` in JSON becomes a number where the name is one. */
export function filled<T>(what: T, names: Names): T {
  if (what === undefined) return what;
  const text = JSON.stringify(what).replace(/"\$(\w+)"|\$(\w+)/g, (all, whole?: string, part?: string) => {
    const value = names[whole ?? part!];
    if (value === undefined) throw new Error(`nothing is called ${all}: make it in makeRows of tenancy-cases.ts`);
    return whole === undefined ? String(value) : JSON.stringify(value);
  });
  return JSON.parse(text);
}

/** What two answers to the same question have in common: no numbers, no names that were asked for, no times. */
export function comparable({ status, body }: Answer, names: Names): string {
  let text = typeof body === 'string' ? body : JSON.stringify(body);
  for (const value of Object.values(names)) if (typeof value === 'string') text = text.replaceAll(value, 'NAME');
  return `${status} ${text.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'UUID').replace(/\d+(\.\d+)?/g, 'N')}`;
}

/** An answer with its counts, but without what a clock says. */
export function exact({ status, body }: Answer): string {
  const text = JSON.stringify(body, (key, value) =>
    /_ms$|^took|elapsed|^request_id$|^timings?$/.test(key) ? undefined : value,
  );
  // A stream of events is one text.
  return `${status} ${text.replace(/_ms\\":\d+/g, '')}`;
}
