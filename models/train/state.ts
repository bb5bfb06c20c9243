// What the workers share: the model, Adam's memory of it, the corpus and the batches of the present step.
export interface Shape {
  rows: number;
  dims: number;
  batch: number;
  workers: number;
  /** Tokens one side of a batch can have. */
  room: number;
  /** Steps handed out at a time. */
  chunk: number;
  seed: number;
  dropout: number;
}

export interface State {
  shape: Shape;
  tokens: Uint16Array;
  starts: Uint32Array;
  /** Directions of the tokens, and the logarithm of each token's weight: a row of the model is exp(weight) x vector. */
  vectors: Float32Array;
  weights: Float32Array;
  vectorMean: Float32Array;
  vectorSquare: Float32Array;
  weightMean: Float32Array;
  weightSquare: Float32Array;
  /** Pairs of `chunk` steps, each one batch per worker. */
  pairs: Int32Array;
  /** Per step of the chunk: the learning rate; per step and worker: the loss found. */
  rates: Float64Array;
  losses: Float64Array;
  /** Per worker and side: the batch's kept tokens, where each text's begin, and the gradient of each text's sum. */
  kept: Uint16Array;
  keptStarts: Int32Array;
  gradients: Float32Array;
  /** Workers arrived, and the round they wait to end. */
  barrier: Int32Array;
}

const f32 = (length: number) => new Float32Array(new SharedArrayBuffer(length * 4));

export function newState(shape: Shape, tokens: Uint16Array, starts: Uint32Array): State {
  const { rows, dims, batch, workers, room, chunk } = shape;
  return {
    shape,
    tokens,
    starts,
    vectors: f32(rows * dims),
    weights: f32(rows),
    vectorMean: f32(rows * dims),
    vectorSquare: f32(rows * dims),
    weightMean: f32(rows),
    weightSquare: f32(rows),
    pairs: new Int32Array(new SharedArrayBuffer(chunk * workers * batch * 4)),
    rates: new Float64Array(new SharedArrayBuffer(chunk * 8)),
    losses: new Float64Array(new SharedArrayBuffer(chunk * workers * 8)),
    kept: new Uint16Array(new SharedArrayBuffer(workers * 2 * room * 2)),
    keptStarts: new Int32Array(new SharedArrayBuffer(workers * 2 * (batch + 1) * 4)),
    gradients: f32(workers * 2 * batch * dims),
    barrier: new Int32Array(new SharedArrayBuffer(8)),
  };
}

/** Blocks until every worker is here. */
export function meet({ barrier, shape }: State): void {
  const round = Atomics.load(barrier, 1);
  if (Atomics.add(barrier, 0, 1) === shape.workers - 1) {
    Atomics.store(barrier, 0, 0);
    Atomics.add(barrier, 1, 1);
    Atomics.notify(barrier, 1);
    return;
  }
  while (Atomics.load(barrier, 1) === round) Atomics.wait(barrier, 1, round, 1000);
}
