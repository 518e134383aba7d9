import type { HostTensor } from '@retort/engine';
import { type BertConfig, type Head, type NamedArrays, parameterSpecs } from '@retort/families';
import { RandomStream, streamKey } from '@retort/foundation/random';

export const TINY: BertConfig = {
  layers: 2,
  hiddenSize: 8,
  heads: 2,
  intermediateSize: 12,
  vocabularySize: 13,
  maxPositions: 10,
  segmentTypes: 2,
  layerNormEpsilon: 1e-12,
  task: { kind: 'classes', labels: ['no', 'maybe', 'yes'] },
};

/** Weights far from a fresh model's, so that no part of it is close to linear or zero: deviation 0.4, scales around 1. */
export function tinyValues(
  heads: readonly Head[],
  config: BertConfig = TINY,
): Map<string, { shape: readonly number[]; values: Float32Array }> {
  return new Map(
    parameterSpecs(config, heads).map(({ name, shape, initial }) => {
      const random = new RandomStream(streamKey(7, name));
      const size = shape.reduce((a, b) => a * b, 1);
      const values = Float32Array.from(
        { length: size },
        () => (initial === 'ones' ? 1 : 0) + 0.4 * random.truncatedNormal(),
      );
      return [name, { shape, values }];
    }),
  );
}

export function parametersOf(values: NamedArrays): { name: string; shape: readonly number[]; values: Float32Array }[] {
  return [...values].map(([name, array]) => ({ name, ...array }));
}

export interface Row {
  readonly tokenIds: readonly number[];
  readonly segmentIds: readonly number[];
}

export const ROWS: readonly Row[] = [
  { tokenIds: [2, 5, 9, 3, 7, 3], segmentIds: [0, 0, 0, 0, 1, 1] },
  { tokenIds: [2, 12, 3], segmentIds: [0, 0, 0] },
];

/** @param padding token that stands in padded positions */
export function batchOf(
  rows: readonly Row[],
  width: number,
  padding = 0,
): Record<'tokenIds' | 'segmentIds' | 'keyMask', HostTensor> {
  const shape = [rows.length, width];
  const column = (valueAt: (row: Row, i: number) => number | undefined, missing: number): HostTensor => ({
    shape,
    data: Int32Array.from(rows.flatMap((row) => Array.from({ length: width }, (_, i) => valueAt(row, i) ?? missing))),
  });
  return {
    tokenIds: column((row, i) => row.tokenIds[i], padding),
    segmentIds: column((row, i) => row.segmentIds[i], 0),
    keyMask: column((row, i) => (i < row.tokenIds.length ? 1 : 0), 0),
  };
}
