import type { ParameterSet } from '@retort/engine';
import type { Checkpoints } from '@retort/foundation/work';
import type { Optimizer } from './optimizers/optimizer.ts';
import { START, type TrainingPosition } from './training-position.ts';
import type { Validation } from './validation/validation.ts';

export interface ResumedTraining {
  readonly from: TrainingPosition;
  /** To be called between micro-batches with the last step that is whole: saves it when due, stops when asked to. */
  readonly pass: (position: TrainingPosition) => Promise<void>;
}

/**
 * Puts weights, moments, the optimizer's step and what validation keeps where the last checkpoint has them; begins where there
 * is none. Between two optimizer steps the parameters do not change, so that a checkpoint in the middle of one is the last
 * whole step's.
 */
export async function resumeTraining({
  checkpoints,
  parameters,
  optimizer,
  validation,
}: {
  checkpoints: Checkpoints;
  parameters: ParameterSet;
  optimizer: Optimizer;
  validation: Validation | undefined;
}): Promise<ResumedTraining> {
  const arrays = new Map([...trainedArrays(parameters, optimizer.stateNames), ...(validation?.arrays ?? [])]);
  const found = await checkpoints.load();
  const from = (found?.state as TrainingPosition | undefined) ?? START;
  await found?.readArrays(arrays);
  optimizer.step = from.step;
  if (from.validation) validation?.resume(from.validation);
  return { from, pass: (position) => checkpoints.pass(position.step, () => ({ state: position, arrays })) };
}

/** Weights and what the optimizer keeps, in the memory that training writes to. Gradients are made anew by the next micro-batch. */
function trainedArrays({ byName }: ParameterSet, stateNames: readonly string[]): Map<string, Float32Array> {
  return new Map(
    [...byName.values()].flatMap(({ name, values, states }) => [
      [`values ${name}`, values] as const,
      ...stateNames.map((state, i) => [`${state} ${name}`, states[i] as Float32Array] as const),
    ]),
  );
}
