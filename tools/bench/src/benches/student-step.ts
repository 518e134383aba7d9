import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { initialValues, parameterSpecs } from '@retort/bert';
import { openSignals, readTokens } from '@retort/columnar';
import { signalsNeeded } from '@retort/distillation/loss-block';
import { createEngine, type HostTensors, ParameterSet } from '@retort/engine';
import {
  AdamW,
  type Batch,
  distillationProgram,
  padSignals,
  padTokens,
  rowLengths,
  startingProjections,
} from '@retort/training';
import type { BenchContext, Measurement } from '../bench.ts';
import { largestColumn, RandomSignals, writeSignals } from '../inputs/teacher-signals.ts';
import { writeTokenRows } from '../inputs/token-rows.ts';
import { bertConfig, type Geometry, geometryFor, nameOf, transformerLayerLoss } from '../paper-geometry.ts';
import { repeat, spreadOf, timed } from '../repeat.ts';

const OPTIMIZER = {
  learningRate: 1e-4,
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-6,
  weightDecay: 0.01,
  maxGradientNorm: 1,
};
const DROPOUT = { hidden: 0.1, attention: 0.1 };

/** One training step of the student on given signals of its teacher: loss and gradients, then the optimizer. */
export async function studentStep(context: BenchContext): Promise<Measurement[]> {
  const length = context.isQuick ? 16 : 64;
  return [...(await steps(context, { batchSize: 16, length })), ...(await steps(context, { batchSize: 32, length }))];
}

interface Size {
  readonly batchSize: number;
  readonly length: number;
}

async function steps(context: BenchContext, size: Size): Promise<Measurement[]> {
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
  const inputs = await batchInputs(context, geometry, size);
  const engine = await createEngine('onnx', { threads: context.threads });
  const trainer = engine.trainer(
    distillationProgram({ student, block, mapping: geometry.mapping }, DROPOUT),
    parameters,
  );
  const optimizer = new AdamW(parameters, OPTIMIZER);
  const parts = { gradients: [] as number[], optimizer: [] as number[] };
  const repetitions = context.isQuick ? 3 : 20;
  const total = await repeat({ repetitions, warmUps: 3 }, async (dropoutKey) => {
    parts.gradients.push(await timed(async () => void (await trainer.step(inputs, { dropoutKey }))));
    parts.optimizer.push(
      await timed(async () => void optimizer.apply({ names: trainer.reached, learningRateFactor: 1 })),
    );
  });
  await trainer.dispose();
  const of = `${nameOf(geometry.student)} at ${size.batchSize} x ${size.length}`;
  const notes = `teacher ${nameOf(geometry.teacher)}, its signals given; ${context.threads} threads`;
  return [
    { name: `step, ${of}`, unit: 'ms', ...spreadOf(total), notes },
    { name: `of it gradients, ${of}`, unit: 'ms', ...spreadOf(parts.gradients.slice(-repetitions)) },
    { name: `of it optimizer, ${of}`, unit: 'ms', ...spreadOf(parts.optimizer.slice(-repetitions)), notes: 'AdamW' },
  ];
}

/** One batch of full rows, with the teacher's answers, as student-train makes it. */
async function batchInputs(
  { scratchFolder }: BenchContext,
  geometry: Geometry,
  { batchSize, length }: Size,
): Promise<HostTensors> {
  const folder = join(scratchFolder, 'student-step');
  await mkdir(folder, { recursive: true });
  const lengths = Array.from({ length: batchSize }, () => length);
  await writeTokenRows({
    folder,
    lengths,
    vocabularySize: geometry.vocabularySize,
    maxSequenceLength: length,
    seed: 1,
  });
  const random = new RandomSignals(geometry, { mostValues: largestColumn(geometry, batchSize, length), seed: 1 });
  const path = join(folder, 'signals.arrow');
  await writeSignals({ path, geometry, signals: random, lengths, batchSize });
  const tokens = await readTokens(join(folder, 'tokens.arrow'));
  const signals = await openSignals(path);
  const batch: Batch = { rows: Int32Array.from(lengths.keys()), rowCount: batchSize, width: length };
  const needed = signalsNeeded(transformerLayerLoss(), geometry.mapping);
  const inputs = {
    ...padTokens(tokens, batch),
    ...padSignals({ signals, needed, batch, lengths: rowLengths(tokens) }),
  };
  await signals.close();
  await rm(folder, { recursive: true });
  return inputs;
}
