import { hiddenStates } from '../signals/index.ts';
import { hiddenKinds, hiddenLoss } from './hidden-kinds.ts';
import { layerPairsSetting, mappable, paddable, padding, pairProblems } from './layered.ts';
import { defineLossTerm } from './term.ts';

export const hidden = defineLossTerm({
  name: 'hidden',
  title: 'hidden states',
  description: "Hidden states of each mapped Transformer layer. The student's are projected to the teacher's width.",
  schema: { properties: { padding, layerPairs: layerPairsSetting(0) } },
  signals: [hiddenStates],
  ...mappable,
  ...paddable,
  usesProjections: true,
  kinds: hiddenKinds('hidden'),
  problems: (check) => pairProblems(check, { term: 'hidden', firstLayer: 0 }),
  loss: hiddenLoss,
});
