// Contrastive loss (InfoNCE, both directions, the other rows of the batch as negatives) and its gradient.
// The three matrix products dominate training, so ONNX Runtime computes them: 20 times what a JavaScript loop does.
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { FLOAT, INT64, input, model, node, output, real, whole } from './onnx-writer.ts';

export const TEMPERATURE = 0.05;

/** Unit rows in; softmax-weighted sums of the other side's rows, and each pair's own probability, out. */
function lossGraph(dims: number): Uint8Array {
  return model(
    'engram-train',
    node('Gemm', ['left', 'right'], 'scores', whole('transB', 1), real('alpha', 1 / TEMPERATURE)),
    node('Softmax', ['scores'], 'by_left', whole('axis', 1)),
    node('Softmax', ['scores'], 'by_right', whole('axis', 0)),
    node('Add', ['by_left', 'by_right'], 'pull'),
    node('Gemm', ['pull', 'right'], 'left_pull'),
    node('Gemm', ['pull', 'left'], 'right_pull', whole('transA', 1)),
    node('GatherElements', ['by_left', 'diagonal'], 'left_own', whole('axis', 1)),
    node('GatherElements', ['by_right', 'diagonal'], 'right_own', whole('axis', 1)),
    input('left', FLOAT, ['batch', dims]),
    input('right', FLOAT, ['batch', dims]),
    input('diagonal', INT64, ['batch', 1]),
    output('left_pull', FLOAT, ['batch', dims]),
    output('right_pull', FLOAT, ['batch', dims]),
    output('left_own', FLOAT, ['batch', 1]),
    output('right_own', FLOAT, ['batch', 1]),
  );
}

export interface Loss {
  /** Mean loss of the pairs; `left` and `right` (unit rows) are replaced by the gradient with respect to them. */
  replaceByGradient(left: Float32Array, right: Float32Array): Promise<number>;
}

export async function openLoss(dims: number): Promise<Loss> {
  // One thread: the order of additions, hence every bit of the result, stays the same from run to run.
  const session = await InferenceSession.create(lossGraph(dims), {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    graphOptimizationLevel: 'all',
  });
  return {
    async replaceByGradient(left, right) {
      const batch = left.length / dims;
      const found = await session.run({
        left: new Tensor('float32', left, [batch, dims]),
        right: new Tensor('float32', right, [batch, dims]),
        diagonal: new Tensor(
          'int64',
          BigInt64Array.from({ length: batch }, (_, row) => BigInt(row)),
          [batch, 1],
        ),
      });
      const data = (name: string) => found[name]!.data as Float32Array;
      const [leftPull, rightPull, leftOwn, rightOwn] = ['left_pull', 'right_pull', 'left_own', 'right_own'].map(data);
      const scale = 1 / (2 * batch * TEMPERATURE);
      for (let at = 0; at < left.length; at++) {
        const gradient = scale * (leftPull![at]! - 2 * right[at]!);
        right[at] = scale * (rightPull![at]! - 2 * left[at]!);
        left[at] = gradient;
      }
      let loss = 0;
      for (let row = 0; row < batch; row++) {
        loss -= Math.log(Math.max(leftOwn![row]!, 1e-30)) + Math.log(Math.max(rightOwn![row]!, 1e-30));
      }
      return loss / (2 * batch);
    },
  };
}
