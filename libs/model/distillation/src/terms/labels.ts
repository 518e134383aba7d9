import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { hardLabelCrossEntropy } from '../hard-label-cross-entropy.ts';
import { regressionLoss } from '../regression-loss.ts';
import { multiLabelCrossEntropy } from '../sigmoid-cross-entropy.ts';
import { logits } from '../signals/index.ts';
import { defineLossTerm } from './term.ts';

/** Which formula is taken, dtype and rank of the labels decide. */
export const labels = defineLossTerm({
  name: 'labels',
  description: 'The gold labels: cross-entropy for classes, mean squared error for regression.',
  schema: { properties: {} },
  signals: [],
  usesLabels: true,
  loss: ({ mask: { rowWeights }, labels: goldLabels, overComparisons }) => {
    const gold = goldLabels();
    return overComparisons(({ student }) => {
      const given = { logits: student(logits), rowWeights };
      if (gold.rank === 2) return multiLabelCrossEntropy({ ...given, labels: gold as Tensor2D });
      const loss = gold.dtype === 'int32' ? hardLabelCrossEntropy : regressionLoss;
      return loss({ ...given, labels: gold as Tensor1D });
    });
  },
});
