import { createEngine, type HostTensors, type ParameterSet, type Trainer, type TrainingProgram } from '@retort/engine';
import type { EngineName } from '@retort/engine/names';
import { StageError } from '@retort/foundation/diagnostics';
import { digestBytes } from '@retort/foundation/digest';
import { streamKey } from '@retort/foundation/random';
import type { Work } from '@retort/foundation/work';
import type { Tokens } from '@retort/tables';
import { type Batch, bucketedBatches, trainingWidths } from './batches.ts';
import { type HealthBands, HealthCheck } from './health-bands.ts';
import { Optimizer } from './optimizers/optimizer.ts';
import type { LearningSettings } from './optimizers/settings.ts';
import { RunningMeans } from './running-means.ts';
import { learningRateSchedule } from './schedule.ts';
import { batchesOfEpoch, type LastBatch } from './steps.ts';
import { rowLengths } from './token-batch.ts';
import { resumeTraining } from './training-checkpoints.ts';
import { START, type TrainingPosition } from './training-position.ts';
import { Validation, type ValidationOutcome, type ValidationPlan } from './validation/validation.ts';

/** The settings of a stage that trains, as its schema resolves them. */
export interface TrainingSettings {
  readonly batchSize: number;
  readonly gradientAccumulation: number;
  readonly epochs: number;
  readonly optimizer: LearningSettings;
}

/** What training sees of a stage's context; a program with no pipeline makes one itself. */
export interface TrainingContext extends Pick<Work, 'progress' | 'log' | 'warn' | 'checkpoints'> {
  readonly config: TrainingSettings;
  readonly seed: number;
  readonly engine: EngineName;
  /** Cores to keep busy. Never decides bytes. */
  readonly threads: number;
}

/**
 * Trains `parameters` on rows of tokens, batched by length. Goes on from the stage's last checkpoint where there is one, and
 * ends with the bytes of training that was never interrupted.
 *
 * @param inputsOf the program's inputs for one batch; `index` counts micro-batches from the start of training
 * @param widths that batches may have, ascending; `trainingWidths` when missing
 * @param lastBatch whether the rows that fill no batch at the end of an epoch are a smaller batch, or left out
 * @param bands what is expected of the terms, where it is known
 * @param validation what is scored before the first step and while training; decides which weights are there at the end
 */
export async function trainOnRows({
  context,
  tokens,
  program,
  parameters,
  inputsOf,
  widths = trainingWidths(tokens.metadata.maxSequenceLength),
  lastBatch = 'keep',
  bands = {},
  validation: validated,
}: {
  context: TrainingContext;
  tokens: Tokens;
  program: TrainingProgram;
  parameters: ParameterSet;
  inputsOf: (batch: Batch, index: number) => HostTensors | Promise<HostTensors>;
  widths?: readonly number[];
  lastBatch?: LastBatch;
  bands?: HealthBands;
  validation?: ValidationPlan | undefined;
}): Promise<TrainingSummary> {
  const { config, seed, checkpoints } = context;
  const lengths = rowLengths(tokens);
  const { batchSize } = config;
  const batchesPerEpoch = batchesOfEpoch(lengths.length, { batchSize, lastBatch });
  if (batchesPerEpoch === 0) throw noFullBatch(lengths.length, batchSize);
  const optimizer = new Optimizer(parameters, config.optimizer);
  const stepsPerEpoch = Math.ceil(batchesPerEpoch / config.gradientAccumulation);
  const totalSteps = config.epochs * stepsPerEpoch;
  const { log, warn } = context;
  const validation = validated && new Validation(validated, { parameters, totalSteps, stepsPerEpoch, log, warn });
  const resumed = await resumeTraining({ checkpoints, parameters, optimizer, validation });
  const engine = await createEngine(context.engine, { threads: context.threads });
  const trainer = engine.trainer(program, parameters);
  try {
    return await train({
      trainer,
      optimizer,
      epochs: config.epochs,
      batches: (epoch) => {
        const batches = bucketedBatches({ lengths, widths, batchSize, seed, epoch });
        return lastBatch === 'keep' ? batches : batches.filter(({ rowCount }) => rowCount === batchSize);
      },
      batchesPerEpoch,
      inputsOf,
      schedule: learningRateSchedule(config.optimizer.schedule),
      gradientAccumulation: config.gradientAccumulation,
      seed,
      progress: context.progress,
      log,
      health: new HealthCheck(bands, warn),
      validation,
      ...resumed,
    });
  } finally {
    await trainer.dispose();
  }
}

