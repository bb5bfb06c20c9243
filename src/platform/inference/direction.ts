// NaN, infinite and zero vectors have no direction, and a NaN in an index would make its order meaningless.
import type { Logger } from '../../core/log.ts';

/** @returns what gives a vector back, or in the place of one without direction a fixed one, saying so the first time */
export function withDirection(file: string, dims: number, logger: Logger) {
  let warned = false;
  return (vector: Float32Array): Float32Array => {
    let squares = 0;
    for (let i = 0; i < dims; i++) squares += vector[i]! * vector[i]!;
    if (squares > 0.5 && squares < 2) return vector;
    if (!warned) logger.warn({ file }, 'the model made a vector without direction; it gets a fixed one');
    warned = true;
    return nearNothing(dims);
  };
}

/** A unit vector that is near nothing a model says. */
const nearNothing = (dims: number) =>
  Float32Array.from({ length: dims }, (_, i) => (i % 2 === 0 ? 1 : -1) / Math.sqrt(dims));
