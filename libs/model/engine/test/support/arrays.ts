import type { HostTensor } from '@retort/engine';
import { RandomStream } from '@retort/foundation/random';

const size = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);

/** A float tensor that serves as a parameter's initial values and as an input alike. */
export interface Floats extends HostTensor {
  readonly data: Float32Array;
  readonly values: Float32Array;
}

export function floats(shape: readonly number[], valueAt: (index: number) => number): Floats {
  const values = Float32Array.from({ length: size(shape) }, (_, index) => valueAt(index));
  return { shape, values, data: values };
}

/** Normal numbers that depend on the seed alone. */
export function normal(shape: readonly number[], seed = 1): Floats {
  const random = new RandomStream(seed);
  return floats(shape, () => random.truncatedNormal());
}

/** Numbers from 0.5 to 2. */
export function positive(shape: readonly number[], seed = 1): Floats {
  const random = new RandomStream(seed);
  return floats(shape, () => 0.5 + 1.5 * random.unit());
}

export function ints(shape: readonly number[], values: readonly number[]): HostTensor {
  return { shape, data: Int32Array.from(values) };
}

/** Numbers below this are what is left of numbers near 1 that cancel out; they are compared in units of it. */
const SMALL = 0.1;

/** Largest difference, in units of the largest expected magnitude. */
export function relativeDifference(got: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (got.length !== expected.length) return Number.POSITIVE_INFINITY;
  let scale = SMALL;
  let worst = 0;
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs((got[i] as number) - (expected[i] as number));
    if (Number.isNaN(difference)) return Number.POSITIVE_INFINITY;
    scale = Math.max(scale, Math.abs(expected[i] as number));
    worst = Math.max(worst, difference);
  }
  return worst / scale;
}
