// Makes tfjs compute and differentiate: the pure JavaScript backend, and the gradients, which tfjs-core alone does not register.
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-core/dist/register_all_gradients.js';
import { RandomStream, streamKey } from '@retort/foundation/random';
import * as tf from '@tensorflow/tfjs-core';

export type Shape = readonly number[];

/** float32 values in [-scale, scale), the same for the same name. */
export function randomTensor<T extends tf.Tensor>(name: string, shape: Shape, scale = 1): T {
  const stream = new RandomStream(streamKey(7, name));
  const size = shape.reduce((product, length) => product * length, 1);
  const values = Float32Array.from({ length: size }, () => scale * (2 * stream.unit() - 1));
  return tf.tensor(values, [...shape]) as T;
}

/** bool [lengths.length, sequence]: the first `lengths[b]` positions of row b are real tokens. */
export function keyMaskOf(lengths: readonly number[], sequence: number): tf.Tensor2D {
  const rows = lengths.map((length) => Array.from({ length: sequence }, (_, key) => key < length));
  return tf.tensor2d(rows, [lengths.length, sequence], 'bool');
}

export function valueOf(scalar: tf.Tensor): number {
  return scalar.dataSync()[0] as number;
}
