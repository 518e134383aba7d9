import type { Tensor2D } from '@tensorflow/tfjs-core';
import type { TeacherSignal } from './signal.ts';

export const logits: TeacherSignal<Tensor2D> = {
  name: 'logits',
  title: 'logits',
  description: 'Class scores. The teacher needs a classification head.',
  axes: ['classes'],
  note: 'Unnormalised class scores',
  of: (outputs) => outputs.logits,
};
