import { goldLabelLoss } from '../gold-label-loss.ts';
import { logits } from '../signals/index.ts';
import { defineLossTerm } from './term.ts';

export const labels = defineLossTerm({
  name: 'labels',
  description: 'The gold labels: cross-entropy for classes, mean squared error for regression.',
  schema: { properties: {} },
  signals: [],
  usesLabels: true,
  loss: ({ mask: { rowWeights }, labels: goldLabels, overComparisons }) =>
    overComparisons(({ student }) => goldLabelLoss({ labels: goldLabels(), logits: student(logits), rowWeights })),
});