interface TrainingPlan {
  readonly trainer: Trainer;
  /** At the step of `from`, as are the parameters. */
  readonly optimizer: Optimizer;
  readonly epochs: number;
  /** Micro-batches of one epoch, in order; the same for the same epoch, whenever it is asked. */
  readonly batches: (epoch: number) => readonly Batch[];
  readonly batchesPerEpoch: number;
  readonly inputsOf: (batch: Batch, index: number) => HostTensors | Promise<HostTensors>;
  /** Learning-rate factor at an optimizer step, of `totalSteps`. */
  readonly schedule: (step: number, totalSteps: number) => number;
  readonly gradientAccumulation: number;
  readonly seed: number;
  readonly progress: Work['progress'];
  readonly log: Work['log'];
  readonly health?: HealthCheck;
  readonly validation?: Validation | undefined;
  /** Where training goes on. */
  readonly from?: TrainingPosition;
  /** Called before each micro-batch and at the end, with the last step that is whole. May throw, to end training. */
  readonly pass: (position: TrainingPosition) => Promise<void>;
}

export interface TrainingSummary {
  readonly steps: number;
  /** Means of batches over the last epoch, by their rows, for each term; `loss` is the weighted sum that was minimized. */
  readonly lastEpoch: Readonly<Record<string, number>>;
  readonly validation?: ValidationOutcome;
}

/** The training loop of every stage that trains: micro-batches into gradients, gradients into steps. */
export async function train(plan: TrainingPlan): Promise<TrainingSummary> {
  const { trainer, optimizer, gradientAccumulation, batchesPerEpoch, validation, from = START } = plan;
  const totalBatches = plan.epochs * batchesPerEpoch;
  const totalSteps = plan.epochs * Math.ceil(batchesPerEpoch / gradientAccumulation);
  if (from.step > 0) plan.log(`Resumed from step ${from.step} of ${totalSteps}.`);
  const shown = new RunningMeans(from.shown);
  let sums: Record<string, number> = { ...from.sums };
  let stepSums: Record<string, number> = {};
  let stepRows = 0;
  let position = await validated(plan, from);
  let done = from.done;
  for (let epoch = Math.floor(done / batchesPerEpoch); epoch < plan.epochs && !validation?.isOver; epoch++) {
    const batches = plan.batches(epoch);
    for (let index = done % batchesPerEpoch; index < batchesPerEpoch && !validation?.isOver; index++) {
      await plan.pass(position);
      const batch = batches[index] as Batch;
      const inputs = await plan.inputsOf(batch, done);
      const part = index % gradientAccumulation;
      const { loss, terms } = await trainer.step(inputs, {
        dropoutKey: streamKey(plan.seed, 'dropout', done),
        accumulate: part > 0,
      });
      const values = { loss, ...terms };
      refuseNotFinite(values, { batch: done, inputs, last: shown.values });
      shown.add(values);
      // A batch that the last rows do not fill counts as the rows that it has.
      addTimes(sums, values, batch.rowCount);
      addTimes(stepSums, values, batch.rowCount);
      stepRows += batch.rowCount;
      done += 1;
      const isEpochEnd = index === batchesPerEpoch - 1;
      const isStep = part === gradientAccumulation - 1 || isEpochEnd;
      if (isStep) {
        const gradientNorm = optimizer.apply({
          names: trainer.reached,
          learningRateFactor: plan.schedule(optimizer.step, totalSteps),
          gradientFactor: 1 / (part + 1),
        });
        validation?.add({ losses: stepSums, rows: stepRows, gradientNorm });
        [stepSums, stepRows] = [{}, 0];
        position = { ...position, step: optimizer.step, done, sums: { ...sums }, shown: shown.state };
      }
      if (isEpochEnd) {
        position = { ...position, lastEpoch: means(sums, rowsOf(batches)), sums: {} };
        sums = {};
      }
      if (isStep) position = await validated(plan, position);
      plan.progress({
        done,
        total: totalBatches,
        unit: gradientAccumulation === 1 ? 'steps' : 'micro-batches',
        values: { ...shown.values, ...validation?.shown },
        ...plan.health?.check(shown.values, done / totalBatches),
      });
    }
  }
  await plan.pass(position);
  const outcome = validation?.finish();
  return {
    steps: optimizer.step,
    lastEpoch: lastMeans(plan, position),
    ...(outcome && { validation: outcome }),
  };
}

