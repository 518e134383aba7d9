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
  softCrossEntropy,
} from '@retort/distillation';
import * as tf from '@tensorflow/tfjs-core';
import { describe, it } from 'vitest';
import { expectGradientsToMatch } from './support/gradient-check.ts';
import { keyMaskOf, randomTensor } from './support/oracle.ts';

const keyMask = keyMaskOf([3, 2, 3], 3);
/** The last row fills up the batch. */
const rowWeights = tf.tensor1d([1, 1, 0]);

describe.each(['masked', 'reference'] as const)('%s padding', (padding) => {
  describe.each([undefined, rowWeights])('row weights %s', (weights) => {
    it.each([attentionScoreLoss, attentionDivergence])('attention: %o', (loss) => {
      const teacher = randomTensor<tf.Tensor4D>('teacher scores', [3, 2, 3, 3]);
      expectGradientsToMatch(
        ({ student }) => loss({ student: student as tf.Tensor4D, teacher, keyMask, padding, rowWeights: weights }),
        { student: randomTensor('student scores', [3, 2, 3, 3]) },
      );
    });

    it.each([hiddenStateLoss, hiddenCosineLoss])('hidden states, projection and bias: %o', (loss) => {
      const teacher = randomTensor<tf.Tensor3D>('teacher hidden', [3, 3, 4]);
      expectGradientsToMatch(
        ({ student, weight, bias }) =>
          loss({
            student: student as tf.Tensor3D,
            teacher,
            projection: { weight: weight as tf.Tensor2D, bias: bias as tf.Tensor1D },
            keyMask,
            padding,
            rowWeights: weights,
          }),
        {
          student: randomTensor('student hidden', [3, 3, 2]),
          weight: randomTensor('projection', [2, 4]),
          bias: randomTensor('bias', [4]),
        },
      );
    });
  });
});

describe.each([undefined, rowWeights])('row weights %s', (weights) => {
  const teacherLogits = randomTensor<tf.Tensor2D>('teacher logits', [3, 4], 2);

  it.each([softCrossEntropy, klDivergence, sigmoidCrossEntropy, logitsMeanSquaredError])('%o', (loss) => {
    for (const reduction of ['batchMean', 'elementMean'] as const) {
      const options = { temperature: 2, reduction, scaleByTemperatureSquared: true, rowWeights: weights };
      expectGradientsToMatch(
        ({ student }) => loss({ studentLogits: student as tf.Tensor2D, teacherLogits, ...options }),
        { student: randomTensor('student logits', [3, 4], 2) },
      );
    }
  });

  it('hard-label cross-entropy', () => {
    const labels = tf.tensor1d([2, 0, 3], 'int32');
    expectGradientsToMatch(
      ({ logits }) => hardLabelCrossEntropy({ logits: logits as tf.Tensor2D, labels, rowWeights: weights }),
      { logits: randomTensor('student logits', [3, 4], 2) },
    );
  });

  it('several labels', () => {
    const labels = tf.tensor2d([1, 0, 1, 0, 0, 0, 0, 1, 1, 1, 1, 1], [3, 4]);
    expectGradientsToMatch(
      ({ logits }) => multiLabelCrossEntropy({ logits: logits as tf.Tensor2D, labels, rowWeights: weights }),
      { logits: randomTensor('student logits', [3, 4], 2) },
    );
  });

  it('regression', () => {
    const labels = tf.tensor1d([0.5, -1, 2]);
    expectGradientsToMatch(
      ({ logits }) => regressionLoss({ logits: logits as tf.Tensor2D, labels, rowWeights: weights }),
      { logits: randomTensor('regression logits', [3, 1]) },
    );
  });
});
