import type { Scalar } from '@tensorflow/tfjs-core';
import { hiddenCosineLoss } from '../hidden-cosine-loss.ts';
import type { HiddenStateLossInput } from '../hidden-input.ts';
import { hiddenStateLoss } from '../hidden-state-loss.ts';
import type { Padding } from '../padding.ts';
import { hiddenStates } from '../signals/index.ts';
import type { LossKind, LossTerm, TermInput } from './term.ts';

/** The formulas for hidden states, of a term that compares them. */
export function hiddenKinds(term: string): LossTerm['kinds'] & {} {
  const meanSquaredError: LossKind<HiddenStateLossInput> = {
    term,
    name: 'meanSquaredError',
    description: 'Mean squared error, as in TinyBERT.',
    loss: hiddenStateLoss,
  };
  const cosine: LossKind<HiddenStateLossInput> = {
    term,
    name: 'cosine',
    description: 'One minus the cosine at each position, so only the direction counts, as in DistilBERT.',
    loss: hiddenCosineLoss,
  };
  return { description: 'How hidden states are compared.', list: [meanSquaredError, cosine] };
}

export function hiddenLoss({
  settings,
  mask,
  kind,
  projection,
  overComparisons,
}: TermInput<{ readonly padding: Padding }>): Scalar {
  return overComparisons(({ layers, student, teacher }) =>
    kind<HiddenStateLossInput>({
      student: student(hiddenStates),
      teacher: teacher(hiddenStates),
      projection: projection(layers?.student ?? 0),
      padding: settings.padding,
      ...mask,
    }),
  );
}
