import { type LayerMapping, resolveLayerMapping } from '../layer-mapping.ts';
import { isTermOn, type LayerPair, type LossBlock } from './block.ts';

/** Whether some term that is on follows `layerMapping`; else the mapping does not have to exist. */
export function usesMapping(block: LossBlock): boolean {
  return (['attention', 'hidden'] as const).some(
    (term) => isTermOn(block, term) && block[term].layerPairs === undefined,
  );
}

/**
 * The layer mapping of a loss, or that of the embedding output alone where no term follows one: a student that learns from
 * logits may have any depth.
 *
 * @throws RetortError with the code of the first problem of the mapping
 */
export function lossMapping(
  block: LossBlock,
  { studentLayers, teacherLayers }: { studentLayers: number; teacherLayers: number },
): LayerMapping {
  return usesMapping(block) ? resolveLayerMapping({ choice: block.layerMapping, studentLayers, teacherLayers }) : [0];
}

/** The pairs of layers that a term compares, its own or those of the mapping; none where it is off. */
export function comparedLayers(
  block: LossBlock,
  term: 'attention' | 'hidden',
  mapping: LayerMapping,
): readonly LayerPair[] {
  if (!isTermOn(block, term)) return [];
  return block[term].layerPairs ?? mapping.slice(1).map((teacher, i) => ({ student: i + 1, teacher }));
}
