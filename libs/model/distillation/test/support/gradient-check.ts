import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'vitest';
import { valueOf } from './oracle.ts';

export type NamedTensors = Readonly<Record<string, tf.Tensor>>;

/** Large enough that float32 rounding of the loss (1e-7 of it) stays far below the difference, small enough for curvature. */
const STEP = 1e-2;
/** What rounding and the third derivative leave at that step, for losses and gradients of size 0.01 to 10. */
const TOLERANCE = 2e-3;

/** Holds the gradient of `loss` for every element of every tensor to central finite differences. */
export function expectGradientsToMatch(loss: (tensors: NamedTensors) => tf.Scalar, tensors: NamedTensors): void {
  const names = Object.keys(tensors);
  const gradients = tf.grads((...values) => loss(named(names, values)))(Object.values(tensors));
  names.forEach((name, i) => {
    const expected = finiteDifferences(loss, tensors, name);
    const got = (gradients[i] as tf.Tensor).dataSync() as Float32Array;
    const scale = Math.max(...expected.map(Math.abs));
    expect(scale, `${name} has no influence on the loss`).toBeGreaterThan(0);
    expected.forEach((value, element) => {
      const difference = Math.abs(value - (got[element] as number));
      expect(difference, `${name}[${element}]: ${got[element]} by gradient, ${value} by difference`).toBeLessThan(
        TOLERANCE * scale,
      );
    });
  });
}

function finiteDifferences(loss: (tensors: NamedTensors) => tf.Scalar, tensors: NamedTensors, name: string): number[] {
  const tensor = tensors[name] as tf.Tensor;
  const lossAt = (element: number, change: number) => {
    const values = Float32Array.from(tensor.dataSync());
    values[element] = (values[element] as number) + change;
    return valueOf(loss({ ...tensors, [name]: tf.tensor(values, tensor.shape) }));
  };
  return Array.from({ length: tensor.size }, (_, i) => (lossAt(i, STEP) - lossAt(i, -STEP)) / (2 * STEP));
}

function named(names: readonly string[], values: readonly tf.Tensor[]): NamedTensors {
  return Object.fromEntries(names.map((name, i) => [name, values[i] as tf.Tensor]));
}
