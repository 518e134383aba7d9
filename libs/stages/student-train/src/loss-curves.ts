import { scheduledValues, valueAt } from '@retort/distillation/loss-block';
import type { Curve, StageView } from '@retort/plugin-kit';
import { batchesOfEpoch } from '@retort/training/steps';
import type { StudentTrainConfig } from './config.generated.ts';
import type { StudentTrainInputs } from './inputs.ts';

const SAMPLES = 50;
/** Stands for the number of steps where the rows are not known; only schedules that count steps look at it. */
const ASSUMED_STEPS = 1000;

/** Weights and temperature of the loss that change over the steps. */
export function lossCurves(view: StageView<StudentTrainConfig, StudentTrainInputs>): Curve[] {
  const known = stepsOf(view);
  const totalSteps = known ?? ASSUMED_STEPS;
  const steps = Array.from({ length: SAMPLES }, (_, i) => Math.round((i * (totalSteps - 1)) / (SAMPLES - 1)));
  return scheduledValues(view.config.loss).map(({ name, value }) => ({
    name: `loss.${name}`,
    values: steps.map((step) => valueAt(value, { step, totalSteps })),
    ...(known === undefined ? {} : { steps: known }),
  }));
}

/** By the rows of the tokens, which may be an estimate. */
function stepsOf({ config, inputs }: StageView<StudentTrainConfig, StudentTrainInputs>): number | undefined {
  const rows = inputs.tokens.rows;
  if (rows === undefined) return undefined;
  return config.epochs * Math.ceil(batchesOfEpoch(rows, config) / config.gradientAccumulation);
}
