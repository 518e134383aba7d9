import * as tf from '@tensorflow/tfjs-core';

/** Learned linear map from student to teacher width: `student · weight + bias`. `fit_dense` in the reference code. */
export interface HiddenProjection {
  /** float32 [studentHidden, teacherHidden] */
  readonly weight: tf.Tensor2D;
  /** float32 [teacherHidden] */
  readonly bias?: tf.Tensor1D;
}

/** Flattened to two dimensions first: tfjs has no right gradient for a product of rank 3 with rank 2. */
export function project(student: tf.Tensor3D, projection: HiddenProjection | undefined): tf.Tensor3D {
  if (projection === undefined) return student;
  const [batch, sequence, hidden] = student.shape;
  const product = tf.matMul(tf.reshape(student, [batch * sequence, hidden]), projection.weight);
  const projected = projection.bias === undefined ? product : tf.add(product, projection.bias);
  return tf.reshape(projected, [batch, sequence, -1]);
}
