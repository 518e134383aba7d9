import * as tf from '@tensorflow/tfjs-core';

/**
 * What padded positions do to a mean. `masked`: they are left out, so that a batch padded further has the same loss.
 * `reference`: they count, as in the published code.
 */
export type Padding = 'masked' | 'reference';

export interface PositionMask {
  /** [batch, key], true or 1 = real token; bool, int32 or float32. */
  readonly keyMask: tf.Tensor2D;
  /** float32 [batch]: 0 for rows that only fill up a batch. Rows count alike without it. */
  readonly rowWeights?: tf.Tensor1D | undefined;
}

/** float32 [batch, key]: how much each position counts in a masked mean. */
export function positionWeights({ keyMask, rowWeights }: PositionMask): tf.Tensor2D {
  const mask = tf.cast(keyMask, 'float32');
  return rowWeights === undefined ? mask : tf.mul(mask, tf.reshape(rowWeights, [-1, 1]));
}

/** float32 [batch, 1, …] of the given rank, or undefined where all rows count alike. */
export function rowWeightsOfRank(rowWeights: tf.Tensor1D | undefined, rank: number): tf.Tensor | undefined {
  return rowWeights && tf.reshape(rowWeights, [-1, ...Array<number>(rank - 1).fill(1)]);
}
