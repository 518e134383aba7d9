import { createEngine, type ForwardProgram, type HostTensor } from '@retort/engine';
import { ENGINES_HERE } from '@retort/engine/testing';
import { type BertConfig, classify, encode } from '@retort/families';
import { describe, expect, it } from 'vitest';
import { batchOf, parametersOf, ROWS, TINY, tinyValues } from './support/tiny-model.ts';

/** Padding adds exact zeros to each sum; only the order of additions may change, in float32, over values near 1. */
const TOLERANCE = 2e-6;

const program =
  (config: BertConfig): ForwardProgram =>
  (parameters, { tokenIds, segmentIds, keyMask }) => {
    const { hiddenStates, attentionScores } = encode({ config, parameters }, {
      tokenIds,
      segmentIds,
      keyMask,
    } as never);
    return {
      ...Object.fromEntries(hiddenStates.map((state, i) => [`hiddenStates.${i}`, state])),
      ...Object.fromEntries(attentionScores.map((scores, i) => [`attentionScores.${i + 1}`, scores])),
      logits: classify({ config, parameters }, hiddenStates.at(-1) as never),
    };
  };

async function outputs(engine: (typeof ENGINES_HERE)[number], width: number, padding: number) {
  const pass = (await createEngine(engine, { threads: 1 })).forward(
    program(TINY),
    parametersOf(tinyValues(['classifier'])),
  );
  const results = await pass.run(batchOf(ROWS, width, padding));
  await pass.dispose();
  return new Map(Object.entries(results).map(([name, tensor]) => [name, validPart(tensor)]));
}

/** Values at real tokens, queries and keys, row by row. */
function validPart({ data, shape }: HostTensor): number[] {
  const perRow = data.length / ROWS.length;
  return ROWS.flatMap(({ tokenIds: { length } }, row) => {
    const values = Array.from(data.subarray(row * perRow, (row + 1) * perRow));
    if (shape.length === 2) return values;
    if (shape.length === 3) return values.slice(0, length * (shape[2] as number));
    const width = shape[3] as number;
    return values.filter((_, i) => i % width < length && Math.floor(i / width) % width < length);
  });
}

describe.each(ENGINES_HERE)('on %s', (engine) => {
  it.each([
    ['padded further', 9, 0],
    ['padded with other tokens', 6, 11],
    ['padded to the last position', 10, 4],
  ])('rows that are %s have the same outputs at their own tokens', async (_, width, padding) => {
    const [expected, got] = [await outputs(engine, 6, 0), await outputs(engine, width, padding)];
    expect([...got.keys()]).toEqual([
      'hiddenStates.0',
      'hiddenStates.1',
      'hiddenStates.2',
      'attentionScores.1',
      'attentionScores.2',
      'logits',
    ]);
    for (const [name, values] of expected) {
      const worst = Math.max(...values.map((value, i) => Math.abs(value - (got.get(name)?.[i] as number))));
      expect(worst, name).toBeLessThan(TOLERANCE);
    }
  });

  it('a real token, and its segment, do change the outputs of the others', async () => {
    const pass = (await createEngine(engine, { threads: 1 })).forward(
      program(TINY),
      parametersOf(tinyValues(['classifier'])),
    );
    const inputs = batchOf(ROWS, 6);
    const logits = async (changed: Partial<typeof inputs>) => [
      ...((await pass.run({ ...inputs, ...changed }))['logits'] as HostTensor).data,
    ];
    const before = await logits({});
    for (const name of ['tokenIds', 'segmentIds'] as const) {
      const data = inputs[name].data.slice();
      data[4] = name === 'tokenIds' ? 8 : 0;
      const after = await logits({ [name]: { ...inputs[name], data } });
      expect(Math.abs((after[0] as number) - (before[0] as number)), name).toBeGreaterThan(1e-3);
    }
    await pass.dispose();
  });
});
