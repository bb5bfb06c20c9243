// One worker's half of a training step: embed and differentiate its own batch, then update the tokens it owns with
// the gradients of all batches. Tokens are owned by number, so additions happen in one fixed order.
import type { Loss } from './loss.ts';
import { mixSeed, seededRandom } from './random.ts';
import type { State } from './state.ts';

const BETA1 = 0.9;
const BETA2 = 0.999;
const EPSILON = 1e-8;

export class Half {
  private readonly state: State;
  private readonly worker: number;
  private readonly loss: Loss;
  private readonly sides: Float32Array[];
  private readonly units: Float32Array[];
  private readonly lengths: Float32Array[];
  private readonly slots: Int32Array;
  private sums: Float32Array;

  constructor(state: State, worker: number, loss: Loss) {
    this.state = state;
    this.worker = worker;
    this.loss = loss;
    const { batch, dims, rows } = state.shape;
    const both = (length: number) => [new Float32Array(length), new Float32Array(length)];
    this.sides = both(batch * dims);
    this.units = both(batch * dims);
    this.lengths = both(batch);
    this.slots = new Int32Array(rows).fill(-1);
    this.sums = new Float32Array(1024 * dims);
  }

  /** Leaves the gradients of this worker's texts in `state.gradients`; returns the batch's loss. */
  async differentiate(place: number, step: number): Promise<number> {
    const { batch, dims, workers } = this.state.shape;
    const pairs = this.state.pairs.subarray((place * workers + this.worker) * batch).subarray(0, batch);
    for (const side of [0, 1]) this.embed(side, pairs, step);
    const [left, right] = this.sides as [Float32Array, Float32Array];
    const loss = await this.loss.replaceByGradient(left, right);
    for (const side of [0, 1]) {
      const gradient = this.sides[side]!;
      const unit = this.units[side]!;
      const to = this.state.gradients.subarray((this.worker * 2 + side) * batch * dims);
      for (let row = 0, at = 0; row < batch; row++, at += dims) {
        let along = 0;
        for (let dim = at; dim < at + dims; dim++) along += gradient[dim]! * unit[dim]!;
        const scale = 1 / this.lengths[side]![row]!;
        for (let dim = at; dim < at + dims; dim++) to[dim] = (gradient[dim]! - along * unit[dim]!) * scale;
      }
    }
    return loss;
  }

  /** Unit vectors of one side's texts; some tokens are left out, so that no word alone carries a pair. */
  private embed(side: number, pairs: Int32Array, step: number): void {
    const { state, worker } = this;
    const { batch, dims, room, dropout, seed } = state.shape;
    const { tokens, starts, vectors, weights } = state;
    const random = seededRandom(mixSeed(seed, step, worker, side));
    const kept = state.kept.subarray((worker * 2 + side) * room);
    const keptStarts = state.keptStarts.subarray((worker * 2 + side) * (batch + 1));
    const result = this.sides[side]!.fill(0);
    let count = 0;
    for (let row = 0; row < batch; row++) {
      keptStarts[row] = count;
      const text = 2 * pairs[row]! + side;
      const first = count;
      for (let at = starts[text]!; at < starts[text + 1]! && count < room; at++) {
        if (dropout === 0 || random() >= dropout) kept[count++] = tokens[at]!;
      }
      if (count === first && count < room) kept[count++] = tokens[starts[text]!]!;
      const base = row * dims;
      for (let at = first; at < count; at++) {
        const id = kept[at]!;
        const weight = Math.exp(weights[id]!);
        const from = id * dims;
        for (let dim = 0; dim < dims; dim++) result[base + dim]! += weight * vectors[from + dim]!;
      }
      let square = 0;
      for (let dim = base; dim < base + dims; dim++) square += result[dim]! * result[dim]!;
      const length = Math.max(Math.sqrt(square), 1e-6);
      this.lengths[side]![row] = length;
      for (let dim = base; dim < base + dims; dim++) result[dim]! /= length;
    }
    keptStarts[batch] = count;
    this.units[side]!.set(result);
  }

  /** Adam on this worker's tokens, only those that occurred. `time` counts steps from 1. */
  update(rate: number, time: number): void {
    const used = this.gather();
    const { dims } = this.state.shape;
    const { vectors, weights, vectorMean, vectorSquare, weightMean, weightSquare } = this.state;
    const unbias1 = 1 / (1 - BETA1 ** time);
    const unbias2 = 1 / (1 - BETA2 ** time);
    for (const [slot, id] of used.entries()) {
      const from = slot * dims;
      const to = id * dims;
      const weight = Math.exp(weights[id]!);
      let along = 0;
      for (let dim = 0; dim < dims; dim++) {
        const at = to + dim;
        const sum = this.sums[from + dim]!;
        along += sum * vectors[at]!;
        const gradient = sum * weight;
        const mean = BETA1 * vectorMean[at]! + (1 - BETA1) * gradient;
        const square = BETA2 * vectorSquare[at]! + (1 - BETA2) * gradient * gradient;
        vectorMean[at] = mean;
        vectorSquare[at] = square;
        vectors[at]! -= (rate * mean * unbias1) / (Math.sqrt(square * unbias2) + EPSILON);
      }
      const gradient = along * weight;
      const mean = BETA1 * weightMean[id]! + (1 - BETA1) * gradient;
      const square = BETA2 * weightSquare[id]! + (1 - BETA2) * gradient * gradient;
      weightMean[id] = mean;
      weightSquare[id] = square;
      weights[id]! -= (rate * mean * unbias1) / (Math.sqrt(square * unbias2) + EPSILON);
      this.slots[id] = -1;
    }
  }

  /** Sums the gradients of every own token into `sums`; the tokens, in the order of their slots. */
  private gather(): number[] {
    const { state, worker, slots } = this;
    const { batch, dims, room, workers } = state.shape;
    const used: number[] = [];
    for (let source = 0; source < workers * 2; source++) {
      const kept = state.kept.subarray(source * room, (source + 1) * room);
      const keptStarts = state.keptStarts.subarray(source * (batch + 1));
      const gradients = state.gradients.subarray(source * batch * dims);
      for (let row = 0, base = 0; row < batch; row++, base += dims) {
        const end = keptStarts[row + 1]!;
        for (let at = keptStarts[row]!; at < end; at++) {
          const id = kept[at]!;
          if (id % workers !== worker) continue;
          let slot = slots[id]!;
          if (slot < 0) {
            slot = slots[id] = used.push(id) - 1;
            if (used.length * dims > this.sums.length) this.grow();
            this.sums.fill(0, slot * dims, (slot + 1) * dims);
          }
          const { sums } = this;
          const to = slot * dims;
          for (let dim = 0; dim < dims; dim++) sums[to + dim]! += gradients[base + dim]!;
        }
      }
    }
    return used;
  }

  private grow(): void {
    const next = new Float32Array(this.sums.length * 2);
    next.set(this.sums);
    this.sums = next;
  }
}
