import { StageError } from '@retort/diagnostics';
import { digestBytes } from '@retort/digest';
import { createEngine, type HostTensors, type ParameterSet, type Trainer, type TrainingProgram } from '@retort/engine';
import { streamKey } from '@retort/random';
import type { Tokens } from '@retort/columnar';
import type { StageContext } from '@retort/stage-kit';
import { AdamW, type AdamWConfig } from './adamw.ts';
import { type Batch, bucketedBatches, bucketWidths } from './batches.ts';
import { learningRateSchedule, type Schedule } from './schedule.ts';
import { rowLengths } from './token-batch.ts';

/** The settings of a stage that trains, as its schema resolves them. */
export interface TrainingSettings {
  readonly batchSize: number;
  readonly gradientAccumulation: number;
  readonly epochs: number;
  readonly optimizer: AdamWConfig & { readonly schedule: Schedule };
}

/**
 * Trains `parameters` on rows of tokens, batched by length.
 *
 * @param inputsOf the program's inputs for one batch; `index` counts micro-batches from the start of training
 */
export async function trainOnRows({
  context,
  tokens,
  program,
  parameters,
  inputsOf,
}: {
  context: Pick<
    StageContext<TrainingSettings>,
    'config' | 'seed' | 'engine' | 'threads' | 'progress' | 'throwIfInterrupted'
  >;
  tokens: Tokens;
  program: TrainingProgram;
  parameters: ParameterSet;
  inputsOf: (batch: Batch, index: number) => HostTensors | Promise<HostTensors>;
}): Promise<TrainingSummary> {
  const { config, seed } = context;
  const lengths = rowLengths(tokens);
  const widths = bucketWidths(tokens.metadata.maxSequenceLength);
  const engine = await createEngine(context.engine, { threads: context.threads });
  const trainer = engine.trainer(program, parameters);
  try {
    return await train({
      trainer,
      optimizer: new AdamW(parameters, config.optimizer),
      epochs: config.epochs,
      batches: (epoch) => bucketedBatches({ lengths, widths, batchSize: config.batchSize, seed, epoch }),
      batchesPerEpoch: Math.ceil(lengths.length / config.batchSize),
      inputsOf,
      schedule: learningRateSchedule(config.optimizer.schedule),
      gradientAccumulation: config.gradientAccumulation,
      seed,
      progress: context.progress,
      throwIfInterrupted: context.throwIfInterrupted,
    });
  } finally {
    await trainer.dispose();
  }
}

interface TrainingPlan {
  readonly trainer: Trainer;
  readonly optimizer: AdamW;
  readonly epochs: number;
  /** Micro-batches of one epoch, in order; the same for the same epoch, whenever it is asked. */
  readonly batches: (epoch: number) => readonly Batch[];
  readonly batchesPerEpoch: number;
  readonly inputsOf: (batch: Batch, index: number) => HostTensors | Promise<HostTensors>;
  /** Learning-rate factor at an optimizer step, of `totalSteps`. */
  readonly schedule: (step: number, totalSteps: number) => number;
  readonly gradientAccumulation: number;
  readonly seed: number;
  readonly progress: StageContext<unknown>['progress'];
  readonly throwIfInterrupted: StageContext<unknown>['throwIfInterrupted'];
}

export interface TrainingSummary {
  readonly steps: number;
  /** Means over the last epoch, by term; `loss` is the weighted sum that was minimized. */
  readonly lastEpoch: Readonly<Record<string, number>>;
}

/** Weight of the newest value in the running means that are shown while training. */
const SMOOTHING = 0.05;

/** The training loop of every stage that trains: micro-batches into gradients, gradients into steps. */
export async function train(plan: TrainingPlan): Promise<TrainingSummary> {
  const { trainer, optimizer, gradientAccumulation } = plan;
  const totalBatches = plan.epochs * plan.batchesPerEpoch;
  const totalSteps = plan.epochs * Math.ceil(plan.batchesPerEpoch / gradientAccumulation);
  const shown = new RunningMeans(SMOOTHING);
  let lastEpoch: Record<string, number> = {};
  let done = 0;
  for (let epoch = 0; epoch < plan.epochs; epoch++) {
    const sums: Record<string, number> = {};
    for (const [index, batch] of plan.batches(epoch).entries()) {
      plan.throwIfInterrupted();
      const inputs = await plan.inputsOf(batch, done);
      const position = index % gradientAccumulation;
      const { loss, terms } = await trainer.step(inputs, {
        dropoutKey: streamKey(plan.seed, 'dropout', done),
        accumulate: position > 0,
      });
      const values = { loss, ...terms };
      refuseNotFinite(values, { batch: done, inputs, last: shown.values });
      if (position === gradientAccumulation - 1 || index === plan.batchesPerEpoch - 1) {
        optimizer.apply({
          names: trainer.reached,
          learningRateFactor: plan.schedule(optimizer.step, totalSteps),
          gradientFactor: 1 / (position + 1),
        });
      }
      shown.add(values);
      for (const [name, value] of Object.entries(values)) sums[name] = (sums[name] ?? 0) + value;
      done += 1;
      plan.progress({
        done,
        total: totalBatches,
        unit: gradientAccumulation === 1 ? 'steps' : 'micro-batches',
        values: { ...shown.values },
      });
    }
    lastEpoch = Object.fromEntries(Object.entries(sums).map(([name, sum]) => [name, sum / plan.batchesPerEpoch]));
  }
  return { steps: optimizer.step, lastEpoch };
}

class RunningMeans {
  readonly values: Record<string, number> = {};
  private readonly smoothing: number;
  private count = 0;

  constructor(smoothing: number) {
    this.smoothing = smoothing;
  }

  add(values: Readonly<Record<string, number>>): void {
    this.count += 1;
    // The first values weigh as much as there are of them, so that the mean does not start at a single batch's value.
    const weight = Math.max(this.smoothing, 1 / this.count);
    for (const [name, value] of Object.entries(values))
      this.values[name] = (this.values[name] ?? value) * (1 - weight) + value * weight;
  }
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
  const last =
    at.last[name] === undefined ? 'there was no finite value before' : `the mean before was ${at.last[name]}`;
  throw new StageError(
    'LOSS_NOT_FINITE',
    `The term ${name} became ${value} at micro-batch ${at.batch} (batch sha256:${digest.slice(0, 12)}); ${last}. A smaller learning rate or a longer warm-up usually helps.`,
  );
}
