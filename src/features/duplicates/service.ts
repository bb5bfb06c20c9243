// Finding memories that resemble each other, and merging those that say the same.
import { FIRST_WORDS_KEY } from '../../algo/simhash.ts';
import { type Clock, formatTime } from '../../core/clock.ts';
import { othersFirst } from '../../core/event-loop.ts';
import type { FullTextIndex } from '../../core/ports.ts';
import type { Scope } from '../../core/scope.ts';
import type { Atomically } from '../../core/unit-of-work.ts';
import type { PartStore } from '../decompose/store.ts';
import type { FingerprintStore, Keyed } from '../memory/fingerprint-store.ts';
import type { LinkStore } from '../memory/link-store.ts';
import { cosine, fullTextEntry, type MemoryRow, tagsOf } from '../memory/rules.ts';
import type { Semantics } from '../memory/semantics.ts';
import type { MemoryStore } from '../memory/store.ts';
import { byLikeness, clustersOf, comparePair, isRecallable, type Pair, pairsIn, toKeep } from './rules.ts';

interface Stores {
  memories: MemoryStore;
  fingerprints: FingerprintStore;
  links: LinkStore;
  parts: Pick<PartStore, 'move'>;
  fullText: FullTextIndex;
  lockUser(user_id: number): Promise<void>;
}

export interface DuplicatesDeps {
  read: Pick<Stores, 'memories' | 'fingerprints'>;
  atomically: Atomically<Stores>;
  semantics: Semantics;
  /** What is known from memories goes with those that are merged into another. */
  follow(user_id: number): Promise<void>;
  clock: Clock;
}

const PAGE = 2_000;
/** Comparing takes some ten microseconds a pair; more than this and the caller had better merge first and ask again. */
const MAX_PAIRS = 20_000;
const BEFORE_WORDS = { key: FIRST_WORDS_KEY - 1, memory_id: Number.MAX_SAFE_INTEGER };
/** Compared at a stretch; other requests come in between. */
const STRETCH = 250;

