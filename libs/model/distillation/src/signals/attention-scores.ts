import type { Tensor4D } from '@tensorflow/tfjs-core';
import type { TeacherSignal } from './signal.ts';

export const attentionScores: TeacherSignal<Tensor4D> = {
  name: 'attentionScores',
  title: 'attention scores',
  description: 'Attention scores of each head, before softmax and mask.',
  firstLayer: 1,
  axes: ['heads', 'position', 'position'],
  note: 'before softmax and mask',
  of: (outputs, layer) => outputs.attentionScores[layer - 1],
};
