import type { MatrixSummary } from '@retort/pipeline-runner';
import { expect, test } from 'vitest';
import { colorsFor } from './colors.ts';
import { matrixText } from './matrix-text.ts';

const axes = [
  { path: 'variant', name: 'variant', isSeed: false },
  { path: 'seed', name: 'seed', isSeed: true },
];
const cell = (variant: string, seed: number, metrics: Record<string, number>) => ({
  id: `variant=${variant},seed=${seed}`,
  values: { variant, seed },
  status: 'done' as const,
  metrics,
});
const scores = (student: number) => ({
  'evaluate.teacher.accuracy': 0.9,
  'evaluate.teacher.f1': 0.8,
  'evaluate.student.accuracy': student,
  'evaluate.student.f1': student - 0.1,
});

test('models have a table each, so that many metrics fit a screen', () => {
  const spread = (mean: number) => ({ mean, standardDeviation: 0.01, count: 2 });
  const matrix: MatrixSummary = {
    axes,
    cells: [cell('base', 1, scores(0.7)), { ...cell('base', 2, {}), status: 'failed' }],
    groups: [
      {
        values: { variant: 'base' },
        metrics: { 'evaluate.teacher.accuracy': spread(0.9), 'evaluate.student.accuracy': spread(0.7) },
      },
    ],
  };
  expect(matrixText(matrix, colorsFor({ isTTY: false }, {}))).toMatchInlineSnapshot(`
    "Matrix of 2 cells
    evaluate.teacher
    variant  seed  status  accuracy      f1
    ───────  ────  ──────  ────────  ──────
    base     1     done      0.9000  0.8000
    base     2     failed         –       –

    evaluate.student
    variant  seed  status  accuracy      f1
    ───────  ────  ──────  ────────  ──────
    base     1     done      0.7000  0.6000
    base     2     failed         –       –

    Over seeds: mean ± standard deviation (count)
    evaluate.teacher
    variant             accuracy
    ───────  ───────────────────
    base     0.9000 ± 0.0100 (2)

    evaluate.student
    variant             accuracy
    ───────  ───────────────────
    base     0.7000 ± 0.0100 (2)"
  `);
});
