import { type Route, route } from '../../core/endpoint.ts';
import * as contract from './contract.ts';
import { selectionOf } from './rules.ts';
import type { Mem0 } from './service.ts';

interface Pages {
  page?: number | undefined;
  page_size?: number | undefined;
}
const DEFAULT_PAGE_SIZE = 100;
const FIRST = { page: 1, page_size: DEFAULT_PAGE_SIZE };
/** What a client gets that asks for no page: as much as one may be. */
const WHOLE = 1_000;

/** A page with the paths of its neighbours. */
function paged<T>(path: string, { count, results }: { count: number; results: T[] }, page: number, size: number) {
  const at = (n: number) => `${path}?page=${n}&page_size=${size}`;
  return {
    count,
    next: page * size < count ? at(page + 1) : null,
    previous: page > 1 ? at(page - 1) : null,
    results,
  };
}

const wrapped = (format: string | null | undefined): boolean => format === 'v1.1';
const pagesIn = (...asked: Pages[]): Required<{ [K in keyof Pages]: number }> | null => {
  const page = asked.map((one) => one.page).find((n) => n !== undefined);
  const page_size = asked.map((one) => one.page_size).find((n) => n !== undefined);
  if (page === undefined && page_size === undefined) return null;
  return { page: page ?? 1, page_size: page_size ?? DEFAULT_PAGE_SIZE };
};

export function mem0Routes(mem0: Mem0): Route[] {
  const list = async (
    scope: Parameters<Mem0['list']>[0],
    path: string,
    selection: ReturnType<typeof selectionOf>,
    pages: ReturnType<typeof pagesIn>,
    format: string | null | undefined,
  ) => {
    if (pages === null && !wrapped(format)) return (await mem0.list(scope, selection, 1, WHOLE)).results;
    const { page, page_size } = pages ?? { page: 1, page_size: WHOLE };
    return paged(path, await mem0.list(scope, selection, page, page_size), page, page_size);
  };
  return [
    route(contract.ping, () => ({ status: 'ok' as const })),
    route(contract.add, ({ body }, { scope }) => mem0.add(scope, body)),
    route(contract.addOld, async ({ body }, { scope }) => {
      const answer = await mem0.add(scope, body);
      return wrapped(body.output_format) ? answer : answer.results;
    }),
    route(contract.list, async ({ query, body }, { scope }) => {
      const { page, page_size } = pagesIn(query, body) ?? FIRST;
      const answer = await mem0.list(scope, selectionOf(body.filters), page, page_size);
      return paged('/v3/memories/', answer, page, page_size);
    }),
    route(contract.listFiltered, ({ query, body }, { scope }) =>
      list(scope, '/v2/memories/', selectionOf(body.filters), pagesIn(query, body), query.output_format),
    ),
    route(contract.listOld, ({ query }, { scope }) =>
      list(scope, '/v1/memories/', selectionOf(null, namesIn(query)), pagesIn(query), query.output_format),
    ),
    // Before the routes of single memories: "search" is no id.
    route(contract.search, ({ body }, { scope }) => mem0.search(scope, body)),
    route(contract.searchOld, async ({ body }, { scope }) => {
      const answer = await mem0.search(scope, body);
      return wrapped(body.output_format) ? answer : answer.results;
    }),
    route(contract.get, ({ params }, { scope }) => mem0.get(scope, params.id)),
    route(contract.update, ({ params, body }, { scope }) => mem0.update(scope, params.id, body)),
    route(contract.remove, async ({ params }, { scope }) => {
      await mem0.remove(scope, [params.id]);
      return { message: 'Memory deleted successfully!' };
    }),
    route(contract.removeAll, async ({ query }, { scope }) => {
      const deleted = await mem0.removeAll(scope, namesIn(query));
      return { message: 'Memories deleted successfully!', deleted };
    }),
    route(contract.history, ({ params }, { scope }) => mem0.history(scope, params.id)),
    route(contract.listEntities, async ({ query }, { scope }) => {
      const { page, page_size } = pagesIn(query) ?? FIRST;
      return paged('/v1/entities/', await mem0.entities(scope, page, page_size), page, page_size);
    }),
    route(contract.removeEntity, async ({ params }, { scope }) => {
      const deleted = await mem0.removeEntity(scope, params.type, params.name);
      return { message: 'Entity deleted successfully!', deleted };
    }),
    route(contract.updateBatch, async ({ body }, { scope }) => ({
      message: `Successfully updated ${await mem0.updateAll(scope, body.memories)} memories`,
    })),
    route(contract.removeBatch, async ({ body }, { scope }) => {
      const ids = body.memories.map(({ memory_id }) => memory_id);
      return { message: `Successfully deleted ${await mem0.remove(scope, ids)} memories` };
    }),
    route(contract.rate, ({ body }, { scope }) => mem0.rate(scope, body)),
  ];
}

interface Names {
  user_id?: string | null | undefined;
  agent_id?: string | null | undefined;
  app_id?: string | null | undefined;
  run_id?: string | null | undefined;
}
const namesIn = ({ user_id, agent_id, app_id, run_id }: Names) => ({
  ...(user_id && { user_id }),
  ...(agent_id && { agent_id }),
  ...(app_id && { app_id }),
  ...(run_id && { run_id }),
});
