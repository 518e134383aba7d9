import { UsageError } from '@retort/diagnostics';
import type { Architecture } from '@retort/stage-kit';

export interface StudentGeometry {
  readonly layers: number;
  readonly hiddenSize: number;
  readonly heads: number;
  readonly intermediateSize: number;
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
export function readStudent(text: string, teacher: Architecture): StudentGeometry {
  const [, layersText, sizeText] = /^(\d+)x(\d+)$/.exec(text) ?? [];
  const [layers, hiddenSize] = [Number(layersText), Number(sizeText)];
  if (!(layers > 0 && hiddenSize > 0)) throw refused(text, 'Expected layers and hidden size, such as 4x312.');
  if (teacher.layers % layers !== 0) {
    const fitting = Array.from({ length: teacher.layers }, (_, i) => i + 1).filter((n) => teacher.layers % n === 0);
    throw refused(
      text,
      `The teacher has ${teacher.layers} layers; each of the student's learns from one at equal distances, so its number has to be one of ${fitting.join(', ')}.`,
    );
  }
  if (hiddenSize % teacher.heads !== 0) {
    const lower = Math.max(1, Math.floor(hiddenSize / teacher.heads)) * teacher.heads;
    throw refused(
      text,
      `The teacher has ${teacher.heads} heads, and so has the student; its hidden size has to be a multiple of that, such as ${lower} or ${lower + teacher.heads}.`,
    );
  }
  return {
    layers,
    hiddenSize,
    heads: teacher.heads,
    intermediateSize: PUBLISHED_INTERMEDIATE[hiddenSize] ?? 4 * hiddenSize,
  };
}

function refused(text: string, why: string): UsageError {
  return new UsageError('INIT_STUDENT', `The student "${text}" is not possible. ${why}`);
}