/** The position once validation has seen it. When that is broken off, the step that it was to score is saved. */
async function validated(plan: TrainingPlan, position: TrainingPosition): Promise<TrainingPosition> {
  const { validation, optimizer, epochs, batchesPerEpoch, gradientAccumulation } = plan;
  if (validation === undefined) return position;
  const { step } = position;
  const totalSteps = epochs * Math.ceil(batchesPerEpoch / gradientAccumulation);
  const learningRate = step === 0 ? undefined : optimizer.learningRateOf(plan.schedule(step - 1, totalSteps));
  try {
    await validation.reached(step, learningRate);
  } catch (error) {
    await plan.pass({ ...position, validation: validation.state });
    throw error;
  }
  return { ...position, validation: validation.state };
}

/** Means over the last epoch, or over what there is of it where training stopped within one. */
function lastMeans({ batches, batchesPerEpoch }: TrainingPlan, position: TrainingPosition): Record<string, number> {
  const within = position.done % batchesPerEpoch;
  if (within === 0) return { ...position.lastEpoch };
  return means(position.sums, rowsOf(batches(Math.floor(position.done / batchesPerEpoch)).slice(0, within)));
}

function rowsOf(batches: readonly Batch[]): number {
  return batches.reduce((sum, { rowCount }) => sum + rowCount, 0);
}

function addTimes(sums: Record<string, number>, values: Readonly<Record<string, number>>, rows: number): void {
  for (const [name, value] of Object.entries(values)) sums[name] = (sums[name] ?? 0) + value * rows;
}

function noFullBatch(rows: number, batchSize: number): StageError {
  return new StageError(
    'NO_FULL_BATCH',
    `The tokens have ${rows} rows, fewer than one batch of ${batchSize}, and "lastBatch" is "skip", so there would be no step. Set "batchSize" to at most ${rows}, or "lastBatch" to "keep".`,
  );
}

function means(sums: Readonly<Record<string, number>>, count: number): Record<string, number> {
  return Object.fromEntries(Object.entries(sums).map(([name, sum]) => [name, sum / count]));
}

function refuseNotFinite(
  values: Readonly<Record<string, number>>,
  at: { batch: number; inputs: HostTensors; last: Readonly<Record<string, number>> },
): void {
  const bad = Object.entries(values).filter(([, value]) => !Number.isFinite(value));
  if (bad.length === 0) return;
  const [name, value] = bad.at(-1) as [string, number];
  const digest = digestBytes(
    Buffer.concat(
      Object.values(at.inputs).map(({ data }) => Buffer.from(data.buffer, data.byteOffset, data.byteLength)),
    ),
  );
  const last = at.last[name] === undefined ? 'no earlier value was finite' : `the mean before was ${at.last[name]}`;
  throw new StageError(
    'LOSS_NOT_FINITE',
    `The term ${name} became ${value} at micro-batch ${at.batch} (batch sha256:${digest.slice(0, 12)}); ${last}. Try a smaller learning rate or a longer warm-up.`,
  );
}
