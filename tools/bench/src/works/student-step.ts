import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { signalsNeeded } from '@retort/distillation/loss-block';
import { createEngine, type Engine, type HostTensors, ParameterSet, type Trainer } from '@retort/engine';
import { initialValues, parameterSpecs } from '@retort/families';
import type { EngineName } from '@retort/plugin-kit';
import { openSignals, readTokens } from '@retort/tables';
import {
  type Batch,
  distillationProgram,
  Optimizer,
  padTokens,
  readAnswers,
  rowLengths,
  startingProjections,
  teacherInputs,
} from '@retort/training';
import type { BenchContext } from '../bench.ts';
import { largestColumn, RandomSignals, writeSignals } from '../inputs/teacher-signals.ts';
import { writeTokenRows } from '../inputs/token-rows.ts';
import { bertConfig, type Geometry, geometryFor, layersOf, transformerLayerLoss } from '../paper-geometry.ts';

const OPTIMIZER = {
  kind: 'adamw',
  clipping: 'global',
  learningRate: 1e-4,
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-6,
  weightDecay: 0.01,
} as const;
const DROPOUT = { hidden: 0.1, attention: 0.1 };

export interface StepSize {
  readonly batchSize: number;
  readonly length: number;
}

/** Training of the paper's student on one batch of full rows, with the answers of its teacher given. */
export interface StudentStep {
  readonly geometry: Geometry;
  readonly parameters: ParameterSet;
  readonly inputs: HostTensors;
  readonly trainer: Trainer;
  readonly optimizer: Optimizer;
  /** A trainer of the same loss without dropout: for comparing losses. */
  readonly withoutDropout: () => Trainer;
}

export async function createStudentStep(
  context: BenchContext,
  size: StepSize,
  { maxGradientNorm, engine: name = 'onnx' }: { maxGradientNorm: number; engine?: EngineName },
): Promise<StudentStep> {
  const geometry = geometryFor(context);
  const student = bertConfig(geometry.student, geometry);
  const block = transformerLayerLoss();
  const projections = await startingProjections({
    block,
    student,
    teacherHiddenSize: geometry.teacher.hiddenSize,
    folder: undefined,
    seed: 1,
  });
  const parameters = new ParameterSet(new Map([...initialValues(parameterSpecs(student), 1), ...projections]));
  const engine: Engine = await createEngine(name, { threads: context.threads });
  const trainerWith = (rates: typeof DROPOUT) =>
    engine.trainer(distillationProgram({ student, block, layers: layersOf(geometry) }, rates), parameters);
  return {
    geometry,
    parameters,
    inputs: await batchInputs(context, geometry, size),
    trainer: trainerWith(DROPOUT),
    optimizer: new Optimizer(parameters, { ...OPTIMIZER, maxGradientNorm }),
    withoutDropout: () => trainerWith({ hidden: 0, attention: 0 }),
  };
}

/** One batch of full rows, with the teacher's answers, as student-train makes it. */
async function batchInputs(
  { scratchFolder }: BenchContext,
  geometry: Geometry,
  { batchSize, length }: StepSize,
): Promise<HostTensors> {
  const folder = join(scratchFolder, 'student-step');
  const lengths = Array.from({ length: batchSize }, () => length);
  await writeTokenRows(folder, { lengths, vocabularySize: geometry.vocabularySize, maxSequenceLength: length });
  const random = new RandomSignals(geometry, { mostValues: largestColumn(geometry, batchSize, length), seed: 1 });
  const path = join(folder, 'signals.arrow');
  await writeSignals({ path, geometry, signals: random, lengths, batchSize });
  const tokens = await readTokens(join(folder, 'tokens.arrow'));
  const signals = await openSignals(path);
  const batch: Batch = { rows: Int32Array.from(lengths.keys()), rowCount: batchSize, width: length };
  const { answers } = signalsNeeded(transformerLayerLoss(), layersOf(geometry));
  const inputs = {
    ...padTokens(tokens, batch),
    ...teacherInputs(readAnswers(signals, { answers, batch, lengths: rowLengths(tokens) })),
  };
  await signals.close();
  await rm(folder, { recursive: true });
  return inputs;
}
