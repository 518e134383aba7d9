import { resolveLayerMapping } from '@retort/distillation/layer-mapping';
import { type LossBlock, lossBlockSchema } from '@retort/distillation/loss-block';
import type { LossLayers } from '@retort/distillation/terms';
import type { BertConfig } from '@retort/families';
import { withDefaults } from '@retort/pipeline-schema';
import type { Architecture } from '@retort/plugin-kit';

/** Teacher and student of one distillation. */
export interface Geometry {
  readonly teacher: Architecture;
  readonly student: Architecture;
  readonly vocabularySize: number;
  readonly maxSequenceLength: number;
  /** Student layer 0…M -> teacher layer, the uniform mapping. */
  readonly mapping: readonly number[];
}

/** BERT-base and the published TinyBERT with 4 layers (arXiv:1909.10351, section 4.1). */
const PAPER = {
  teacher: { layers: 12, hiddenSize: 768, heads: 12, intermediateSize: 3072, maxPositions: 512 },
  student: { layers: 4, hiddenSize: 312, heads: 12, intermediateSize: 1200, maxPositions: 512 },
  vocabularySize: 30_522,
  maxSequenceLength: 64,
};

const SMALL = {
  teacher: { layers: 4, hiddenSize: 48, heads: 4, intermediateSize: 96, maxPositions: 64 },
  student: { layers: 2, hiddenSize: 24, heads: 4, intermediateSize: 48, maxPositions: 64 },
  vocabularySize: 500,
  maxSequenceLength: 64,
};

/** The paper's sizes; small ones of the same form for quick runs. */
export function geometryFor({ quick }: { quick: boolean }): Geometry {
  const sizes = quick ? SMALL : PAPER;
  const mapping = resolveLayerMapping({
    choice: { kind: 'uniform' },
    studentLayers: sizes.student.layers,
    teacherLayers: sizes.teacher.layers,
  });
  return { ...sizes, mapping };
}

export function layersOf({ mapping, student, teacher }: Geometry): LossLayers {
  return { mapping, studentLayers: student.layers, teacherLayers: teacher.layers };
}

/** `12 x 768`. */
export function nameOf({ layers, hiddenSize }: Architecture): string {
  return `${layers} x ${hiddenSize}`;
}

export function bertConfig(architecture: Architecture, { vocabularySize }: Geometry): BertConfig {
  return { ...architecture, vocabularySize, segmentTypes: 2, layerNormEpsilon: 1e-12 };
}

/** The first phase of the paper: attention, hidden states and embeddings, all with weight 1. */
export function transformerLayerLoss(more: object = {}): LossBlock {
  const on = { weight: 1 };
  return withDefaults(lossBlockSchema() as never, { attention: on, hidden: on, embedding: on, ...more }) as LossBlock;
}
