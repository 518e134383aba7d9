import { RetortError } from '@retort/foundation/diagnostics';
import { assertShapes } from '@retort/foundation/shapes';
import * as tf from '@tensorflow/tfjs-core';
import type { Reduction } from './row-mean.ts';

/** What every loss between student and teacher logits takes. */
export interface LogitsLossInput {
  /** float32 [batch, classes], unnormalised */
  readonly studentLogits: tf.Tensor2D;
  /** Same shape. A constant: differentiate with regard to the student only. */
  readonly teacherLogits: tf.Tensor2D;
  /** > 0, dimensionless; divides both logits. A scalar tensor where it changes over time. */
  readonly temperature: number | tf.Scalar;
  readonly reduction: Reduction;
  /** Multiplies the loss by temperature², so that its gradient keeps its size as the temperature grows. */
  readonly scaleByTemperatureSquared: boolean;
  /** float32 [batch], 0 for rows that only fill up the batch */
  readonly rowWeights?: tf.Tensor1D | undefined;
}

/** Checks shapes and temperature, and returns both logits divided by the temperature. */
export function dividedLogits(where: string, input: LogitsLossInput): { student: tf.Tensor2D; teacher: tf.Tensor2D } {
  const { studentLogits, teacherLogits, temperature, rowWeights } = input;
  assertShapes(where, {
    studentLogits: [studentLogits, ['batch', 'classes']],
    teacherLogits: [teacherLogits, ['batch', 'classes']],
    rowWeights: [rowWeights, ['batch']],
  });
  if (typeof temperature === 'number' && !(temperature > 0)) {
    throw new RetortError(
      'LOSS_TEMPERATURE_NOT_POSITIVE',
      `${where}: temperature must be above 0, got ${temperature}.`,
    );
  }
  if (temperature === 1) return { student: studentLogits, teacher: teacherLogits };
  return { student: tf.div(studentLogits, temperature), teacher: tf.div(teacherLogits, temperature) };
}

/** Applies `reduction` (over classes) and `scaleByTemperatureSquared` to a loss that was summed over classes. */
export function reducedLoss(summedOverClasses: tf.Scalar, input: LogitsLossInput): tf.Scalar {
  const { reduction, scaleByTemperatureSquared, temperature, studentLogits } = input;
  const loss = reduction === 'batchMean' ? summedOverClasses : tf.mul(summedOverClasses, 1 / studentLogits.shape[1]);
  if (!scaleByTemperatureSquared || temperature === 1) return loss as tf.Scalar;
  return tf.mul(loss, tf.square(temperature));
}
