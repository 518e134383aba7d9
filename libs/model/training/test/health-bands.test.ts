import { ParameterSet, type TrainingProgram } from '@retort/engine';
import { bandAt, type HealthBands, HealthCheck, trainOnRows } from '@retort/training';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { LENGTHS, tokensOf } from './support/tiny-tokens.ts';
import { trainingContext } from './support/training-context.ts';

const POINTS = [
  { at: 0.2, low: 4, high: 8 },
  { at: 0.6, low: 2, high: 4 },
];

describe('an expected range', () => {
  it('is interpolated between points, none before the first and the last one after it', () => {
    expect(bandAt(POINTS, 0.1)).toBeUndefined();
    expect(bandAt(POINTS, 0.2)).toEqual([4, 8]);
    expect(bandAt(POINTS, 0.4)).toEqual([3, 6]);
    expect(bandAt(POINTS, 0.6)).toEqual([2, 4]);
    expect(bandAt(POINTS, 1)).toEqual([2, 4]);
    expect(bandAt([], 1)).toBeUndefined();
  });

  it('is told of values that have one, and warned of once where they are outside', () => {
    const warnings: string[] = [];
    const check = new HealthCheck({ loss: POINTS, hidden: POINTS }, (message) => warnings.push(message));
    expect(check.check({ loss: 100 }, 0.1)).toEqual({});
    expect(check.check({ loss: 5, attention: 1 }, 0.4)).toEqual({ expected: { loss: [3, 6] } });
    expect(warnings).toEqual([]);
    check.check({ loss: 6.1 }, 0.4);
    check.check({ loss: 7, hidden: 1 }, 0.6);
    expect(warnings).toMatchInlineSnapshot(`
      [
        "After 40 % of training loss is 6.10; in published runs with these settings it was 3.00 to 6.00. Check the teacher, its tokens and the learning rate.",
        "After 60 % of training hidden is 1.00; in published runs with these settings it was 2.00 to 4.00. Check the teacher, its tokens and the learning rate.",
      ]
    `);
  });
});

describe('training with expected ranges', () => {
  const program: TrainingProgram = ({ weight }) => {
    const loss = tf.sum(tf.square(weight as tf.Tensor)) as tf.Scalar;
    return { loss, terms: { attention: tf.mul(loss, 2) } };
  };

  async function trained(bands: HealthBands) {
    const config = {
      batchSize: 8,
      gradientAccumulation: 1,
      epochs: 2,
      optimizer: {
        kind: 'adam',
        learningRate: 0.1,
        beta1: 0.9,
        beta2: 0.999,
        epsilon: 1e-8,
        weightDecay: 0,
        maxGradientNorm: 0,
        clipping: 'global',
        schedule: { kind: 'constant', warmupProportion: 0 },
      },
    } as const;
    const context = trainingContext({ config });
    const parameters = new ParameterSet(new Map([['weight', { shape: [1], values: Float32Array.of(1) }]]));
    await trainOnRows({ context, tokens: tokensOf(LENGTHS), parameters, program, inputsOf: () => ({}), bands });
    return context;
  }

  it('shows them beside the losses and keeps training when a term leaves its range', async () => {
    const context = await trained({ attention: [{ at: 0.5, low: 0, high: 1.2 }] });
    expect(context.progresses).toHaveLength(10);
    expect(context.progresses[3]?.expected).toBeUndefined();
    expect(context.progresses[4]?.expected).toEqual({ attention: [0, 1.2] });
    expect(context.warnings).toMatchInlineSnapshot(`
      [
        "After 50 % of training attention is 1.32; in published runs with these settings it was 0.00 to 1.20. Check the teacher, its tokens and the learning rate.",
      ]
    `);
  });

  it('says nothing while all is as expected, or nothing is', async () => {
    expect((await trained({ attention: [{ at: 0, low: 0, high: 3 }] })).warnings).toEqual([]);
    expect((await trained({})).warnings).toEqual([]);
  });
});
