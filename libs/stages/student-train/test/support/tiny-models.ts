import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type BertConfig,
  initialValues,
  LAYER_NORM_EPSILON,
  loadModel,
  type NamedArrays,
  parameterSpecs,
  readSafetensors,
  saveModel,
} from '@retort/families';
import { labelsOfTask, type Task } from '@retort/foundation/task';
import { type ByInput, inputEntries, takenBy } from '@retort/plugin-kit';
import { createTestContext, type TestInput } from '@retort/plugin-kit/testing';
import { studentTrain } from '@retort/stage-student-train';
import { run } from '@retort/stage-student-train/run';
import { writeTokens } from '@retort/tables/testing';
import { afterAll } from 'vitest';
import { resolvedConfig } from './resolved-config.ts';

export const LABELS = ['a', 'b', 'c'];
const LENGTHS = [5, 12, 3, 9, 7, 4, 8, 12, 3, 6];
const SIZES = { vocabularySize: 20, maxSequenceLength: 12 };

const root = mkdtempSync(join(tmpdir(), 'retort-student-train-'));
afterAll(() => rmSync(root, { recursive: true }));

function emptyFolder(): string {
  const folder = mkdtempSync(join(root, 'folder-'));
  writeFileSync(join(folder, 'vocab.txt'), 'word\n');
  return folder;
}

/** Ten rows of 3 to 12 tokens, labelled where `labels` are given. */
export async function tinyTokens(labels?: readonly string[], maxSequenceLength = 12): Promise<TestInput> {
  const path = emptyFolder();
  const rows = LENGTHS.map((length, row) => Array.from({ length }, (_, i) => 5 + ((row * 7 + i * 3) % 15)));
  await writeTokens(path, {
    ...SIZES,
    maxSequenceLength,
    rows,
    hasPairs: true,
    ...(labels && {
      task: { kind: 'classes', labels } as const,
      labels: Int32Array.from(LENGTHS, (_, i) => i % labels.length),
    }),
  });
  return { type: labels ? 'labelledTokens' : 'tokens', path };
}

export const TEACHER = { layers: 4, hiddenSize: 8, heads: 2, intermediateSize: 16, maxPositions: 12 };
export const STUDENT = { layers: 2, hiddenSize: 4, heads: 2, intermediateSize: 8, maxPositions: 12 };

function configOf({ task, ...geometry }: Partial<BertConfig> = {}): BertConfig {
  return {
    ...TEACHER,
    ...geometry,
    vocabularySize: SIZES.vocabularySize,
    segmentTypes: 2,
    layerNormEpsilon: LAYER_NORM_EPSILON,
    tokenizerDigest: 'v',
    ...(task && { task }),
  };
}

/** A model of random weights, ten times larger than fresh ones, so that scores are not all near 0. */
export async function tinyModel({ seed, ...config }: { seed: number } & Partial<BertConfig>): Promise<TestInput> {
  const full = configOf(config);
  const specs = parameterSpecs(full, full.task ? ['classifier'] : []);
  const values = initialValues(specs, seed);
  for (const [name, { values: numbers }] of values)
    if (name.endsWith('.weight')) for (const i of numbers.keys()) numbers[i] = 10 * (numbers[i] as number);
  return modelOf(full, values);
}

/** A model folder of given weights. */
export async function modelOf(config: BertConfig, values: NamedArrays): Promise<TestInput> {
  const path = emptyFolder();
  await saveModel({ folder: path, config, heads: config.task ? ['classifier'] : [], values, tokenizerFolder: path });
  return { type: 'model', path };
}

/** The same teacher with its classes in another order. */
export async function reordered(model: TestInput, labels: readonly string[]): Promise<TestInput> {
  const { config, values } = await loadModel(model.path);
  const rows = labels.map((label) => labelsOfTask(config.task as Task).indexOf(label));
  const permuted = (name: string, width: number) => {
    const { shape, values: numbers } = values.get(name) as { shape: readonly number[]; values: Float32Array };
    const moved = rows.flatMap((row) => [...numbers.subarray(row * width, (row + 1) * width)]);
    return [name, { shape, values: Float32Array.from(moved) }] as const;
  };
  const head = [permuted('classifier.weight', config.hiddenSize), permuted('classifier.bias', 1)];
  return modelOf({ ...config, task: { kind: 'classes', labels } }, new Map([...values, ...head]));
}

export interface Distilled {
  readonly student: NamedArrays;
  readonly initialStudent: NamedArrays;
  readonly config: BertConfig;
  readonly metrics: Readonly<Record<string, number>>;
  readonly losses: readonly number[];
  readonly projections: NamedArrays | undefined;
}

/** One run of the stage with settings as a pipeline file would give them; no dropout. */
export async function distil(settings: object, inputs: ByInput<TestInput>): Promise<Distilled> {
  const connected = Object.keys(inputs);
  const config = resolvedConfig({ dropout: { hidden: 0, attention: 0 }, batchSize: 4, ...settings }, connected);
  const context = await createTestContext({
    config,
    inputs: takenBy(studentTrain, inputEntries(inputs)),
    outputs: { student: 'model', initialStudent: 'model' },
  });
  const { metrics = {} } = await run(context);
  const folder = (port: 'student' | 'initialStudent') => (context.outputs[port] as { path: string }).path;
  const { values: student, config: model } = await loadModel(folder('student'));
  const { values: initialStudent } = await loadModel(folder('initialStudent'));
  const projections = await readSafetensors(join(folder('student'), 'projections.safetensors')).catch(() => undefined);
  const losses = context.progresses.map(({ values }) => values?.['loss'] as number);
  return { student, initialStudent, config: model, metrics, losses, projections };
}

/** The largest difference of two models' weights. */
export function farthest(a: NamedArrays, b: NamedArrays): number {
  return Math.max(
    ...[...a].map(([name, { values }]) => {
      const other = b.get(name)?.values as Float32Array;
      return values.reduce((most, value, i) => Math.max(most, Math.abs(value - (other[i] as number))), 0);
    }),
  );
}
