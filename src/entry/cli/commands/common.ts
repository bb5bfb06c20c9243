// What several commands ask and print alike.
import { listSpaces } from '../../../features/access/contract.ts';
import type { Flag } from '../args.ts';
import type { Call } from '../client.ts';
import { type Context, parseId } from '../command.ts';
import { CliError, EXIT } from '../failure.ts';

export const PAGE_FLAGS: readonly Flag[] = [
  { name: 'limit', short: 'l', value: 'number', help: 'Most of them' },
  { name: 'offset', short: 'o', value: 'number', help: 'Leave out that many of the first' },
];

export const pageOf = ({ args }: Context, { limit, most }: { limit: number; most: number }) => ({
  limit: args.whole('limit', { min: 1, max: most }) ?? limit,
  offset: args.whole('offset', { min: 0, max: 1_000_000 }) ?? 0,
});

/** `1 memory`, `2 memories`. */
export const count = (n: number, one: string, many = `${one}s`): string => `${n} ${n === 1 ? one : many}`;

/** @throws CliError when there is no such space */
export async function spaceOf(call: Call, word: string): Promise<{ id: number; name: string }> {
  const { spaces } = await call(listSpaces);
  const id = parseId(word);
  const found = spaces.find((space) => space.name === word) ?? spaces.find((space) => space.id === id);
  if (found) return found;
  const names = spaces.map(({ name }) => name).join(', ');
  throw new CliError(
    EXIT.not_found,
    'space_not_found',
    `There is no space "${word.slice(0, 80)}"; there are ${names}.`,
  );
}

export const SEARCH_FLAGS: readonly Flag[] = [
  { name: 'limit', short: 'l', value: 'number', help: 'Most results, default 10' },
  { name: 'category', short: 'c', value: 'name', help: 'Only this kind' },
  { name: 'tags', short: 't', value: 'list', help: 'Only what carries all of these labels' },
  { name: 'since', value: 'time', help: 'Happened, or was stored, not before' },
  { name: 'until', value: 'time', help: 'Happened, or was stored, not after' },
  { name: 'as-of', value: 'time', help: 'What was known then' },
];

/** What the flags ask for. */
export function wishesOf({ args }: Context) {
  const [category, tags] = [args.text('category'), args.text('tags')];
  const [date_from, date_to, as_of] = [args.text('since'), args.text('until'), args.text('as-of')];
  return {
    limit: args.whole('limit', { min: 1, max: 100 }) ?? 10,
    ...(category !== null && { category }),
    ...(tags !== null && { tags: tags.split(',') }),
    ...(date_from !== null && { date_from }),
    ...(date_to !== null && { date_to }),
    ...(as_of !== null && { as_of }),
  };
}
