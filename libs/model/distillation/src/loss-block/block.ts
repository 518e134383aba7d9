import type { LayerMappingChoice } from '../layer-mapping.ts';
import { finalValue, fixedValue, isZeroThroughout, type ScheduledValue } from './value-schedule.ts';

/** A weight as a pipeline file gives it. One that changes over the steps is fed to the program as a tensor. */
export type LossWeight = ScheduledValue;

export const TERMS = ['attention', 'hidden', 'embedding', 'logits', 'labels'] as const;
export type TermName = (typeof TERMS)[number];

/** A layer of the student and the one of the teacher that it learns from. */
export interface LayerPair {
  readonly student: number;
  readonly teacher: number;
}

/** The loss block with its defaults filled in; `loss-block.schema.json` says what each member means. */
export interface LossBlock {
  readonly attention: {
    readonly weight: LossWeight;
    readonly kind: 'meanSquaredError' | 'klDivergence';
    readonly padding: 'masked' | 'reference';
    readonly layerPairs?: readonly LayerPair[];
  };
  readonly hidden: {
    readonly weight: LossWeight;
    readonly kind: 'meanSquaredError' | 'cosine';
    readonly padding: 'masked' | 'reference';
    readonly layerPairs?: readonly LayerPair[];
  };
  readonly embedding: {
    readonly weight: LossWeight;
    readonly kind: 'meanSquaredError' | 'cosine';
    readonly padding: 'masked' | 'reference';
  };
  readonly logits: {
    readonly weight: LossWeight;
    readonly kind: 'softCrossEntropy' | 'klDivergence' | 'sigmoidCrossEntropy' | 'meanSquaredError';
    readonly temperature: ScheduledValue;
    readonly reduction: 'batchMean' | 'elementMean';
    readonly scaleByTemperatureSquared: boolean;
  };
  readonly labels: { readonly weight: LossWeight };
  readonly layerMapping: LayerMappingChoice;
  readonly layerReduction: 'sum' | 'mean';
  readonly projection: 'none' | 'shared' | 'embeddingApart' | 'perLayer';
  readonly projectionBias: boolean;
}

/** Whether a term takes part. One whose weight is 0 throughout costs nothing, and nothing is asked of the teacher for it. */
export function isTermOn(block: LossBlock, term: TermName): boolean {
  return !isZeroThroughout(block[term].weight);
}

/**
 * How many projections the loss has parameters for: 0; 1 where one serves all layers; 2 where the embedding output has
 * its own; or one for each student layer 0…M. Those of terms that are off are included, so that the index is fixed.
 */
export function projectionCount(block: LossBlock, studentLayers: number): number {
  if (!(isTermOn(block, 'hidden') || isTermOn(block, 'embedding'))) return 0;
  return { none: 0, shared: 1, embeddingApart: 2, perLayer: studentLayers + 1 }[block.projection];
}

/** Which projection serves a student layer 0…M, counted from 0; undefined where there is none. */
export function projectionIndex(block: LossBlock, studentLayer: number): number | undefined {
  switch (block.projection) {
    case 'none':
      return undefined;
    case 'shared':
      return 0;
    case 'embeddingApart':
      return Math.min(1, studentLayer);
    case 'perLayer':
      return studentLayer;
  }
}

/** The numbers of a block that change from step to step and so are inputs of the program; those of terms that are on. */
export function scheduledValues(
  block: LossBlock,
): readonly { readonly name: string; readonly value: ScheduledValue }[] {
  const weights = TERMS.map((term) => ({ name: `${term}.weight`, value: block[term].weight }));
  const temperature = isTermOn(block, 'logits')
    ? [{ name: 'logits.temperature', value: block.logits.temperature }]
    : [];
  return [...weights, ...temperature].filter(({ value }) => fixedValue(value) === undefined);
}

/**
 * The block under which held-out losses are taken: terms are reported before weighting, so that a weight only says whether
 * a term is on, and the temperature is the one that training ended with. Padding is left out, whatever training did,
 * since stored signals rarely have it.
 */
export function heldOutBlock(block: LossBlock): LossBlock {
  const on = (term: TermName) => (isTermOn(block, term) ? 1 : 0);
  return {
    ...block,
    attention: { ...block.attention, weight: on('attention'), padding: 'masked' },
    hidden: { ...block.hidden, weight: on('hidden'), padding: 'masked' },
    embedding: { ...block.embedding, weight: on('embedding'), padding: 'masked' },
    logits: { ...block.logits, weight: on('logits'), temperature: finalValue(block.logits.temperature) },
    labels: { weight: on('labels') },
  };
}
