import { type Route, route, withStatus } from '../../core/endpoint.ts';
import type { Trash } from '../trash/service.ts';
import * as contract from './contract.ts';
import type { MemoryService } from './service.ts';

export const memoryRoutes = (memory: MemoryService, trash: Pick<Trash, 'erase'>): Route[] => [
  route(contract.storeMemory, async ({ body }, { scope }) => {
    const answer = await memory.store(scope, body);
    return answer.created ? answer : withStatus(200, answer);
  }),
  route(contract.listMemories, async ({ query }, { scope }) => ({ results: await memory.list(scope, query) })),
  route(contract.listMemoriesArray, ({ query }, { scope }) => memory.list(scope, query)),
  route(contract.getMemory, ({ params }, { scope }) => memory.get(scope, params.id)),
  route(contract.updateMemory, ({ params, body }, { scope }) => memory.update(scope, params.id, body)),
  route(contract.patchMemory, ({ params, body }, { scope }) => memory.update(scope, params.id, body)),
  route(contract.deleteMemory, async ({ params, query }, { scope }) => {
    const receipt = await trash.erase(scope, params.id, query.versions);
    return { deleted: true as const, ok: true as const, id: params.id, erased: receipt.memories, receipt };
  }),
  route(contract.forgetMemory, async ({ params, body }, { scope }) => {
    await memory.forget(scope, params.id, body.reason);
    return { id: params.id, ok: true as const, status: 'forgotten', forgotten: true };
  }),
  route(contract.restoreMemory, ({ params }, { scope }) => memory.restore(scope, params.id)),
  route(contract.archiveMemory, async ({ params }, { scope }) => {
    await memory.archive(scope, params.id);
    return { id: params.id, ok: true as const, status: 'archived', archived: true };
  }),
  route(contract.unarchiveMemory, async ({ params }, { scope }) => {
    await memory.unarchive(scope, params.id);
    return { id: params.id, ok: true as const, status: 'active', unarchived: true };
  }),
  route(contract.setTags, async ({ params, body }, { scope }) => ({
    ...(await memory.setTags(scope, params.id, body.tags)),
    updated: true,
  })),
  route(contract.listVersions, async ({ params }, { scope }) => {
    const { root_id, chain } = await memory.versions(scope, params.id);
    const versions = chain.map((v) => ({
      id: v.id, content: v.content, version: v.version, is_latest: v.is_latest === 1, created_at: v.created_at, source_count: v.source_count,
    })); // biome-ignore format: one row
    return { root_id, versions, chain: versions };
  }),
  route(contract.listLinks, async ({ params }, { scope }) => ({
    memory_id: params.id,
    links: await memory.links(scope, params.id),
  })),
  route(contract.listTags, async (_input, { scope }) => ({ tags: await memory.tags(scope) })),
  route(contract.searchTags, async ({ body }, { scope }) => {
    const tags = body.tags?.length ? body.tags : [body.tag!.trim().toLowerCase()];
    return { results: await memory.searchTags(scope, tags, body.match_all, body.limit) };
  }),
];
