import type { LayerMapping } from '../layer-mapping.ts';
import { isTermOn, type LossBlock } from './block.ts';

/** What the loss needs of the teacher, as teacher layers in ascending order, each once. */
export interface SignalsNeeded {
  readonly logits: boolean;
  /** Layers 0…N; 0 is the embedding output. */
  readonly hiddenStates: readonly number[];
  /** Layers 1…N. */
  readonly attentionScores: readonly number[];
}

export function signalsNeeded(block: LossBlock, mapping: LayerMapping): SignalsNeeded {
  const transformer = mapping.slice(1);
  const hidden = [
    ...(isTermOn(block, 'embedding') ? mapping.slice(0, 1) : []),
    ...(isTermOn(block, 'hidden') ? transformer : []),
  ];
  return {
    logits: isTermOn(block, 'logits'),
    hiddenStates: ascending(hidden),
    attentionScores: isTermOn(block, 'attention') ? ascending(transformer) : [],
  };
}

function ascending(layers: readonly number[]): number[] {
  return [...new Set(layers)].sort((a, b) => a - b);
}
