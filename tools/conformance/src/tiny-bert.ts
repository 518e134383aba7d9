import type { HostTensors, InitialValues } from '@retort/engine';
import { type BertConfig, type Head, initialValues, parameterSpecs } from '@retort/families';
import { RandomStream, streamKey } from '@retort/foundation/random';

/** Two layers of everything that a BERT has, and as many positions as any. */
export const STUDENT: BertConfig = {
  layers: 2,
  hiddenSize: 12,
  heads: 2,
  intermediateSize: 20,
  maxPositions: 512,
  vocabularySize: 30,
  segmentTypes: 2,
  layerNormEpsilon: 1e-12,
  task: { kind: 'classes', labels: ['first', 'second', 'third'] },
};

/** Fresh weights are so small that attention is the same everywhere; these are as large as trained ones. */
const GROWTH = 12;

export function weightsOf(config: BertConfig, heads: readonly Head[]): InitialValues {
  const weights = initialValues(parameterSpecs(config, heads), 7);
  for (const { values } of weights.values())
    if (isMatrix(values)) values.forEach((value, i) => (values[i] = value * GROWTH));
  return weights;
}

/** Neither zeros nor ones, as biases and scales are. */
const isMatrix = (values: Float32Array) => values.some((value) => value !== 0 && value !== 1);

export interface BatchShape {
  readonly rows: number;
  readonly length: number;
}

/** Rows of random tokens, each with a bit more padding than the one before; the last of several only fills up the batch. */
export function tokenInputs({ rows, length }: BatchShape, { vocabularySize }: BertConfig = STUDENT): HostTensors {
  const random = new RandomStream(streamKey(11, 'tokens', rows, length));
  const place = (valueAt: (row: number, column: number) => number) => ({
    shape: [rows, length],
    data: Int32Array.from({ length: rows * length }, (_, i) => valueAt(Math.floor(i / length), i % length)),
  });
  const valid = (row: number) => Math.max(1, length - row * Math.ceil(length / 4));
  return {
    tokenIds: place(() => Math.floor(random.unit() * vocabularySize)),
    segmentIds: place((_, column) => (column > length / 2 ? 1 : 0)),
    keyMask: place((row, column) => (column < valid(row) ? 1 : 0)),
    rowWeights: {
      shape: [rows],
      data: Float32Array.from({ length: rows }, (_, i) => (rows > 1 && i === rows - 1 ? 0 : 1)),
    },
  };
}

/** Random numbers that depend on the name alone. */
export function randomTensor(name: string, shape: readonly number[]): { shape: readonly number[]; data: Float32Array } {
  const random = new RandomStream(streamKey(13, name));
  return {
    shape,
    data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random.truncatedNormal()),
  };
}
