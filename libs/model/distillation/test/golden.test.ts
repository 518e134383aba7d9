import { attentionScoreLoss, klDivergence, type LogitsLossInput, softCrossEntropy } from '@retort/distillation';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import golden from './fixtures/tinybert-losses.json';
import { valueOf } from './support/oracle.ts';

function expectGolden(loss: tf.Scalar, expected: number): void {
  expect(Math.abs(valueOf(loss) - expected), `${valueOf(loss)}, expected ${expected}`).toBeLessThan(golden.tolerance);
}

function onePair(probabilities: { student: number[]; teacher: number[] }): LogitsLossInput {
  return {
    studentLogits: tf.log(tf.tensor2d([probabilities.student])),
    teacherLogits: tf.log(tf.tensor2d([probabilities.teacher])),
    temperature: 1,
    reduction: 'batchMean',
    scaleByTemperatureSquared: false,
  };
}

describe('divergence of (0.5, 0.4, 0.1) from (0.6, 0.3, 0.1)', () => {
  const { divergences } = golden;
  const input = onePair({ student: divergences.studentProbabilities, teacher: divergences.teacherProbabilities });

  it('is the published Kullback–Leibler divergence, in both directions', () => {
    expectGolden(klDivergence(input), divergences.klDivergence);
    const reversed = { ...input, studentLogits: input.teacherLogits, teacherLogits: input.studentLogits };
    expectGolden(klDivergence(reversed), divergences.klDivergenceReversed);
    expectGolden(klDivergence({ ...input, reduction: 'elementMean' }), divergences.klDivergenceElementMean);
  });

  it('is less than the soft cross-entropy by the entropy of the teacher', () => {
    expectGolden(softCrossEntropy(input), divergences.softCrossEntropy);
    expectGolden(softCrossEntropy({ ...input, reduction: 'elementMean' }), divergences.softCrossEntropyElementMean);
    expectGolden(tf.sub(softCrossEntropy(input), klDivergence(input)), divergences.teacherEntropy);
  });
});

describe.each(golden.attention)('attention scores, $name', ({ keyMask, student, teacher, reference, masked }) => {
  const input = {
    student: tf.tensor4d([[student]]),
    teacher: tf.tensor4d([[teacher]]),
    keyMask: tf.tensor2d([keyMask], [1, keyMask.length], 'int32'),
  };

  it('has the loss of the reference code', () => {
    expectGolden(attentionScoreLoss({ ...input, padding: 'reference' }), reference);
  });

  it('has the loss over valid queries and keys', () => {
    expectGolden(attentionScoreLoss({ ...input, padding: 'masked' }), masked);
  });
});

describe.each(golden.logits.cases)('logits at temperature $temperature', (expected) => {
  const input: LogitsLossInput = {
    studentLogits: tf.tensor2d(golden.logits.studentLogits),
    teacherLogits: tf.tensor2d(golden.logits.teacherLogits),
    temperature: expected.temperature,
    reduction: 'batchMean',
    scaleByTemperatureSquared: false,
  };

  it('have the soft cross-entropy of the reference code', () => {
    expectGolden(softCrossEntropy({ ...input, reduction: 'elementMean' }), expected.softCrossEntropyElementMean);
  });

  it('have the Kullback–Leibler divergence, with and without T²', () => {
    expectGolden(klDivergence(input), expected.klBatchMean);
    expectGolden(klDivergence({ ...input, scaleByTemperatureSquared: true }), expected.klBatchMeanScaled);
  });

  it('are the same with the temperature as a tensor', () => {
    const temperature = tf.scalar(expected.temperature);
    expectGolden(klDivergence({ ...input, temperature, scaleByTemperatureSquared: true }), expected.klBatchMeanScaled);
  });
});
