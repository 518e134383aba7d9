import { expect, test } from 'vitest';
import {
  forwardEstimate,
  forwardPeakBytes,
  type ModelSize,
  trainingEstimate,
  trainingPeakBytes,
} from './peak-memory.ts';

const TEACHER: ModelSize = {
  architecture: { layers: 12, hiddenSize: 768, heads: 12, intermediateSize: 3072, maxPositions: 512 },
  vocabularySize: 30_522,
};
const STUDENT: ModelSize = {
  architecture: { layers: 4, hiddenSize: 312, heads: 12, intermediateSize: 1200, maxPositions: 512 },
  vocabularySize: 30_522,
};
const BATCH = { batchSize: 16, maxSequenceLength: 64 };
const GIB = 1024 ** 3;
/** The estimate is for people who ask whether it fits. */
const TOLERANCE = 0.15;

test.each([
  ['pretrain', trainingPeakBytes(TEACHER, BATCH, { hasDropout: true, predictedShare: 0.15 }), 3.64],
  ['finetune', trainingPeakBytes(TEACHER, BATCH, { hasDropout: true }), 3.49],
  ['teacher-forward', forwardPeakBytes([TEACHER], BATCH), 1.98],
  [
    'student-train',
    trainingPeakBytes(STUDENT, BATCH, { hasDropout: true, comparesAttention: true, teacherHiddenSize: 768 }),
    1.04,
  ],
  ['evaluate', forwardPeakBytes([TEACHER, STUDENT, STUDENT, STUDENT], BATCH), 2.19],
])('is near what the benchmark measured for %s', (_, estimate, measuredGib) => {
  expect(Math.abs(estimate / (measuredGib * GIB) - 1)).toBeLessThan(TOLERANCE);
});

test('grows with batch, length, layers and what the loss compares', () => {
  const base = trainingPeakBytes(STUDENT, { batchSize: 4, maxSequenceLength: 16 }, { hasDropout: false });
  const more = [
    trainingPeakBytes(STUDENT, { batchSize: 8, maxSequenceLength: 16 }, { hasDropout: false }),
    trainingPeakBytes(STUDENT, { batchSize: 4, maxSequenceLength: 128 }, { hasDropout: false }),
    trainingPeakBytes(STUDENT, { batchSize: 4, maxSequenceLength: 16 }, { hasDropout: true }),
    trainingPeakBytes(STUDENT, { batchSize: 4, maxSequenceLength: 16 }, { hasDropout: false, comparesAttention: true }),
    trainingPeakBytes(STUDENT, { batchSize: 4, maxSequenceLength: 16 }, { hasDropout: false, teacherHiddenSize: 768 }),
  ];
  for (const each of more) expect(each).toBeGreaterThan(base);
});

test('counts a teacher that runs beside the student', () => {
  const tokens = { maxSequenceLength: 64, vocabularySize: 30_522 };
  const known = { engine: 'onnx', batchSize: 16, tokens, model: STUDENT, extras: { hasDropout: true } } as const;
  const [alone, together] = [trainingEstimate(known), trainingEstimate({ ...known, alsoRuns: [TEACHER] })];
  expect((together.peakMemoryBytes as number) - (alone.peakMemoryBytes as number)).toBeGreaterThan(GIB);
});

test('is not given where something is unknown, or for engines that were not measured', () => {
  const { architecture } = STUDENT;
  const tokens = { maxSequenceLength: 64, vocabularySize: 30_522 };
  const known = { engine: 'onnx', batchSize: 16, tokens, models: [{ architecture }] } as const;
  expect(forwardEstimate(known)).toEqual({ peakMemoryBytes: Math.round(forwardPeakBytes([STUDENT], BATCH)) });
  expect(forwardEstimate({ ...known, engine: 'tensorflow' })).toEqual({});
  expect(forwardEstimate({ ...known, tokens: {} })).toEqual({});
  expect(forwardEstimate({ ...known, models: [{}] })).toEqual({});
  expect(forwardEstimate({ ...known, models: [] })).toEqual({});
});
