import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BATCH_SIZE, planTraining } from './training-plan.ts';

test.each([
  [600, 384, 'pretrained'],
  [600, 768, 'pretrained'],
  [67_349, 768, 'pretrained'],
  [67_349, 1024, 'pretrained'],
  [2_000, 128, 'pretrained'],
  [40, 384, 'pretrained'],
  [600, 156, 'random'],
  [67_349, 312, 'random'],
] as const)('%i rows, a hidden size of %i, %s weights', (rows, hiddenSize, start) => {
  const { epochs, learningRate, steps, why } = planTraining({ rows, hiddenSize }, start);
  expect(`${epochs} epochs, ${steps} steps at ${learningRate}. ${why}`).toMatchSnapshot();
});

test('steps are enough or epochs at their limit, and never fewer for more rows; rates never rise with width', () => {
  const size = fc.integer({ min: 1, max: 4096 });
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 200_000 }),
      fc.nat(10_000),
      size,
      size,
      fc.constantFrom('pretrained', 'random'),
      (rows, more, width, other, start) => {
        const plan = planTraining({ rows, hiddenSize: width }, start);
        const { least, most } = { pretrained: { least: 200, most: 20 }, random: { least: 1000, most: 60 } }[start];
        expect(plan.steps).toBe(plan.epochs * Math.ceil(rows / BATCH_SIZE));
        expect(plan.steps >= least || plan.epochs === most).toBe(true);
        expect(plan.why.includes('More rows would help')).toBe(plan.steps < least);
        expect(planTraining({ rows: rows + more, hiddenSize: width }, start).epochs).toBeLessThanOrEqual(plan.epochs);
        const [narrow, wide] = [Math.min(width, other), Math.max(width, other)].map(
          (hiddenSize) => planTraining({ rows, hiddenSize }, start).learningRate,
        ) as [number, number];
        expect(narrow).toBeGreaterThanOrEqual(wide);
        expect(wide).toBeGreaterThan(0);
      },
    ),
  );
});
