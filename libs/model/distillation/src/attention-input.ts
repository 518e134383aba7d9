import { assertShapes } from '@retort/foundation/shapes';
import * as tf from '@tensorflow/tfjs-core';
import type { Padding, PositionMask } from './padding.ts';

/** What every loss between attention of one mapped layer pair takes. */
export interface AttentionLossInput extends PositionMask {
  /** float32 [batch, heads, query, key], scores before softmax and before the mask is added; query = key */
  readonly student: tf.Tensor4D;
  /** Same shape. A constant: no gradient flows into it. */
  readonly teacher: tf.Tensor4D;
  readonly padding: Padding;
}

/** @throws ShapeError where head counts or lengths differ */
export function assertAttentionShapes(
  where: string,
  { student, teacher, keyMask, rowWeights }: AttentionLossInput,
): void {
  assertShapes(where, {
    student: [student, ['batch', 'heads', 'length', 'length']],
    teacher: [teacher, ['batch', 'heads', 'length', 'length']],
    keyMask: [keyMask, ['batch', 'length']],
    rowWeights: [rowWeights, ['batch']],
  });
}

const MASK_BIAS = -10_000;

/** float32 [batch, 1, 1, key]: what BERT adds to the scores of padded keys. */
export function keyBias(keyMask: tf.Tensor2D): tf.Tensor {
  const [batch, length] = keyMask.shape;
  const padded = tf.sub(1, tf.cast(keyMask, 'float32'));
  return tf.reshape(tf.mul(padded, MASK_BIAS), [batch, 1, 1, length]);
}
