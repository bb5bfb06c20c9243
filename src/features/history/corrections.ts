// Corrections: what is right becomes the newest version of what was wrong.
import { aboveChance } from '../../algo/fusion.ts';
import { parseLexicalQuery, termCoverage } from '../../algo/text.ts';
import { AppError } from '../../core/errors.ts';
import type { Scope } from '../../core/scope.ts';
import { StoreRequest } from '../memory/contract.ts';
import type { MemoryRow } from '../memory/rules.ts';
import type { MemoryService, Succession } from '../memory/service.ts';
import type { MemoryStore } from '../memory/store.ts';
import { SearchRequest } from '../search/contract.ts';
import type { SearchService } from '../search/service.ts';
import type { CorrectRequest } from './contract.ts';

export interface CorrectionDeps {
  read: { memories: Pick<MemoryStore, 'byId'> };
  memory: Pick<MemoryService, 'store' | 'update' | 'get'>;
  search: Pick<SearchService, 'search'>;
}

/** Memories looked at to find the one that is wrong. */
const CANDIDATES = 5;
/** Share of the claim's words a memory must have, or how far its cosine must be above chance, to be what is meant. */
const FITS = 0.6;
const CORRECTION_IMPORTANCE = { lowest: 8, usual: 9 };

export function createCorrections({ read, memory, search }: CorrectionDeps) {
  /** The memory that fits the claim well; null when none does, or when another fits as well. */
  async function meant(scope: Scope, claim: string): Promise<number | null> {
    const request = SearchRequest.parse({ query: claim, limit: CANDIDATES, rerank: false });
    const { answer, ranking } = await search.search(scope, request, false);
    const { vector, chance } = ranking.found;
    const cosines = new Map((vector ?? []).map(({ id, score }) => [id, score]));
    const query = parseLexicalQuery(claim);
    const fits = answer.results
      .map(({ id, content }) => {
        const cosine = cosines.get(id);
        const near = cosine === undefined ? 0 : aboveChance(cosine, chance);
        return { id, fit: Math.max(termCoverage(query, content), near) };
      })
      .sort((a, b) => b.fit - a.fit);
    const [best, next] = fits;
    if (!best || best.fit < FITS || (next && next.fit === best.fit)) return null;
    return best.id;
  }

  async function existing(scope: Scope, id: number): Promise<MemoryRow> {
    const row = await read.memories.byId(scope.user_id, id);
    if (!row) throw new AppError('memory_not_found', `There is no memory ${id}. It does not exist, or was erased.`);
    return row;
  }

  /** As a permanent fact of its own. */
  async function alone(scope: Scope, request: CorrectRequest, importance: number) {
    const { id, embedded } = await memory.store(
      scope,
      StoreRequest.parse({
        content: request.correction,
        category: request.category || 'state',
        source: request.source || 'correction',
        tags: request.tags ?? [],
        importance,
        is_static: true,
      }),
    );
    const stored = await memory.get(scope, id);
    return { ...stored, corrected: false, corrected_memory_id: null, corrected_content: null, embedded, reason: null };
  }

  return {
    async correct(scope: Scope, request: CorrectRequest) {
      const { correction, content } = request;
      const reason = request.reason ?? null;
      const isFact = (correction ?? '').trim() !== '';
      const importance = isFact
        ? Math.max(CORRECTION_IMPORTANCE.lowest, request.importance ?? CORRECTION_IMPORTANCE.usual)
        : (request.importance ?? undefined);
      const target = request.memory_id ?? (await meant(scope, request.original_claim?.trim() || correction!));
      if (target === null) return alone(scope, request, importance!);

      const wrong = await existing(scope, target);
      const how: Succession = { edge: 'corrects', reason, source: request.source || undefined };
      const newer = await memory.update(
        scope,
        target,
        {
          content: (isFact ? correction : content)!,
          category: request.category || undefined,
          tags: request.tags ?? undefined,
          importance,
          ...(isFact && { is_static: true }),
        },
        how,
      );
      return {
        ...newer,
        corrected: true,
        corrected_memory_id: target,
        corrected_content: wrong.content,
        reason,
      };
    },
  };
}
export type Corrections = ReturnType<typeof createCorrections>;