export function createDuplicates({ read, atomically, semantics, follow, clock }: DuplicatesDeps) {
  const now = () => formatTime(clock.now());

  /** Pairs of ids worth comparing, each once, found under the keys of whole texts or of bands. */
  async function candidates(user_id: number, found: Map<string, [number, number]>, keys: 'words' | 'bands') {
    let bucket: Keyed[] = [];
    const close = () => {
      if (bucket.length > 1) for (const pair of pairsIn(bucket)) found.set(pair.join(' '), pair);
      bucket = [];
    };
    let after: Pick<Keyed, 'key' | 'memory_id'> | null = keys === 'words' ? BEFORE_WORDS : null;
    const wanted = ({ key }: Keyed) => keys === 'words' || key < FIRST_WORDS_KEY;
    for (;;) {
      const page = await read.fingerprints.page(user_id, after, PAGE);
      for (const entry of page.filter(wanted)) {
        if (bucket.length > 0 && bucket[0]!.key !== entry.key) close();
        bucket.push(entry);
      }
      const last = page.at(-1);
      if (!last || page.length < PAGE || !wanted(last) || found.size > MAX_PAIRS) break;
      after = last;
      await othersFirst();
    }
    close();
  }

  async function alike(
    scope: Scope,
    threshold: number,
    keys: readonly ('words' | 'bands')[],
  ): Promise<{ pairs: Pair[]; complete: boolean }> {
    const { user_id, space_id } = scope;
    const byIds = new Map<string, [number, number]>();
    for (const kind of keys) if (byIds.size <= MAX_PAIRS) await candidates(user_id, byIds, kind);
    const found = [...byIds.values()].slice(0, MAX_PAIRS);
    const model = semantics.model?.key;
    const pairs: Pair[] = [];
    for (let at = 0; at < found.length; at += STRETCH) {
      const stretch = found.slice(at, at + STRETCH);
      const ids = [...new Set(stretch.flat())];
      const rows = new Map((await read.memories.byIds(user_id, ids)).map((row) => [row.id, row]));
      const vectors = model === undefined ? new Map() : await read.fingerprints.vectors(user_id, model, ids);
      for (const [first, second] of stretch) {
        const [a, b] = [rows.get(first), rows.get(second)];
        if (!a || !b || !isRecallable(a, now()) || !isRecallable(b, now()) || a.space_id !== b.space_id) continue;
        if (space_id !== null && a.space_id !== space_id) continue;
        const [one, other] = [vectors.get(first), vectors.get(second)];
        const pair = comparePair(a, b, one && other ? cosine(one, other) : null);
        if (pair.comparison.similarity >= threshold) pairs.push(pair);
      }
      await othersFirst();
    }
    return { pairs: pairs.sort(byLikeness), complete: byIds.size <= MAX_PAIRS };
  }

  /** @returns what became older versions of the one kept; null when meanwhile nothing is left to merge */
  async function mergeCluster(user_id: number, cluster: readonly MemoryRow[]) {
    return atomically(async ({ memories, fingerprints, links, parts, fullText, lockUser }) => {
      await lockUser(user_id);
      const at = now();
      const seen = new Map(cluster.map((row) => [row.id, row]));
      const rows = (await memories.byIds(user_id, [...seen.keys()])).filter(
        (row) => isRecallable(row, at) && row.status === seen.get(row.id)!.status,
      );
      if (rows.length < 2) return null;
      const kept = toKeep(rows);
      const others = rows.filter(({ id }) => id !== kept.id).sort((x, y) => x.id - y.id);
      const root = kept.root_memory_id ?? kept.id;
      for (const other of others) {
        await memories.supersede(user_id, other.id, at, `merged into memory ${kept.id}`);
        for (const { id } of await memories.chain(user_id, other.root_memory_id ?? other.id))
          if (id !== root) await memories.set(user_id, id, { root_memory_id: root });
        for (const edge of await links.touching(user_id, [other.id])) {
          const moved = {
            ...edge,
            source_id: edge.source_id === other.id ? kept.id : edge.source_id,
            target_id: edge.target_id === other.id ? kept.id : edge.target_id,
          };
          if (moved.source_id !== moved.target_id) await links.add(user_id, moved, at);
        }
        await parts.move(user_id, other.id, kept.id);
        await links.add(user_id, { source_id: kept.id, target_id: other.id, type: 'consolidates', similarity: 1 }, at);
      }
      const sum = (of: (row: MemoryRow) => number) => rows.reduce((all, row) => all + of(row), 0);
      const most = (of: (row: MemoryRow) => number) => Math.max(...rows.map(of));
      const tags = [...new Set([kept, ...others].flatMap(tagsOf))];
      const merged = {
        version: most((row) => row.version) + 1,
        source_count: sum((row) => row.source_count),
        access_count: sum((row) => row.access_count),
        recall_hits: sum((row) => row.recall_hits),
        recall_misses: sum((row) => row.recall_misses),
        importance: most((row) => row.importance),
        is_static: most((row) => row.is_static),
        is_decomposed: most((row) => row.is_decomposed),
        updated_at: at,
      };
      await memories.set(user_id, kept.id, merged);
      if (tags.length > tagsOf(kept).length) {
        await memories.replaceTags(user_id, kept.id, tags, at);
        await fullText.put(fullTextEntry({ ...kept, ...merged, tags: JSON.stringify(tags) }, kept.id));
      }
      const archived = others.map(({ id }) => id);
      await fingerprints.remove(user_id, archived);
      return { kept: kept.id, archived, similarity: 1 };
    });
  }

  return {
    async list(scope: Scope, threshold: number, limit: number) {
      const { pairs, complete } = await alike(scope, threshold, ['words', 'bands']);
      const shown = ({ id, content, category }: MemoryRow) => ({ id, content, category });
      const clusters = clustersOf(pairs);
      const known = new Map(pairs.map((pair) => [`${pair.a.id} ${pair.b.id}`, pair]));
      return {
        threshold,
        duplicates: pairs.slice(0, limit).map(({ a, b, comparison, mergeable }) => ({
          id_a: a.id,
          id_b: b.id,
          content_a: a.content,
          content_b: b.content,
          similarity: comparison.similarity,
          importance_a: a.importance,
          importance_b: b.importance,
          differs: [...comparison.differs],
          mergeable,
        })),
        count: Math.min(limit, pairs.length),
        clusters: clusters.slice(0, limit).map(([anchor, ...others]) => ({
          anchor: shown(anchor!),
          duplicates: others.map((row) => {
            const { comparison, mergeable } = known.get(`${anchor!.id} ${row.id}`) ?? comparePair(anchor!, row, null);
            return { ...shown(row), similarity: comparison.similarity, mergeable };
          }),
        })),
        total_clusters: clusters.length,
        complete,
      };
    },

    async merge(scope: Scope, wish: { threshold: number; dry_run: boolean; max_merge: number }) {
      const { threshold, dry_run, max_merge } = wish;
      // Only texts of the same words can say the same.
      const { pairs, complete } = await alike(scope, threshold, ['words']);
      const clusters = clustersOf(pairs.filter(({ mergeable }) => mergeable));
      const merges: { kept: number; archived: number[]; similarity: number }[] = [];
      let left = max_merge;
      for (const cluster of clusters) {
        if (left < 1) break;
        const part = cluster.slice(0, left + 1);
        const kept = toKeep(part).id;
        const archived = part.map(({ id }) => id).filter((id) => id !== kept);
        const merge = dry_run ? { kept, archived, similarity: 1 } : await mergeCluster(scope.user_id, part);
        if (!merge) continue;
        merges.push(merge);
        left -= merge.archived.length;
      }
      const archived = merges.flatMap((merge) => merge.archived);
      if (!dry_run) {
        await semantics.removed(scope.user_id, archived);
        await follow(scope.user_id);
      }
      const merged = dry_run ? 0 : archived.length;
      return {
        dry_run,
        threshold,
        pairs_found: pairs.length,
        clusters_found: clusters.length,
        merged,
        total_archived: merged,
        merges,
        complete: complete && left > 0,
      };
    },
  };
}
export type Duplicates = ReturnType<typeof createDuplicates>;
