import { assertShapes } from '@retort/shapes';
import * as tf from '@tensorflow/tfjs-core';
import { meanSquaredError } from './mean-squared-error.ts';
import { type Padding, type PositionMask, positionWeights, rowWeightsOfRank } from './padding.ts';

/** Learned linear map from student to teacher width: `student · weight + bias`. `fit_dense` in the reference code. */
export interface HiddenProjection {
  /** float32 [studentHidden, teacherHidden] */
  readonly weight: tf.Tensor2D;
  /** float32 [teacherHidden] */
  readonly bias?: tf.Tensor1D;
}

export interface HiddenStateLossInput extends PositionMask {
  readonly student: tf.Tensor3D;
  readonly teacher: tf.Tensor3D;
  readonly projection?: HiddenProjection | undefined;
  readonly padding: Padding;
}

/**
 * Mean squared error between projected student and teacher hidden states of one mapped layer pair. With layer 0 of both
 * it is the embedding-layer loss.
 *
 * `masked` takes the mean over hidden units of the real positions of the whole batch: a long row counts for more than a
 * short one. `reference` takes it over all positions, padded ones included.
 *
 * @param student  float32 [batch, sequence, studentHidden]
 * @param teacher  float32 [batch, sequence, teacherHidden]; no gradient flows into it
 * @param projection  gets a gradient as the student does; without it both must have the same width
 * @param keyMask  bool, int32 or float32 [batch, sequence], true = real token
 * @param rowWeights  float32 [batch], 0 for rows that only fill up the batch
 * @returns float32 scalar in squared hidden units
 * @throws ShapeError where widths or lengths differ
 * @see TinyBERT, arXiv:1909.10351, Transformer-layer distillation (hidden term) and embedding-layer distillation
 */
export function hiddenStateLoss({ student, teacher, projection, padding, ...mask }: HiddenStateLossInput): tf.Scalar {
  assertShapes('hiddenStateLoss', {
    teacher: [teacher, ['batch', 'sequence', 'teacherHidden']],
    student: [student, ['batch', 'sequence', projection ? 'studentHidden' : 'teacherHidden']],
    'projection.weight': [projection?.weight, ['studentHidden', 'teacherHidden']],
    'projection.bias': [projection?.bias, ['teacherHidden']],
    keyMask: [mask.keyMask, ['batch', 'sequence']],
    rowWeights: [mask.rowWeights, ['batch']],
  });
  const weights = padding === 'masked' ? tf.expandDims(positionWeights(mask), 2) : rowWeightsOfRank(mask.rowWeights, 3);
  return meanSquaredError({ student: project(student, projection), teacher, weights });
}

/** Flattened to two dimensions first: tfjs has no right gradient for a product of rank 3 with rank 2. */
function project(student: tf.Tensor3D, projection: HiddenProjection | undefined): tf.Tensor3D {
  if (projection === undefined) return student;
  const [batch, sequence, hidden] = student.shape;
  const product = tf.matMul(tf.reshape(student, [batch * sequence, hidden]), projection.weight);
  const projected = projection.bias === undefined ? product : tf.add(product, projection.bias);
  return tf.reshape(projected, [batch, sequence, -1]);
}
