import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lossLayers, signalsNeeded } from '@retort/distillation/loss-block';
import { createEngine, ParameterSet } from '@retort/engine';
import { type BertConfig, LAYER_NORM_EPSILON, type NamedArrays, saveModel } from '@retort/families';
import { digestTree } from '@retort/foundation/digest';
import type { Tokens } from '@retort/tables';
import {
  type Batch,
  distillationProgram,
  labelsOf,
  learningRateSchedule,
  Optimizer,
  onlineTeacher,
  padTokens,
  teacherInputs,
  train,
} from '@retort/training';
import { afterAll, describe, expect, it } from 'vitest';
import golden from './fixtures/torch-trajectories.json';
import { resolvedConfig } from './support/resolved-config.ts';

/** Relative; float32 rounding of two implementations, carried through 20 steps of Adam. */
const TOLERANCE = 1e-4;

/** How far 20 steps of rounding may go; other parameters go 0.01 to 1. */
const ROUNDING = 1e-3;

const { geometry, batches, learningRate } = golden;
const [ROWS, LENGTH] = [4, 8];

function config(part: 'teacher' | 'student', headKind: BertConfig['headKind']): BertConfig {
  return {
    ...geometry[part],
    ...(headKind ? { headKind } : {}),
    vocabularySize: geometry.vocabularySize,
    segmentTypes: 2,
    layerNormEpsilon: LAYER_NORM_EPSILON,
    task: { kind: 'classes', labels: geometry.labels },
    tokenizerDigest: 'torch',
  };
}

interface Encoded {
  readonly shape: readonly number[];
  readonly values: string;
}

function decoded({ shape, values }: Encoded) {
  const bytes = Buffer.from(values, 'base64');
  return { shape, values: new Float32Array(new Uint8Array(bytes).buffer) };
}

function weightsOf(part: 'teacher' | 'student'): NamedArrays {
  return new Map(Object.entries(golden[part]).map(([name, tensor]) => [name, decoded(tensor)]));
}

/** All rows of all batches, one after another. */
const tokens: Tokens = {
  metadata: {
    tokenizerDigest: 'torch',
    vocabularySize: geometry.vocabularySize,
    maxSequenceLength: LENGTH,
    padId: 0,
    unkId: 1,
    clsId: 2,
    sepId: 3,
    maskId: 4,
    task: { kind: 'classes', labels: geometry.labels },
  },
  ...rowsOf(
    batches.flatMap(({ tokenIds, segmentIds, keyMask, labels }) =>
      tokenIds.map((ids, row) => ({
        ids: ids.filter((_, i) => keyMask[row]?.[i] === 1),
        first: ids.filter((_, i) => keyMask[row]?.[i] === 1 && segmentIds[row]?.[i] === 0).length,
        label: labels[row] as number,
      })),
    ),
  ),
};

function rowsOf(rows: readonly { ids: readonly number[]; first: number; label: number }[]) {
  const offsets = new Int32Array(rows.length + 1);
  for (const [i, { ids }] of rows.entries()) offsets[i + 1] = (offsets[i] as number) + ids.length;
  return {
    rowCount: rows.length,
    tokenIds: Int32Array.from(rows.flatMap(({ ids }) => ids)),
    offsets,
    firstSegmentLengths: Int32Array.from(rows, ({ first }) => first),
    labels: Int32Array.from(rows, ({ label }) => label),
  };
}

const given = batches.map(
  (_, i): Batch => ({
    rows: Int32Array.from({ length: ROWS }, (_, row) => i * ROWS + row),
    rowCount: ROWS,
    width: LENGTH,
  }),
);

const root = mkdtempSync(join(tmpdir(), 'retort-torch-'));
afterAll(() => rmSync(root, { recursive: true }));

/** The teacher with a head of the student's kind. */
async function teacherInput(headKind: BertConfig['headKind']) {
  const folder = mkdtempSync(join(root, 'teacher-'));
  const values = weightsOf('teacher');
  // The test's own folder stands for a tokenizer: it has none of its files.
  const tokenizerFolder = import.meta.dirname;
  await saveModel({ folder, config: config('teacher', headKind), heads: ['classifier'], values, tokenizerFolder });
  return { type: 'model', path: folder, digest: (await digestTree(folder)).digest, label: 'teacher' } as const;
}

type Trajectory = (typeof golden.trajectories)[number];

