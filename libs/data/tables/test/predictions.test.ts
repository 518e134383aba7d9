import {
  createPredictionsWriter,
  type PredictionRow,
  type PredictionsMetadata,
  streamPredictions,
} from '@retort/tables';
import { expect, it } from 'vitest';
import { temporaryPath } from './temporary.ts';

type Rows = Parameters<Awaited<ReturnType<typeof createPredictionsWriter>>['append']>[0];

async function written(metadata: PredictionsMetadata, ...parts: readonly Rows[]): Promise<PredictionRow[]> {
  const path = await temporaryPath('predictions.arrow');
  const writer = await createPredictionsWriter(path, metadata);
  for (const part of parts) await writer.append(part);
  await writer.close();
  const rows: PredictionRow[] = [];
  for await (const batch of streamPredictions(path)) rows.push(...batch);
  return rows;
}

it('predictions come back row by row, model by model', async () => {
  const logits = Float32Array.of(1, 2, 4, 3);
  const probabilities = Float32Array.of(0.25, 0.75, 0.5, 0.5);
  const part = { firstRow: 5, rowCount: 2, predicted: Int32Array.of(1, 0), logits, probabilities };
  const rows = await written(
    { task: { kind: 'classes', labels: ['no', 'yes'] }, split: 'validation' },
    { ...part, model: 'teacher', labels: Int32Array.of(1, 1) },
    { ...part, model: 'student' },
  );
  expect(rows.map(({ model, row, label, predicted }) => [model, row, label, predicted])).toEqual([
    ['teacher', 5, 1, 1],
    ['teacher', 6, 1, 0],
    ['student', 5, undefined, 1],
    ['student', 6, undefined, 0],
  ]);
  expect(rows[1]).toMatchObject({ logits: Float32Array.of(4, 3), probabilities: Float32Array.of(0.5, 0.5) });
});

it('regression has values and no probabilities', async () => {
  const [row] = await written(
    { task: { kind: 'regression' } },
    {
      model: 'student',
      firstRow: 0,
      rowCount: 1,
      labels: Float32Array.of(2.5),
      predicted: Float32Array.of(2.25),
      logits: Float32Array.of(2.25),
    },
  );
  expect(row).toEqual({
    model: 'student',
    row: 0,
    label: 2.5,
    predicted: 2.25,
    logits: Float32Array.of(2.25),
    probabilities: undefined,
  });
});

it('several labels are lists of those that hold', async () => {
  const base = { model: 'student', firstRow: 0, rowCount: 2, logits: new Float32Array(6) };
  const metadata = { task: { kind: 'multi-label', labels: ['a', 'b', 'c'] } } as const;
  const predicted = Int32Array.of(0, 0, 0, 1, 0, 1);
  const probabilities = new Float32Array(6);
  const rows = await written(
    metadata,
    { ...base, labels: Int32Array.of(1, 1, 0, 0, 0, 1), predicted, probabilities },
    { ...base, predicted, probabilities },
  );
  expect(rows.map(({ label, predicted: answer }) => [label, answer])).toEqual([
    [[0, 1], []],
    [[2], [0, 2]],
    [undefined, []],
    [undefined, [0, 2]],
  ]);
});
