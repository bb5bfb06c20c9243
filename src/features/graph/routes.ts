import { type Route, route } from '../../core/endpoint.ts';
import * as contract from './contract.ts';
import { WRITERS } from './formats.ts';
import type { Graph } from './service.ts';

const sizeOf = ({ limit, max }: { limit: number; max?: number | undefined }): number => max ?? limit;

function streamed(pieces: AsyncGenerator<string>, content_type: string, file: string): Response {
  const encoder = new TextEncoder();
  const stream = new ReadableStream<Uint8Array>({
    // Asked for one after the other: a slow reader makes nothing pile up here.
    async pull(controller) {
      const { value, done } = await pieces.next();
      if (done) controller.close();
      else controller.enqueue(encoder.encode(value));
    },
    async cancel() {
      await pieces.return(undefined);
    },
  });
  const headers = { 'content-type': content_type, 'content-disposition': `attachment; filename="${file}"` };
  return new Response(stream, { headers });
}

export const graphRoutes = ({ views, communities, timeline, written, ...graph }: Graph): Route[] => [
  route(contract.getGraph, async ({ query }, { scope }) => {
    const drawn = await views.graph(scope, { ...query, limit: sizeOf(query) });
    return { ...drawn, links: drawn.edges };
  }),
  route(contract.rawGraph, ({ query }, { scope }) => views.raw(scope, sizeOf(query))),
  route(contract.viewGraph, async ({ query }, { scope }) => ({
    ...(await views.graph(scope, { ...query, limit: sizeOf(query) })),
    view: 'force' as const,
  })),
  route(contract.buildGraph, ({ body }, { scope }) => views.graph(scope, { ...body, entities: true })),
  route(contract.searchGraph, ({ body }, { scope }) => views.search(scope, body.query, body.limit)),
  route(contract.neighbourhood, ({ params, query }, { scope }) =>
    views.neighbourhood(scope, params.id, query.depth, query.link_types),
  ),
  route(contract.findPath, ({ query }, { scope }) => views.path(scope, query)),
  route(contract.timeline, ({ query }, { scope }) => timeline(scope, query.weeks)),
  route(contract.analyseGraph, ({ query }, { scope }) => graph.analysis(scope, query.limit)),
  route(contract.exportGraph, ({ query }, { scope }) => {
    const { content_type, extension } = WRITERS[query.format];
    return streamed(written(scope, query.format, query.content), content_type, `memories.${extension}`);
  }),
  route(contract.rankMemories, (_input, { scope }) => graph.rank(scope)),
  route(contract.topRanks, ({ query }, { scope }) => graph.top(scope, query.limit)),
  route(contract.rebuildRanks, ({ query }) => graph.rebuild(query.user_id)),
  route(contract.detectCommunities, (_input, { scope }) => graph.detect(scope)),
  route(contract.listCommunities, ({ query }, { scope }) => communities.list(scope, query.limit, query.offset)),
  route(contract.getCommunity, ({ params }, { scope }) => communities.get(scope, params.id)),
  route(contract.communityStats, ({ query }, { scope }) => communities.stats(scope, query.limit, query.offset)),
  route(contract.communityMembers, ({ params, query }, { scope }) =>
    communities.members(scope, params.id, query.limit),
  ),
];
