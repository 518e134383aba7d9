import { hiddenStates } from '../signals/index.ts';
import { hiddenKinds, hiddenLoss } from './hidden-kinds.ts';
import { paddable, padding } from './layered.ts';
import { defineLossTerm } from './term.ts';

export const embedding = defineLossTerm({
  name: 'embedding',
  title: 'embedding output',
  description: "The embedding output (layer 0). The student's is projected to the teacher's width.",
  schema: { properties: { padding } },
  signals: [hiddenStates],
  layerPairs: () => [{ student: 0, teacher: 0 }],
  ...paddable,
  usesProjections: true,
  kinds: hiddenKinds('embedding'),
  loss: hiddenLoss,
});
