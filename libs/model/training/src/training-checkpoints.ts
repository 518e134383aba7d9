import type { ParameterSet } from '@retort/engine';
import type { Checkpoints } from '@retort/foundation/work';
import type { Optimizer } from './optimizers/optimizer.ts';
import { START, type TrainingPosition } from './training-position.ts';

/** What was measured before the first step, by name; see `trainOnRows`. */
export type Measured = Readonly<Record<string, number>>;

interface SavedTraining {
  readonly position: TrainingPosition;
  readonly before: Measured;
}

export interface ResumedTraining {
  readonly from: TrainingPosition;
  /** Of the starting weights, also when training resumes from others. */
  readonly before: Measured;
  /** To be called between micro-batches with the last step that is whole: saves it when due, stops when asked to. */
  readonly pass: (position: TrainingPosition) => Promise<void>;
}

/**
 * Puts weights, moments and the optimizer's step where the last checkpoint has them; measures and begins where there is
 * none. Between two optimizer steps the parameters do not change, so that a checkpoint in the middle of one is the last
 * whole step's.
 */
export async function resumeTraining({
  checkpoints,
  parameters,
  optimizer,
  measureBefore,
}: {
  checkpoints: Checkpoints;
  parameters: ParameterSet;
  optimizer: Optimizer;
  measureBefore: () => Promise<Measured>;
}): Promise<ResumedTraining> {
  const arrays = trainedArrays(parameters, optimizer.stateNames);
  const found = await checkpoints.load();
  const saved = found?.state as SavedTraining | undefined;
  const before = saved?.before ?? (await measureBefore());
  const from = saved?.position ?? START;
  await found?.readArrays(arrays);
  optimizer.step = from.step;
  const pass = (position: TrainingPosition) =>
    checkpoints.pass(position.step, () => ({ state: { position, before } satisfies SavedTraining, arrays }));
  return { from, before, pass };
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
