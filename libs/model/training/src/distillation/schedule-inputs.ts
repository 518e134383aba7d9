import { type LossBlock, type StepOfTraining, scheduledValues, valueAt } from '@retort/distillation/loss-block';
import type { HostTensors } from '@retort/engine';
import { scheduleInput } from './distillation-program.ts';

/** What of the loss block changes from step to step, at one step; float32 [1] each. Nothing where nothing is scheduled. */
export function scheduleInputs(block: LossBlock, at: StepOfTraining): HostTensors {
  return Object.fromEntries(
    scheduledValues(block).map(({ name, value }) => [
      scheduleInput(name),
      { data: Float32Array.of(valueAt(value, at)), shape: [1] },
    ]),
  );
}
