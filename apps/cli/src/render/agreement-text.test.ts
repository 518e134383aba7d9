import type { EngineAgreement } from '@retort/pipeline-comparison';
import { expect, test } from 'vitest';
import { agreementText } from './agreement-text.ts';
import { colorsFor } from './colors.ts';

const metric = (stage: string, name: string, absolute: number, relative: number, isWithin = true) => ({
  stage,
  name,
  absolute,
  relative,
  isWithin,
});
const text = (agreement: Partial<EngineAgreement>) =>
  agreementText(
    {
      engines: ['cpu', 'onnx', 'cpu'],
      tolerance: { absolute: 0, relative: 1e-5 },
      metrics: [],
      notCompared: [],
      ...agreement,
    },
    colorsFor({ isTTY: false }, {}),
  );

test('the number of each stage that differs most, and a verdict', () => {
  const metrics = [
    metric('teacher', 'loss', 2e-7, 1e-7),
    metric('teacher', 'heldOutLossAfter', 4e-7, 3e-6),
    metric('student-train', 'loss', 0, 0),
  ];
  expect(text({ metrics })).toMatchInlineSnapshot(`
    "Agreement of cpu, onnx
    They agree: 3 losses and scores within 0 or 0.001 %.
                   numbers  largest difference  absolute  relative
    ─────────────  ───────  ──────────────────  ────────  ────────
    teacher              2  heldOutLossAfter    4.000e-7  3.000e-6
    student-train        1  no difference              0         0"
  `);
});

test('what is out of tolerance is named, and what was not compared', () => {
  const metrics = ['a', 'b', 'c', 'd'].map((name) => metric('teacher', name, 0.5, 0.1, false));
  const notCompared = [{ stage: 'student-train', differences: ['teacher with.batchSize', 'corpus inputs.files'] }];
  expect(text({ metrics, notCompared })).toMatchInlineSnapshot(`
    "Agreement of cpu, onnx
    They differ: 4 of 4 losses and scores are not within 0 or 0.001 %: teacher a, teacher b, teacher c and 1 more.
             numbers  largest difference  absolute  relative
    ───────  ───────  ──────────────────  ────────  ────────
    teacher        4  a                     0.5000    0.1000
    student-train is not compared, because more than the engine differs: teacher with.batchSize, corpus inputs.files."
  `);
  expect(text({ notCompared })).toMatchInlineSnapshot(`
    "Agreement of cpu, onnx
    student-train is not compared, because more than the engine differs: teacher with.batchSize, corpus inputs.files."
  `);
});
