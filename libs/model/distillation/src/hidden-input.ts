import { assertShapes } from '@retort/foundation/shapes';
import * as tf from '@tensorflow/tfjs-core';
import type { HiddenProjection } from './hidden-projection.ts';
import { type Padding, type PositionMask, positionWeights, rowWeightsOfRank } from './padding.ts';

/** What every loss between hidden states of one mapped layer pair takes. */
export interface HiddenStateLossInput extends PositionMask {
  /** float32 [batch, sequence, studentHidden] */
  readonly student: tf.Tensor3D;
  /** float32 [batch, sequence, teacherHidden]. A constant: no gradient flows into it. */
  readonly teacher: tf.Tensor3D;
  /** Gets a gradient as the student does; without it both must have the same width. */
  readonly projection?: HiddenProjection | undefined;
  readonly padding: Padding;
}

/** @throws ShapeError where widths or lengths differ */
export function assertHiddenShapes(where: string, input: HiddenStateLossInput): void {
  const { student, teacher, projection, keyMask, rowWeights } = input;
  assertShapes(where, {
    teacher: [teacher, ['batch', 'sequence', 'teacherHidden']],
    student: [student, ['batch', 'sequence', projection ? 'studentHidden' : 'teacherHidden']],
    'projection.weight': [projection?.weight, ['studentHidden', 'teacherHidden']],
    'projection.bias': [projection?.bias, ['teacherHidden']],
    keyMask: [keyMask, ['batch', 'sequence']],
    rowWeights: [rowWeights, ['batch']],
  });
}

/** How much each position counts, to be broadcast over hidden units: [batch, sequence, 1] for `masked`, [batch, 1, 1] for `reference`. Undefined where all count alike. */
export function hiddenWeights({ padding, ...mask }: HiddenStateLossInput): tf.Tensor | undefined {
  return padding === 'masked' ? tf.expandDims(positionWeights(mask), 2) : rowWeightsOfRank(mask.rowWeights, 3);
}
