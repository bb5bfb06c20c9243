import { type Route, route } from '../../core/endpoint.ts';
import * as contract from './contract.ts';
import type { EpisodeService } from './service.ts';

export const episodeRoutes = (episodes: EpisodeService): Route[] => [
  route(contract.createEpisode, async ({ body }, { scope }) => ({
    ...(await episodes.create(scope, body)),
    created: true as const,
  })),
  route(contract.listEpisodes, async ({ query }, { scope }) => {
    const found = await episodes.list(scope, query);
    return { ...found, count: found.episodes.length };
  }),
  route(contract.getEpisode, ({ params, query }, { scope }) => episodes.get(scope, params.id, query)),
  route(contract.updateEpisode, async ({ params, body }, { scope }) => ({
    ...(await episodes.update(scope, params.id, body)),
    updated: true as const,
  })),
  route(contract.assignMemories, async ({ params, body }, { scope }) => ({
    assigned: await episodes.assign(scope, params.id, body.memory_ids),
    episode_id: params.id,
  })),
  route(contract.finalizeEpisode, async ({ params }, { scope }) => ({
    ...(await episodes.finalize(scope, params.id)),
    finalized: true as const,
  })),
];
