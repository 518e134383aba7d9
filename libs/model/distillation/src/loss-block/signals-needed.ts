import type { LayerMapping } from '../layer-mapping.ts';
import { isTermOn, type LossBlock } from './block.ts';
import { comparedLayers } from './compared-layers.ts';

/** What the loss needs of the teacher, as teacher layers in ascending order, each once. */
export interface SignalsNeeded {
  readonly logits: boolean;
  /** Layers 0…N; 0 is the embedding output. */
  readonly hiddenStates: readonly number[];
  /** Layers 1…N. */
  readonly attentionScores: readonly number[];
  /** What the teacher says at padded positions counts too. */
  readonly isPadded?: true;
}

export function signalsNeeded(block: LossBlock, mapping: LayerMapping): SignalsNeeded {
  const teacherLayers = (term: 'attention' | 'hidden') =>
    comparedLayers(block, term, mapping).map(({ teacher }) => teacher);
  return {
    logits: isTermOn(block, 'logits'),
    hiddenStates: ascending([...(isTermOn(block, 'embedding') ? [0] : []), ...teacherLayers('hidden')]),
    attentionScores: ascending(teacherLayers('attention')),
    ...(countsPadding(block) ? { isPadded: true as const } : {}),
  };
}

function countsPadding(block: LossBlock): boolean {
  return (['attention', 'hidden', 'embedding'] as const).some(
    (term) => isTermOn(block, term) && block[term].padding === 'reference',
  );
}

function ascending(layers: readonly number[]): number[] {
  return [...new Set(layers)].sort((a, b) => a - b);
}
