import { expect, it } from 'vitest';
import { stepOfMicroBatch } from './steps.ts';

it('counts the steps that micro-batches make, with a short one at the end of each epoch', () => {
  const counts = { epochs: 2, batchesPerEpoch: 5, gradientAccumulation: 2 };
  const steps = Array.from({ length: 10 }, (_, index) => stepOfMicroBatch(index, counts));
  expect(steps.map(({ step }) => step)).toEqual([0, 0, 1, 1, 2, 3, 3, 4, 4, 5]);
  expect(new Set(steps.map(({ totalSteps }) => totalSteps))).toEqual(new Set([6]));
});
