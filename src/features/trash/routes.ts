import { type Route, route } from '../../core/endpoint.ts';
import type { Duplicates } from '../duplicates/service.ts';
import * as contract from './contract.ts';
import type { Trash } from './service.ts';

/** One sweep merges at most so many. */
const MAX_MERGE = 500;

export const trashRoutes = (trash: Trash, duplicates: Pick<Duplicates, 'merge'>): Route[] => [
  route(contract.listTrash, async ({ query }, { scope }) => {
    const memories = await trash.list(scope, query.limit, query.offset);
    return { memories, count: memories.length };
  }),
  route(contract.emptyTrash, async (_input, { scope }) => {
    const receipt = await trash.empty(scope);
    return { ok: true as const, purged: receipt.memories, receipt };
  }),
  route(contract.purgeTrash, async ({ params }, { scope }) => {
    const receipt = await trash.purgeOne(scope, params.id);
    return { ok: true as const, id: params.id, purged: receipt.memories, receipt };
  }),
  route(contract.sweep, async ({ body: { threshold } }, { scope }) => {
    const { expired, purged: receipt } = await trash.sweep(scope);
    const ended = { swept: expired, expired, purged: receipt.memories, receipt };
    if (threshold === undefined) return { ...ended, pairs_found: 0, consolidated: 0 };
    const wish = { threshold, dry_run: false, max_merge: MAX_MERGE };
    const { pairs_found, merged } = await duplicates.merge(scope, wish);
    return { ...ended, pairs_found, consolidated: merged };
  }),
];
