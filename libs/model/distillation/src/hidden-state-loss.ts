import * as tf from '@tensorflow/tfjs-core';
import { assertHiddenShapes, type HiddenStateLossInput, hiddenWeights } from './hidden-input.ts';
import { project } from './hidden-projection.ts';
import { meanSquaredError } from './mean-squared-error.ts';

/**
 * Mean squared error between projected student and teacher hidden states of one mapped layer pair. With layer 0 of both
 * it is the embedding-layer loss.
 *
 * `masked` takes the mean over hidden units of the real positions of the whole batch: a long row counts for more than a
 * short one. `reference` takes it over all positions, padded ones included.
 *
 * @returns float32 scalar in squared hidden units
 * @throws ShapeError where widths or lengths differ
 * @see TinyBERT, arXiv:1909.10351, Transformer-layer distillation (hidden term) and embedding-layer distillation
 */
export function hiddenStateLoss(input: HiddenStateLossInput): tf.Scalar {
  assertHiddenShapes('hiddenStateLoss', input);
  const { student, teacher, projection } = input;
  return meanSquaredError({ student: project(student, projection), teacher, weights: hiddenWeights(input) });
}
