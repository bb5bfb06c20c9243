import type { Fsrs } from '../../algo/fsrs.ts';
import { round } from '../../algo/round.ts';
import { says } from '../../algo/verdict.ts';
import type { Clock } from '../../core/clock.ts';
import { type Route, route } from '../../core/endpoint.ts';
import { presentMemory } from '../memory/rules.ts';
import { explain, faceted, recall, search, searchArray } from './contract.ts';
import type { Judged } from './judging.ts';
import type { Views } from './recall.ts';
import type { SearchService } from './service.ts';

export const searchRoutes = (service: SearchService, views: Views, clock: Clock, fsrs: Fsrs): Route[] => [
  route(search, async ({ body }, { scope }) => (await service.search(scope, body)).answer),
  route(searchArray, async ({ body }, { scope }) => {
    const { answer, rows } = await service.search(scope, body);
    return answer.results.map((result) => ({
      ...result,
      memory: presentMemory(rows.get(result.id)!, clock.now(), fsrs),
    }));
  }),
  route(explain, async ({ body }, { scope }) => {
    const { answer, ranking, reranked, page } = await service.search(scope, body);
    const items = new Map(page.map((item) => [item.id, item]));
    return {
      results: answer.results.map((result) => {
        const { channels, multipliers, judged, fused, rerank } = items.get(result.id)!;
        return {
          ...result,
          scores: {
            lexical: channels.lexical?.score ?? null,
            vector: channels.vector?.score ?? null,
            graph: channels.graph?.score ?? null,
            personality: null,
            temporal_boost: ranking.plan.period ? multipliers.period : null,
            fused,
            rerank,
            reranked: rerank !== null,
            reranker_ms: rerank === null ? null : round(reranked.ms!),
          },
          ranks: channels,
          multipliers: { ...multipliers },
          judged: judged && presentJudged(judged),
        };
      }),
      count: answer.results.length,
      degraded: answer.degraded,
      question_type: answer.question_type,
      timings_ms: {
        embed: round(ranking.found.embed_ms),
        hybrid: round(ranking.found.hybrid_ms),
        rerank: round(reranked.ms ?? 0),
        total: answer.took_ms,
      },
      pipeline: {
        embedded: ranking.found.vector !== null,
        reranker_applied: reranked.applied,
        mode: !ranking.found.asked.lexical ? 'vector' : ranking.found.vector !== null ? 'hybrid' : 'lexical',
        candidates: {
          lexical: ranking.found.lexical.length,
          vector: ranking.found.vector?.length ?? 0,
          edges: ranking.found.edges,
        },
      },
    };
  }),
  route(faceted, ({ body }, { scope }) => views.faceted(scope, body)),
  route(recall, ({ body }, { scope }) => views.recall(scope, body)),
];

/** Each sign, and what it adds to the logarithm of the score. */
function presentJudged({ signs, senses }: Judged) {
  const parts = Object.entries(says(signs, senses));
  return {
    senses,
    signs: Object.fromEntries(parts.map(([name, adds]) => [name, { value: signs[name as keyof typeof signs], adds }])),
  };
}
