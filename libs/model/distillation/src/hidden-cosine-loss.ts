import * as tf from '@tensorflow/tfjs-core';
import { assertHiddenShapes, type HiddenStateLossInput, hiddenWeights } from './hidden-input.ts';
import { project } from './hidden-projection.ts';
import { weightedMean } from './weighted-mean.ts';

/** Added to squared lengths, as PyTorch's cosine embedding loss does: states that are all zero have cosine 0. */
const EPSILON = 1e-12;

/**
 * One minus the cosine of the angle between projected student and teacher hidden states, position by position: the
 * direction alone is learned, not the length.
 *
 * `masked` takes the mean over the real positions of the whole batch, `reference` over all positions.
 *
 * @returns float32 scalar, dimensionless, 0 (same direction) to 2
 * @throws ShapeError where widths or lengths differ
 * @see DistilBERT, arXiv:1910.01108, `alpha_cos` of its training code, there on the last layer alone
 */
export function hiddenCosineLoss(input: HiddenStateLossInput): tf.Scalar {
  assertHiddenShapes('hiddenCosineLoss', input);
  const { student, teacher, projection } = input;
  return weightedMean(tf.sub(1, cosines(project(student, projection), teacher)), hiddenWeights(input));
}

/** [batch, sequence, 1] */
function cosines(student: tf.Tensor3D, teacher: tf.Tensor3D): tf.Tensor {
  const squares = tf.mul(squaredLength(student), squaredLength(teacher));
  return tf.div(tf.sum(tf.mul(student, teacher), -1, true), tf.sqrt(squares));
}

function squaredLength(states: tf.Tensor3D): tf.Tensor {
  return tf.add(tf.sum(tf.square(states), -1, true), EPSILON);
}
