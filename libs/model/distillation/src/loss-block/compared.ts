import { resolveLayerMapping } from '../layer-mapping.ts';
import { type Answer, answerName, hasClasses, type TeacherSignal, teacherSignals } from '../signals/index.ts';
import type { LayerPair, LossLayers } from '../terms/term.ts';
import { type ActiveTerm, activeTerms } from './block.ts';
import type { LossBlock } from './schema.ts';

/** Whether a term follows `layerMapping`. Where none does, the mapping does not have to exist. */
export function followsMapping({ term, settings }: ActiveTerm): boolean {
  return term.followsMapping?.(settings) ?? false;
}

/**
 * The layers that a loss compares. Where no term follows the mapping, it is that of the embedding output alone: a student
 * that learns from logits may have any depth.
 *
 * @throws RetortError with the code of the first problem of the mapping
 */
export function lossLayers(
  block: LossBlock,
  sizes: { readonly studentLayers: number; readonly teacherLayers: number },
): LossLayers {
  const mapping = activeTerms(block).some(followsMapping)
    ? resolveLayerMapping({ choice: block.layerMapping, ...sizes })
    : [0];
  return { ...sizes, mapping };
}

/** The pairs of layers that a term compares. */
export function comparedLayers({ term, settings }: ActiveTerm, layers: LossLayers): readonly LayerPair[] {
  return term.layerPairs?.(settings, layers) ?? [];
}

/** What a loss needs of the teacher. */
export interface SignalsNeeded {
  /** Each once; layers in ascending order. */
  readonly answers: readonly Answer[];
  /** What the teacher says at padded positions counts too. */
  readonly isPadded?: true;
}

export function signalsNeeded(block: LossBlock, layers: LossLayers): SignalsNeeded {
  const terms = activeTerms(block);
  const all = terms.flatMap((active) =>
    active.term.signals.flatMap((signal): Answer[] =>
      signal.firstLayer === undefined
        ? [{ signal }]
        : comparedLayers(active, layers).map(({ teacher }) => ({ signal, layer: teacher })),
    ),
  );
  const once = [...new Map(all.map((answer) => [answerName(answer), answer])).values()];
  const answers = once.sort((a, b) => placeOf(a.signal) - placeOf(b.signal) || (a.layer ?? 0) - (b.layer ?? 0));
  const isPadded = terms.some(({ term, settings }) => term.countsPadding?.(settings));
  return { answers, ...(isPadded ? { isPadded: true as const } : {}) };
}

function placeOf({ name }: TeacherSignal): number {
  return teacherSignals.all().findIndex((signal) => signal.name === name);
}

/** Whether the loss compares anything with a teacher. */
export function usesTeacher(block: LossBlock): boolean {
  return activeTerms(block).some(({ term }) => term.signals.length > 0);
}

/** Whether the loss compares what the teacher says of the classes. */
export function comparesClasses(block: LossBlock): boolean {
  return activeTerms(block).some(({ term }) => term.signals.some(hasClasses));
}

/** Whether the loss looks at gold labels. */
export function usesLabels(block: LossBlock): boolean {
  return activeTerms(block).some(({ term }) => term.usesLabels);
}

/** Whether the loss looks at the student's classification head. */
export function usesClassifier(block: LossBlock): boolean {
  return comparesClasses(block) || usesLabels(block);
}
