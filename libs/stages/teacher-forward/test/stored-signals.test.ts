import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Answer, attentionScores, hiddenStates, layersOf, logits } from '@retort/distillation/signals';
import { createEngine, type HostTensor, type InputTensor, inputValues } from '@retort/engine';
import { type BertConfig, classify, encode, initialValues, parameterSpecs, saveModel } from '@retort/families';
import { createTestContext } from '@retort/plugin-kit/testing';
import { run } from '@retort/stage-teacher-forward/run';
import { openSignals, readTokens } from '@retort/tables';
import { writeTokens } from '@retort/tables/testing';
import { padTokens, readAnswers, rowLengths } from '@retort/training';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

/** Batches of other widths add in another order, in float32, on values near 1. */
const TOLERANCE = 1e-5;
/** Half of the distance between float16 numbers just below 4, the largest that occur. */
const FLOAT16_TOLERANCE = 2 ** -10;
const LENGTHS = [5, 20, 3, 9, 17, 4, 8, 12, 3];

const teacher: BertConfig = {
  layers: 2,
  hiddenSize: 8,
  heads: 2,
  intermediateSize: 16,
  maxPositions: 20,
  vocabularySize: 20,
  segmentTypes: 2,
  layerNormEpsilon: 1e-12,
  tokenizerDigest: 'v',
  task: { kind: 'classes', labels: ['a', 'b', 'c'] },
};
const values = initialValues(parameterSpecs(teacher, ['classifier']), 3);
// Fresh weights give scores close to 0; ten times larger ones do not.
for (const [name, { values: numbers }] of values)
  if (name.endsWith('.weight')) for (const i of numbers.keys()) numbers[i] = 10 * (numbers[i] as number);

const root = mkdtempSync(join(tmpdir(), 'retort-teacher-forward-'));
afterAll(() => rmSync(root, { recursive: true }));

beforeAll(async () => {
  const rows = LENGTHS.map((length, row) => Array.from({ length }, (_, i) => 2 + ((row * 5 + i * 3) % 18)));
  await writeTokens(root, { vocabularySize: 20, maxSequenceLength: 20, rows, hasPairs: true });
  writeFileSync(join(root, 'vocab.txt'), '');
  await saveModel({ folder: root, config: teacher, heads: ['classifier'], values, tokenizerFolder: root });
});

/** Everything that the teacher can say. */
const ANSWERS: readonly Answer[] = [
  { signal: logits },
  ...[hiddenStates, attentionScores].flatMap((signal) =>
    layersOf(signal, teacher.layers).map((layer) => ({ signal, layer })),
  ),
];

async function stored(dtype: 'float16' | 'float32', padding: 'masked' | 'reference' = 'masked') {
  const context = await createTestContext({
    config: {
      store: { logits: true, hiddenStates: 'all', attentionScores: 'all', padding, dtype, budget: '1 GiB' },
      layerMapping: { kind: 'uniform' },
      batchSize: 2,
    } as Parameters<typeof run>[0]['config'],
    inputs: { teacher: { type: 'model', path: root }, tokens: { type: 'tokens', path: root } },
    outputs: { signals: 'signals' },
  });
  const { rows } = await run(context);
  expect(rows).toEqual({ signals: LENGTHS.length });
  return openSignals(join(context.outputs['signals']?.path as string, 'signals.arrow'));
}

/** What the teacher says of the same rows, in one padded batch. */
async function direct(inputs: Record<string, HostTensor>) {
  const pass = (await createEngine('cpu')).forward(
    (parameters, batch) => {
      const { hiddenStates, attentionScores } = encode({ config: teacher, parameters }, batch as never);
      return {
        ...Object.fromEntries(hiddenStates.map((state, i) => [`hiddenStates.${i}`, state])),
        ...Object.fromEntries(attentionScores.map((scores, i) => [`attentionScores.${i + 1}`, scores])),
        logits: classify({ config: teacher, parameters }, hiddenStates.at(-1) as never),
      };
    },
    [...values].map(([name, tensor]) => ({ name, ...tensor })),
  );
  return pass.run(inputs);
}

describe('what teacher-forward stores and readAnswers reads', () => {
  it.each([
    ['float32', TOLERANCE],
    ['float16', FLOAT16_TOLERANCE],
  ] as const)('is what the teacher computes for the padded batch (%s)', async (dtype, tolerance) => {
    const tokens = await readTokens(join(root, 'tokens.arrow'));
    const batch = { rows: Int32Array.of(4, 2, 1, 0, 8), rowCount: 5, width: 20 };
    const signals = await stored(dtype);
    const got = readAnswers(signals, { answers: ANSWERS, batch, lengths: rowLengths(tokens) }).named();
    await signals.close();
    const expected = await direct(padTokens(tokens, batch));
    expect(Object.keys(got).sort()).toEqual(Object.keys(expected).sort());
    for (const [name, { data, shape }] of Object.entries(expected)) {
      expect(got[name]?.shape, name).toEqual(shape);
      const isValid = validity(name, shape, batch.rows);
      const read = inputValues(got[name] as InputTensor);
      let worst = 0;
      for (const [i, value] of data.entries())
        worst = Math.max(worst, Math.abs((isValid(i) ? value : 0) - (read[i] as number)));
      expect(worst, name).toBeLessThan(tolerance);
      expect(Math.max(...data.map(Math.abs)), name).toBeGreaterThan(0.1);
    }
  });

  it.each([20, 9])('has the padded positions too under reference padding, in a batch of width %i', async (width) => {
    const tokens = await readTokens(join(root, 'tokens.arrow'));
    const rows = Int32Array.from(LENGTHS.keys()).filter((row) => (LENGTHS[row] as number) <= width);
    const batch = { rows, rowCount: rows.length, width };
    const signals = await stored('float32', 'reference');
    expect(signals.metadata.paddedLength).toBe(20);
    const got = readAnswers(signals, { answers: ANSWERS, batch, lengths: rowLengths(tokens) }).named();
    await signals.close();
    for (const [name, { data, shape }] of Object.entries(await direct(padTokens(tokens, batch)))) {
      expect(got[name]?.shape, name).toEqual(shape);
      const apart = data.map((value, i) => Math.abs(value - (got[name]?.data[i] as number)));
      expect(Math.max(...apart), name).toBeLessThan(TOLERANCE);
    }
  });

  it('is the same bytes every time', async () => {
    const read = async () => {
      const signals = await stored('float16');
      const all = signals.columns.map((column) => signals.readRows(Int32Array.from(LENGTHS.keys()), column).values);
      await signals.close();
      return all;
    };
    expect(await read()).toEqual(await read());
  });
});

/** Whether an element belongs to real tokens of its row; all logits do. */
function validity(name: string, shape: readonly number[], rows: Int32Array): (index: number) => boolean {
  const [, second, third] = shape as [number, number, number];
  const length = (row: number) => LENGTHS[rows[row] as number] as number;
  if (name === 'logits') return () => true;
  if (name.includes('hiddenStates'))
    return (i) => Math.floor(i / third) % second < length(Math.floor(i / third / second));
  return (i) => {
    const [key, query, row] = [i % third, Math.floor(i / third) % third, Math.floor(i / third / third / second)];
    return key < length(row) && query < length(row);
  };
}
