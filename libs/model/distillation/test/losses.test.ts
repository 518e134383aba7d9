import {
  attentionDivergence,
  attentionScoreLoss,
  hardLabelCrossEntropy,
  hiddenCosineLoss,
  hiddenStateLoss,
  klDivergence,
  logitsMeanSquaredError,
  multiLabelCrossEntropy,
  regressionLoss,
  sigmoidCrossEntropy,
} from '@retort/distillation';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { keyMaskOf, valueOf } from './support/oracle.ts';

const LOGITS = {
  studentLogits: tf.tensor2d([
    [1, 2],
    [3, 4],
  ]),
  teacherLogits: tf.tensor2d([
    [1, 0],
    [0, 4],
  ]),
  temperature: 2,
  reduction: 'batchMean',
  scaleByTemperatureSquared: false,
} as const;

describe('hiddenStateLoss', () => {
  const input = {
    student: tf.tensor3d([
      [[1], [2]],
      [[3], [9]],
    ]),
    teacher: tf.tensor3d([
      [
        [1, 3],
        [2, 6],
      ],
      [
        [3, 9],
        [0, 0],
      ],
    ]),
    keyMask: keyMaskOf([2, 1], 2),
  };

  it('compares student · weight + bias with the teacher over valid positions', () => {
    const projection = { weight: tf.tensor2d([[1, 2]]), bias: tf.tensor1d([0, 1]) };
    // Projected: (1, 3), (2, 5), (3, 7), so that the squares are 0, 0; 0, 1; 0, 4 over 3 positions x 2 units.
    expect(valueOf(hiddenStateLoss({ ...input, projection, padding: 'masked' }))).toBeCloseTo(5 / 6, 6);
    // The padded position projects to (9, 19): 81 + 361 more, over 4 positions.
    expect(valueOf(hiddenStateLoss({ ...input, projection, padding: 'reference' }))).toBeCloseTo(447 / 8, 4);
  });

  it('refuses widths that differ without a projection', () => {
    expect(() => hiddenStateLoss({ ...input, padding: 'masked' })).toThrowErrorMatchingInlineSnapshot(
      `[RetortError: hiddenStateLoss: student must be [batch=2, sequence=2, teacherHidden=2], got [2, 2, 1].]`,
    );
  });
});

describe('attentionScoreLoss', () => {
  const keyMask = keyMaskOf([2], 2);

  it('sets genuine scores of -100 and less to zero, by the reference only', () => {
    const input = {
      student: tf.fill([1, 1, 2, 2], -150) as tf.Tensor4D,
      teacher: tf.zeros([1, 1, 2, 2]) as tf.Tensor4D,
      keyMask,
    };
    expect(valueOf(attentionScoreLoss({ ...input, padding: 'reference' }))).toBe(0);
    expect(valueOf(attentionScoreLoss({ ...input, padding: 'masked' }))).toBe(22_500);
  });

  it('gives no gradient to scores that the reference sets to zero', () => {
    const teacher = tf.ones([1, 1, 2, 2]) as tf.Tensor4D;
    const loss = (student: tf.Tensor) =>
      attentionScoreLoss({ student: student as tf.Tensor4D, teacher, keyMask, padding: 'reference' });
    const gradient = tf.grad(loss)(
      tf.tensor4d([
        [
          [
            [-150, 3],
            [1, -99],
          ],
        ],
      ]),
    );
    expect([...gradient.dataSync()].map((value) => value + 0)).toEqual([0, 1, 0, -50]);
  });

  it('refuses head counts that differ', () => {
    const input = {
      student: tf.zeros([1, 4, 2, 2]) as tf.Tensor4D,
      teacher: tf.zeros([1, 12, 2, 2]) as tf.Tensor4D,
      keyMask,
    };
    expect(() => attentionScoreLoss({ ...input, padding: 'masked' })).toThrowErrorMatchingInlineSnapshot(
      `[RetortError: attentionScoreLoss: teacher must be [batch=1, heads=4, length=2, length=2], got [1, 12, 2, 2].]`,
    );
  });
});

describe('attentionDivergence', () => {
  /** Scores of one head and two positions whose probabilities are these. */
  const scoresOf = (rows: number[][]) => tf.log(tf.tensor4d([[rows]])) as tf.Tensor4D;
  const input = {
    student: scoresOf([
      [0.5, 0.5],
      [0.25, 0.75],
    ]),
    teacher: scoresOf([
      [0.75, 0.25],
      [0.25, 0.75],
    ]),
    keyMask: keyMaskOf([2], 2),
  };

  it('is the mean over queries of the divergence over keys', () => {
    const first = 0.75 * Math.log(0.75 / 0.5) + 0.25 * Math.log(0.25 / 0.5);
    expect(valueOf(attentionDivergence({ ...input, padding: 'masked' }))).toBeCloseTo(first / 2, 6);
  });

  it('is 0 where all scores of a query are higher by the same, and where no key is left to choose', () => {
    const shifted = { ...input, student: tf.add(input.teacher, 3) as tf.Tensor4D };
    expect(valueOf(attentionDivergence({ ...shifted, padding: 'masked' }))).toBeCloseTo(0, 6);
    expect(valueOf(attentionDivergence({ ...input, keyMask: keyMaskOf([1], 2), padding: 'masked' }))).toBe(0);
  });
});