/** Our training under the preset, with the fixture's rate and without dropout. */
async function ours({ preset, phase }: Trajectory, engineName: 'onnx' | 'cpu') {
  const settings = resolvedConfig({ preset, phase, optimizer: { learningRate }, dropout: { hidden: 0, attention: 0 } });
  const { loss: block, optimizer, headKind } = settings;
  const [student, teacherSizes] = [config('student', headKind), geometry.teacher];
  const layers = lossLayers(block, { studentLayers: student.layers, teacherLayers: teacherSizes.layers });
  const teacher = await onlineTeacher(await teacherInput(headKind), { tokens, engine: engineName, threads: 1 });
  const answers = await teacher.ask(signalsNeeded(block, layers), {
    task: { kind: 'classes', labels: geometry.labels },
  });
  const start = new Map([...weightsOf('student'), ...projectionsFor(block)]);
  const parameters = new ParameterSet(start);
  const engine = await createEngine(engineName, { threads: 1 });
  const trainer = engine.trainer(distillationProgram({ student, block, layers }, settings.dropout), parameters);
  const steps: Record<string, number>[] = [];
  await train({
    trainer: {
      step: async (inputs, options) => {
        const { loss, terms } = await trainer.step(inputs, options);
        steps.push({ loss, ...terms });
        return { loss, terms };
      },
      get reached() {
        return trainer.reached;
      },
      dispose: () => trainer.dispose(),
    },
    optimizer: new Optimizer(parameters, optimizer),
    epochs: 20 / given.length,
    batches: () => given,
    batchesPerEpoch: given.length,
    inputsOf: async (batch) => ({
      ...padTokens(tokens, batch),
      ...teacherInputs(await answers.of(batch)),
      labels: labelsOf(tokens.labels as Int32Array, batch.rows),
    }),
    schedule: learningRateSchedule(optimizer.schedule),
    gradientAccumulation: 1,
    seed: 1,
    progress: () => {},
    log: () => {},
    pass: async () => {},
  });
  await trainer.dispose();
  await answers.close();
  const moved = [...parameters.byName.values()].map(({ name, values }) => {
    const before = start.get(name)?.values as Float32Array;
    return [name, Math.hypot(...values.map((value, i) => value - (before[i] as number)))] as const;
  });
  return { steps, moved: Object.fromEntries(moved.filter(([, distance]) => distance > 0)) };
}

function projectionsFor({ projection, projectionBias }: { projection: string; projectionBias: boolean }): NamedArrays {
  const used = golden.projections.slice(0, projection === 'shared' ? 1 : 2);
  return new Map(
    used.flatMap(({ weight, bias }, i) => [
      [`projections.${i}.weight`, decoded(weight)] as const,
      ...(projectionBias ? [[`projections.${i}.bias`, decoded(bias)] as const] : []),
    ]),
  );
}

function expectClose(got: number | undefined, expected: number, what: string): void {
  expect(
    Math.abs((got ?? Number.NaN) - expected) / Math.abs(expected),
    `${what}: ${got}, expected ${expected}`,
  ).toBeLessThan(TOLERANCE);
}

/**
 * A key's bias changes all scores of a query alike, which softmax does not see: where scores themselves are not compared,
 * its gradient is 0 but for rounding, and where it goes means nothing.
 */
function isBlind(name: string, { phase }: Trajectory): boolean {
  return phase === 'prediction' && name.endsWith('attention.key.bias');
}

describe.each(golden.trajectories)('20 steps of $preset, $phase', (trajectory) => {
  it('are those of PyTorch from the same weights on the same batches, loss by loss', async () => {
    const { steps, moved } = await ours(trajectory, 'onnx');
    expect(steps).toHaveLength(20);
    for (const [i, expected] of trajectory.steps.entries()) {
      expect(Object.keys(steps[i] ?? {}).sort()).toEqual(Object.keys(expected).sort());
      for (const [name, value] of Object.entries(expected))
        expectClose(steps[i]?.[name], value, `${name} of step ${i}`);
    }
    // What nothing reaches stays where it was in both, and everything else has gone as far.
    expect(Object.keys(moved).sort()).toEqual(Object.keys(trajectory.moved).sort());
    for (const [name, distance] of Object.entries(trajectory.moved)) {
      if (isBlind(name, trajectory)) expect(Math.max(moved[name] as number, distance), name).toBeLessThan(ROUNDING);
      else expectClose(moved[name], distance, `way of ${name}`);
    }
  });
});

it('is learned in every phase: what is compared above is no flat line', () => {
  for (const { preset, phase, steps } of golden.trajectories)
    expect(steps.at(-1)?.loss, `${preset} ${phase}`).toBeLessThan(0.9 * (steps[0]?.loss as number));
});
