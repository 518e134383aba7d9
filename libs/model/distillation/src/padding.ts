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
  /**
   * In a masked mean, rows count alike however long they are: it is the mean of each row's own mean, so that means of
   * several batches are the mean over all rows. Without it positions of the batch count alike, as in training.
   */
  readonly rowsCountAlike?: boolean | undefined;
}

/** float32 [batch, key]: how much each position counts in a masked mean. */
export function positionWeights({ rowWeights, ...mask }: PositionMask): tf.Tensor2D {
  const shares = positionShares(mask);
  return rowWeights === undefined ? shares : tf.mul(shares, tf.reshape(rowWeights, [-1, 1]));
}

/** The same within each row: 1 for a real token, or its share of the row where rows count alike. */
export function positionShares({ keyMask, rowsCountAlike }: Omit<PositionMask, 'rowWeights'>): tf.Tensor2D {
  const mask = tf.cast(keyMask, 'float32');
  return rowsCountAlike ? tf.div(mask, tf.sum(mask, -1, true)) : mask;
}

/** float32 [batch, 1, …] of the given rank, or undefined where all rows count alike. */
export function rowWeightsOfRank(rowWeights: tf.Tensor1D | undefined, rank: number): tf.Tensor | undefined {
  return rowWeights && tf.reshape(rowWeights, [-1, ...Array<number>(rank - 1).fill(1)]);
}
