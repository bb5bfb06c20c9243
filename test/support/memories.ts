// What most tests of finding things do: store many memories, search, and look at ids or texts.
import { expect } from 'vitest';
import type { TestApp } from './app.ts';

export type Stored = string | ({ content: string } & Record<string, unknown>);

/** Stores one after the other in groups that share a commit. @returns ids in the order given, which they also rise in */
export async function storeAll(app: TestApp, all: readonly Stored[]): Promise<number[]> {
  const ids: number[] = [];
  // Many side by side, for speed; a few one after the other, so that their ids are in the order given on every database.
  const side = all.length <= 20 ? 1 : 100;
  for (let at = 0; at < all.length; at += side) {
    const page = all.slice(at, at + side);
    const answers = await Promise.all(
      page.map((one) => app.call('POST', '/store', typeof one === 'string' ? { content: one } : one)),
    );
    for (const answer of answers) expect(answer.status, JSON.stringify(answer.body)).toBe(201);
    ids.push(...answers.map((answer) => answer.body.id as number));
  }
  return ids;
}

export const store = async (app: TestApp, one: Stored): Promise<number> => (await storeAll(app, [one]))[0]!;

/** Answer of a search that must succeed; a string is the query. */
export async function search(app: TestApp, request: string | Record<string, unknown>, path = '/search') {
  const answer = await app.call('POST', path, typeof request === 'string' ? { query: request } : request);
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return answer.body;
}

export const idsOf = (results: readonly { id: number }[]): number[] => results.map((result) => result.id);

export const found = async (app: TestApp, request: string | Record<string, unknown>): Promise<number[]> =>
  idsOf((await search(app, request)).results);

export const foundTexts = async (app: TestApp, request: string | Record<string, unknown>): Promise<string[]> =>
  (await search(app, request)).results.map((result: { content: string }) => result.content);

export const sorted = (ids: readonly number[]): number[] => [...ids].sort((a, b) => a - b);
