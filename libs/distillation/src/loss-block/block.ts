import type { LayerMappingChoice } from '../layer-mapping.ts';

/** A weight as a pipeline file gives it. Schedules will join here; their value at a step is then fed as a tensor. */
export type LossWeight = number;

export const TERMS = ['attention', 'hidden', 'embedding', 'logits', 'labels'] as const;
export type TermName = (typeof TERMS)[number];

/** The loss block with its defaults filled in; `loss-block.schema.json` says what each member means. */
export interface LossBlock {
  readonly attention: { readonly weight: LossWeight; readonly padding: 'masked' | 'reference' };
  readonly hidden: { readonly weight: LossWeight; readonly padding: 'masked' | 'reference' };
  readonly embedding: { readonly weight: LossWeight; readonly padding: 'masked' | 'reference' };
  readonly logits: {
    readonly weight: LossWeight;
    readonly kind: 'softCrossEntropy' | 'klDivergence' | 'meanSquaredError';
    readonly temperature: number;
    readonly reduction: 'batchMean' | 'elementMean';
    readonly scaleByTemperatureSquared: boolean;
  };
  readonly labels: { readonly weight: LossWeight };
  readonly layerMapping: LayerMappingChoice;
  readonly layerReduction: 'sum' | 'mean';
  readonly projection: 'none' | 'shared' | 'perLayer';
}

/** Whether a term takes part. One with weight 0 costs nothing, and nothing is asked of the teacher for it. */
export function isTermOn(block: LossBlock, term: TermName): boolean {
  return block[term].weight !== 0;
}

/**
 * How many projections the loss has parameters for: 0; 1 where one serves all layers; or one for each student layer
 * 0…M, those of terms that are off included so that the index is the layer.
 */
export function projectionCount(block: LossBlock, studentLayers: number): number {
  if (block.projection === 'none' || !(isTermOn(block, 'hidden') || isTermOn(block, 'embedding'))) return 0;
  return block.projection === 'shared' ? 1 : studentLayers + 1;
}
