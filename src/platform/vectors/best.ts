// Keeps the best of many hits without sorting them all.
import type { Candidate } from '../../core/ports.ts';

/** A vector hit, with the piece of the memory that came nearest. */
export type Hit = Required<Candidate>;

/** Best first; of equals the larger id, which is the later memory. */
export const byScore = (a: Candidate, b: Candidate): number => b.score - a.score || b.id - a.id;

/** The `limit` best memories seen so far, as a heap with the worst on top. */
export class Best {
  readonly limit: number;
  private readonly heap: Hit[] = [];
  /** What the heap holds of each memory; null where a memory is offered only once, which needs no looking up. */
  private readonly held: Map<number, Hit> | null;

  constructor(limit: number, repeats: boolean) {
    this.limit = limit;
    this.held = repeats ? new Map() : null;
  }

  offer(id: number, score: number, part: number): void {
    const { heap, held } = this;
    const worst = heap.length < this.limit ? null : heap[0]!;
    if (worst ? !(score > worst.score || (score === worst.score && id >= worst.id)) : Number.isNaN(score)) return;
    const earlier = held?.get(id);
    if (earlier) {
      this.improve(earlier, score, part);
      return;
    }
    const hit = { id, score, part };
    held?.set(id, hit);
    if (!worst) {
      heap.push(hit);
      this.rise(heap.length - 1);
      return;
    }
    held?.delete(worst.id);
    heap[0] = hit;
    this.sink(0);
  }

  private improve(hit: Hit, score: number, part: number): void {
    if (score === hit.score) hit.part = Math.min(hit.part, part);
    if (score <= hit.score) return;
    hit.score = score;
    hit.part = part;
    this.sink(this.heap.indexOf(hit));
  }

  private rise(from: number): void {
    const { heap } = this;
    for (let child = from; child > 0; ) {
      const parent = (child - 1) >> 1;
      if (byScore(heap[child]!, heap[parent]!) <= 0) return;
      [heap[child], heap[parent]] = [heap[parent]!, heap[child]!];
      child = parent;
    }
  }

  private sink(from: number): void {
    const { heap } = this;
    for (let parent = from; ; ) {
      let worst = parent;
      for (const child of [2 * parent + 1, 2 * parent + 2]) {
        if (child < heap.length && byScore(heap[child]!, heap[worst]!) > 0) worst = child;
      }
      if (worst === parent) return;
      [heap[parent], heap[worst]] = [heap[worst]!, heap[parent]!];
      parent = worst;
    }
  }

  /** What all that are held reach; nothing at all while there is room. */
  get least(): number {
    return this.heap.length < this.limit ? Number.NEGATIVE_INFINITY : this.heap[0]!.score;
  }

  inOrder(): Hit[] {
    return this.heap.sort(byScore);
  }
}
