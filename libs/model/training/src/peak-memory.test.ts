import { expect, test } from 'vitest';
import {
  eagerForwardPeakBytes,
  eagerTrainingPeakBytes,
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
  ['pretrain', trainingPeakBytes(TEACHER, BATCH, { hasDropout: true, predictedShare: 0.15 }), 3.65],
  ['finetune', trainingPeakBytes(TEACHER, BATCH, { hasDropout: true }), 3.46],
  ['teacher-forward', forwardPeakBytes([TEACHER], BATCH), 1.21],
  [
    'student-train',
    trainingPeakBytes(STUDENT, BATCH, { hasDropout: true, comparesAttention: true, teacherHiddenSize: 768 }),
    0.704,
  ],
  ['evaluate', forwardPeakBytes([TEACHER, STUDENT, STUDENT, STUDENT], BATCH), 1.56],
])('is near what the benchmark measured for %s', (_, estimate, measuredGib) => {
  expect(Math.abs(estimate / (measuredGib * GIB) - 1)).toBeLessThan(TOLERANCE);
});

/** Sizes of the benchmark for engines that are slower. */
function shrunk(layers: number, hiddenSize: number, vocabularySize: number, heads = 12): ModelSize {
  const intermediateSize = hiddenSize * (heads === 12 ? 4 : 2);
  return { architecture: { layers, hiddenSize, heads, intermediateSize, maxPositions: 512 }, vocabularySize };
}

const [SMALL, SMALL_STUDENT] = [shrunk(4, 192, 10_000), shrunk(2, 96, 10_000)];
const [TINY, TINY_STUDENT] = [shrunk(2, 48, 2_000, 4), shrunk(1, 24, 2_000, 4)];
const COMPARED = { hasDropout: true, comparesAttention: true };

test.each([
  ['tensorflow', SMALL, SMALL_STUDENT, { pretrain: 1054, finetune: 1006, forward: 658, student: 653, evaluate: 689 }],
  ['wasm', SMALL, SMALL_STUDENT, { pretrain: 887, finetune: 812, forward: 340, student: 433, evaluate: 385 }],
  ['cpu', TINY, TINY_STUDENT, { pretrain: 618, finetune: 596, forward: 198, student: 372, evaluate: 195 }],
] as const)('is near what the benchmark measured on %s', (engine, teacher, student, measured) => {
  const estimates = {
    pretrain: eagerTrainingPeakBytes(teacher, BATCH, { hasDropout: true, predictedShare: 0.15 }, engine),
    finetune: eagerTrainingPeakBytes(teacher, BATCH, { hasDropout: true }, engine),
    forward: eagerForwardPeakBytes([teacher], BATCH, engine),
    student: eagerTrainingPeakBytes(
      student,
      BATCH,
      { ...COMPARED, teacherHiddenSize: teacher.architecture.hiddenSize },
      engine,
    ),
    evaluate: eagerForwardPeakBytes([teacher, student, student, student], BATCH, engine),
  };
  for (const [stage, megabytes] of Object.entries(measured)) {
    const estimate = estimates[stage as keyof typeof estimates];
    expect(Math.abs(estimate / (megabytes * 1e6) - 1), stage).toBeLessThan(TOLERANCE);
  }
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

test('counts a teacher in int8, and the same in float32 that it is compared with before training', () => {
  const tokens = { maxSequenceLength: 64, vocabularySize: 30_522 };
  const bytes = (batchSize: number, more: object) => {
    const known = { engine: 'onnx', batchSize, tokens, model: STUDENT, extras: { hasDropout: true } } as const;
    return trainingEstimate({ ...known, ...more }).peakMemoryBytes as number;
  };
  expect(bytes(16, { alsoRuns: [TEACHER], alsoRunsIn: 'int8' })).toBeGreaterThan(forwardPeakBytes([TEACHER], BATCH));
  // Where training takes more than the comparison did, int8 is smaller.
  const [int8, float32] = ['int8', 'float32'].map((alsoRunsIn) => bytes(64, { alsoRuns: [TEACHER], alsoRunsIn }));
  expect(int8).toBeLessThan(float32 as number);
  expect(int8).toBeGreaterThan(bytes(64, {}));
});

test('is not given where something is unknown, or for engines that were not measured', () => {
  const { architecture } = STUDENT;
  const tokens = { maxSequenceLength: 64, vocabularySize: 30_522 };
  const known = { engine: 'onnx', batchSize: 16, tokens, models: [{ architecture }] } as const;
  expect(forwardEstimate(known)).toEqual({ peakMemoryBytes: Math.round(forwardPeakBytes([STUDENT], BATCH)) });
  expect(forwardEstimate({ ...known, engine: 'onnx-webgpu' })).toEqual({});
  expect(forwardEstimate({ ...known, tokens: {} })).toEqual({});
  expect(forwardEstimate({ ...known, models: [{}] })).toEqual({});
  expect(forwardEstimate({ ...known, models: [] })).toEqual({});
});
