import { type ActiveTerm, activeTerms, type LossBlock } from '@retort/distillation/loss-block';
import type { Architecture } from '@retort/plugin-kit';
import type { HealthBands } from '@retort/training';

/**
 * What the authors of TinyBERT saw in general distillation of BERT-base to 4 x 312 with the published code: attention
 * from 28.8 to 7.7 and hidden states with embeddings from 2.0 to 1.1 over two of three epochs (huawei-noah/Pretrained-
 * Language-Model issue 24, where a run that had gone wrong stood at 13.7 and 3.6 after three); 6.5 to 6.7 in all at the end of
 * their MindSpore port. Widened by about half.
 */
const GENERAL_4_312: HealthBands = {
  attention: [
    { at: 0.1, low: 5, high: 40 },
    { at: 0.67, low: 4, high: 12 },
    { at: 1, low: 3.5, high: 11 },
  ],
  loss: [
    { at: 0.1, low: 6, high: 44 },
    { at: 0.67, low: 5, high: 14 },
    { at: 1, low: 4.5, high: 12.5 },
  ],
};

/** Expected ranges where a run is one that somebody has published figures of: known by what it is, not by its preset's name. */
export function publishedBands(run: {
  readonly block: LossBlock;
  /** Of a new student; undefined for one that continues training. */
  readonly student: Architecture | undefined;
  readonly teacher: Pick<Architecture, 'layers' | 'hiddenSize'> | undefined;
}): HealthBands {
  return isGeneral4x312(run) ? GENERAL_4_312 : {};
}

function isGeneral4x312({ block, student, teacher }: Parameters<typeof publishedBands>[0]): boolean {
  const terms = activeTerms(block);
  return (
    student?.layers === 4 &&
    student.hiddenSize === 312 &&
    student.heads === 12 &&
    teacher?.layers === 12 &&
    teacher.hiddenSize === 768 &&
    terms.map(({ term }) => term.name).join() === 'attention,hidden,embedding' &&
    terms.every(isAsPublished) &&
    block.layerReduction === 'sum' &&
    block.layerMapping.kind === 'uniform'
  );
}

function isAsPublished({ term, settings, weight, kind }: ActiveTerm): boolean {
  const hasOwnPairs = (settings as { readonly layerPairs?: unknown }).layerPairs !== undefined;
  return weight === 1 && kind === 'meanSquaredError' && term.countsPadding?.(settings) === true && !hasOwnPairs;
}
