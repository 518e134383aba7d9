import type { Tensor3D } from '@tensorflow/tfjs-core';
import type { TeacherSignal } from './signal.ts';

export const hiddenStates: TeacherSignal<Tensor3D> = {
  name: 'hiddenStates',
  title: 'hidden states',
  description: 'Hidden states, including the embedding output as layer 0.',
  firstLayer: 0,
  axes: ['position', 'hiddenSize'],
  note: 'row by row',
  of: (outputs, layer) => outputs.hiddenStates[layer],
};
