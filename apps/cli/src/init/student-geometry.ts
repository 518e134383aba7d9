import type { LayerMappingChoice } from '@retort/distillation/layer-mapping';
import { modelSize } from '@retort/families/geometry';
import { UsageError } from '@retort/foundation/diagnostics';
import type { Architecture } from '@retort/plugin-kit';
import { formatCount } from '../render/units.ts';
import type { ModelFacts } from './model-facts.ts';

/** The student's geometry without its positions, which its tokens decide. */
export interface StudentGeometry {
  readonly layers: number;
  readonly hiddenSize: number;
  readonly heads: number;
  readonly intermediateSize: number;
}

/** Of whom a student learns, and what. */
export interface StudentQuestion {
  readonly teacher: Pick<ModelFacts, 'architecture' | 'vocabularySize' | 'segmentTypes' | 'embeddingSize'>;
  /** Longest row of tokens: as many positions as the student has. */
  readonly maxPositions: number;
}

/** Parameters of the teacher, with a head for classes. */
export function teacherSize({ architecture, ...teacher }: StudentQuestion['teacher']): number {
  return modelSize({ ...architecture, ...teacher, layerNormEpsilon: 1e-12 }, ['classifier']);
}

/** Parameters of a student, with the teacher's vocabulary and such a head. */
export function studentSize(student: StudentGeometry, { teacher, maxPositions }: StudentQuestion): number {
  const { vocabularySize } = teacher;
  return teacherSize({ architecture: { ...student, maxPositions }, vocabularySize, segmentTypes: 2 });
}

/** The published TinyBERTs, arXiv:1909.10351; other sizes have 4 times the hidden size. */
const PUBLISHED_INTERMEDIATE: Readonly<Record<number, number>> = { 312: 1200 };

/** About TinyBERT-4's share of BERT-base: a third of the layers, 0.4 of the width. */
export function defaultStudent({ layers, hiddenSize, heads }: Architecture): string {
  const divisor = [3, 2].find((each) => layers % each === 0) ?? layers;
  const width = Math.max(1, Math.round((0.4 * hiddenSize) / heads)) * heads;
  return `${layers / divisor}x${width}`;
}

/**
 * Reads `4x312`: layers and hidden size. Heads are the teacher's, since attention is compared head by head.
 *
 * @throws UsageError INIT_STUDENT with the nearest sizes that would do
 */
export function readStudent(text: string, question: StudentQuestion): StudentGeometry {
  const problem = studentProblem(text, question);
  if (problem !== undefined) throw new UsageError('INIT_STUDENT', problem);
  return geometryOf(text, question.teacher.architecture);
}

function geometryOf(text: string, { heads }: Architecture): StudentGeometry {
  const { layers, hiddenSize } = sizesOf(text);
  const intermediateSize = PUBLISHED_INTERMEDIATE[hiddenSize] ?? 4 * hiddenSize;
  return { layers, hiddenSize, heads, intermediateSize };
}

/** What is wrong with an answer to how large the student is; undefined when nothing is. */
export function studentProblem(text: string, question: StudentQuestion): string | undefined {
  const teacher = question.teacher.architecture;
  const { layers, hiddenSize } = sizesOf(text);
  const refused = (why: string) => `The student "${text}" is not possible. ${why}`;
  if (!(layers > 0 && hiddenSize > 0)) return refused('Expected layers and hidden size, such as 4x312.');
  if (layers > teacher.layers)
    return refused(
      `Each student layer learns from a different teacher layer, and the teacher has ${teacher.layers}. Give at most ${teacher.layers} layers.`,
    );
  if (hiddenSize < HIDDEN_SIZES.least || hiddenSize > HIDDEN_SIZES.most)
    return refused(`Its hidden size must be from ${HIDDEN_SIZES.least} to ${HIDDEN_SIZES.most}.`);
  if (hiddenSize % teacher.heads !== 0) {
    const lower = Math.max(1, Math.floor(hiddenSize / teacher.heads)) * teacher.heads;
    return refused(
      `The student has as many heads as the teacher, ${teacher.heads}. Its hidden size must be a multiple of that, such as ${lower} or ${lower + teacher.heads}.`,
    );
  }
  const [own, most] = [studentSize(geometryOf(text, teacher), question), teacherSize(question.teacher)];
  if (own < most) return undefined;
  return refused(
    `It would have ${formatCount(own)} parameters, and its teacher has ${formatCount(most)}. Give fewer layers or a smaller hidden size.`,
  );
}

/** What the setting `hiddenSize` takes. */
const HIDDEN_SIZES = { least: 2, most: 8192 };

function sizesOf(text: string): { layers: number; hiddenSize: number } {
  const [, layers, hiddenSize] = /^(\d+)x(\d+)$/.exec(text) ?? [];
  return { layers: Number(layers), hiddenSize: Number(hiddenSize) };
}

/**
 * Which teacher layers the student learns from: every (N / M)th, as published, or where that is no whole number the layers
 * nearest to it, 2, 3, 5, 6 for 4 of 6. The last one always learns from the last one.
 */
export function chooseLayerMapping(studentLayers: number, teacherLayers: number): LayerMappingChoice {
  if (teacherLayers % studentLayers === 0) return { kind: 'uniform' };
  const layers = Array.from({ length: studentLayers }, (_, i) => Math.round(((i + 1) * teacherLayers) / studentLayers));
  return { kind: 'list', layers };
}