describe('hiddenCosineLoss', () => {
  const input = {
    student: tf.tensor3d([
      [
        [2, 0],
        [0, 3],
        [0, 0],
      ],
    ]),
    teacher: tf.tensor3d([
      [
        [5, 0],
        [0, -1],
        [1, 1],
      ],
    ]),
    keyMask: keyMaskOf([2], 3),
  };

  it('is 0 for the same direction, 2 for the opposite one, and 1 for a state that is zero', () => {
    expect(valueOf(hiddenCosineLoss({ ...input, padding: 'masked' }))).toBeCloseTo((0 + 2) / 2, 6);
    expect(valueOf(hiddenCosineLoss({ ...input, padding: 'reference' }))).toBeCloseTo((0 + 2 + 1) / 3, 6);
  });

  it('has finite gradients where states are zero', () => {
    const teacher = tf.zeros([1, 3, 2]) as tf.Tensor3D;
    const loss = (student: tf.Tensor) =>
      hiddenCosineLoss({ ...input, student: student as tf.Tensor3D, teacher, padding: 'reference' });
    const gradient = tf.grad(loss)(tf.zeros([1, 3, 2]));
    expect([...gradient.dataSync()].map((value) => value + 0)).toEqual([0, 0, 0, 0, 0, 0]);
  });

  it('refuses widths that differ without a projection', () => {
    const teacher = tf.zeros([1, 3, 4]) as tf.Tensor3D;
    expect(() => hiddenCosineLoss({ ...input, teacher, padding: 'masked' })).toThrowErrorMatchingInlineSnapshot(
      `[RetortError: hiddenCosineLoss: student must be [batch=1, sequence=3, teacherHidden=4], got [1, 3, 2].]`,
    );
  });
});

describe('logits losses', () => {
  it('take the mean squared error of logits divided by the temperature', () => {
    // Squares: 0 + 4 and 9 + 0, divided by T² = 4.
    expect(valueOf(logitsMeanSquaredError(LOGITS))).toBeCloseTo(13 / 2 / 4, 6);
    expect(valueOf(logitsMeanSquaredError({ ...LOGITS, reduction: 'elementMean' }))).toBeCloseTo(13 / 4 / 4, 6);
    const scaled = { ...LOGITS, scaleByTemperatureSquared: true };
    expect(valueOf(logitsMeanSquaredError(scaled))).toBeCloseTo(13 / 2, 5);
  });

  it('refuse a temperature of 0', () => {
    expect(() => klDivergence({ ...LOGITS, temperature: 0 })).toThrowErrorMatchingInlineSnapshot(
      `[RetortError: klDivergence: temperature must be above 0, got 0.]`,
    );
  });

  it('refuse logits of another number of classes', () => {
    const teacherLogits = tf.zeros([2, 3]) as tf.Tensor2D;
    expect(() => klDivergence({ ...LOGITS, teacherLogits })).toThrow(
      expect.objectContaining({ code: 'SHAPE_MISMATCH' }),
    );
  });
});

describe('losses against labels', () => {
  it('take the cross-entropy of the gold class', () => {
    const logits = tf.log(
      tf.tensor2d([
        [0.25, 0.75],
        [0.5, 0.5],
      ]),
    ) as tf.Tensor2D;
    const loss = hardLabelCrossEntropy({ logits, labels: tf.tensor1d([0, 1], 'int32') });
    expect(valueOf(loss)).toBeCloseTo((Math.log(4) + Math.log(2)) / 2, 6);
  });

  it('leave out rows of weight 0', () => {
    const logits = tf.log(
      tf.tensor2d([
        [0.25, 0.75],
        [0.5, 0.5],
      ]),
    ) as tf.Tensor2D;
    const rowWeights = tf.tensor1d([1, 0]);
    const loss = hardLabelCrossEntropy({ logits, labels: tf.tensor1d([0, 1], 'int32'), rowWeights });
    expect(valueOf(loss)).toBeCloseTo(Math.log(4), 6);
  });

  it('take the squared error of the only logit', () => {
    const loss = regressionLoss({ logits: tf.tensor2d([[1], [3]]), labels: tf.tensor1d([2, 5]) });
    expect(valueOf(loss)).toBeCloseTo(2.5, 6);
  });
});

describe('losses of several labels a row', () => {
  const logits = tf.tensor2d([[0, 2, -1000]]);

  it('are the mean of binary cross-entropies, without overflow', () => {
    const loss = (labels: number[]) => valueOf(multiLabelCrossEntropy({ logits, labels: tf.tensor2d([labels]) }));
    // log 2, log(1 + e^-2) and 0; with the last label gold, 1000 instead of 0.
    expect(loss([1, 1, 0])).toBeCloseTo((Math.log(2) + Math.log1p(Math.exp(-2))) / 3, 6);
    expect(loss([1, 1, 1])).toBeCloseTo((Math.log(2) + Math.log1p(Math.exp(-2)) + 1000) / 3, 3);
  });

  it('reach the entropy of the teacher where both agree', () => {
    const agreed = { ...LOGITS, studentLogits: logits, teacherLogits: logits, temperature: 1 };
    const p = 1 / (1 + Math.exp(-2));
    const entropy = Math.log(2) - p * Math.log(p) - (1 - p) * Math.log(1 - p);
    expect(valueOf(sigmoidCrossEntropy(agreed))).toBeCloseTo(entropy, 6);
    expect(valueOf(sigmoidCrossEntropy({ ...agreed, reduction: 'elementMean' }))).toBeCloseTo(entropy / 3, 6);
  });

  it('refuses labels of another number', () => {
    expect(() => multiLabelCrossEntropy({ logits, labels: tf.tensor2d([[1, 0]]) })).toThrow(
      'labels must be [batch=1, labels=3], got [1, 2]',
    );
  });
});
