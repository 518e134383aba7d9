import { extensionPoint } from '@retort/foundation/extensions';
import { attention } from './attention.ts';
import { embedding } from './embedding.ts';
import { hidden } from './hidden.ts';
import { labels } from './labels.ts';
import { logits } from './logits.ts';
import type { LossKind, LossTerm } from './term.ts';

export { layerPairsSetting, mappable, paddable, padding, pairProblems } from './layered.ts';
export { scheduledNumber } from './scheduled-number.ts';
export {
  type Comparison,
  defineLossTerm,
  type LayerPair,
  type LossKind,
  type LossLayers,
  type LossTerm,
  type ModelGeometry,
  type TermCheck,
  type TermInput,
  type TermProblem,
} from './term.ts';

/** What a loss can be made of, in the order in which terms are added and reported. */
export const lossTerms = extensionPoint<LossTerm>('lossTerms', [attention, hidden, embedding, logits, labels]);

/** Formulas that plug-ins add to terms; those that a term has from the start lie in its own list. */
export const lossKinds = extensionPoint<LossKind>('lossKinds', []);

export function kindsOf({ name, kinds }: LossTerm): readonly LossKind[] {
  return [...(kinds?.list ?? []), ...lossKinds.all().filter(({ term }) => term === name)];
}
