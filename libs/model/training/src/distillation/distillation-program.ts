import { type DistillationLoss, distillationLoss, type HiddenProjection } from '@retort/distillation';
import {
  heldOutBlock,
  type LossBlock,
  projectionCount,
  scheduledValues,
  signalsNeeded,
} from '@retort/distillation/loss-block';
import { Answers } from '@retort/distillation/signals';
import type { LossLayers } from '@retort/distillation/terms';
import type {
  ForwardProgram,
  HostTensors,
  InputTensor,
  NamedTensors,
  ProgramContext,
  TrainingProgram,
} from '@retort/engine';
import type { BertConfig, DropoutRates } from '@retort/families';
import { reshape, type Scalar } from '@tensorflow/tfjs-core';
import { inputOf, modelOutputs } from './model-outputs.ts';

/** What a phase of distillation is, apart from weights and data. */
export interface DistillationSetup {
  readonly student: BertConfig;
  readonly block: LossBlock;
  readonly layers: LossLayers;
}

export const projectionName = (index: number, part: 'weight' | 'bias') => `projections.${index}.${part}`;
/** float32 [1]: a number of the block that changes from step to step, such as `logits.temperature`. */
export const scheduleInput = (name: string) => `schedule.${name}`;
const TEACHER = 'teacher.';

/** A teacher's answers as inputs of a program of distillation. */
export function teacherInputs(answers: Answers<InputTensor>): HostTensors {
  return answers.named(TEACHER);
}

/** The loss block of one batch, to be trained on. Besides tokens and teacher it takes `scheduleInputs`. */
export function distillationProgram(setup: DistillationSetup, rates: DropoutRates): TrainingProgram {
  return (parameters, inputs, context) => {
    const { loss, terms } = evaluateBlock(setup, { parameters, inputs, dropout: { rates, context } });
    return { loss, terms };
  };
}

/** The terms of one batch without dropout, under the `heldOutBlock`: held-out losses. Means over rows, however long each is. */
export function distillationTerms(setup: DistillationSetup): ForwardProgram {
  const heldOut = { ...setup, block: heldOutBlock(setup.block) };
  return (parameters, inputs) => evaluateBlock(heldOut, { parameters, inputs, rowsCountAlike: true }).terms;
}

function evaluateBlock(
  { student, block, layers }: DistillationSetup,
  {
    parameters,
    inputs,
    dropout,
    rowsCountAlike,
  }: {
    parameters: NamedTensors;
    inputs: NamedTensors;
    dropout?: { rates: DropoutRates; context: ProgramContext };
    rowsCountAlike?: true;
  },
): DistillationLoss {
  return distillationLoss({
    block,
    layers,
    keyMask: inputOf(inputs, 'keyMask'),
    rowWeights: inputOf(inputs, 'rowWeights'),
    rowsCountAlike,
    student: modelOutputs({ config: student, parameters, ...(dropout ? { dropout } : {}) }, inputs),
    teacher: Answers.fromNamed(signalsNeeded(block, layers).answers, inputs, TEACHER),
    ...(inputs['labels'] ? { labels: inputOf(inputs, 'labels') } : {}),
    projections: projections(block, student, parameters),
    scheduled: scheduled(block, inputs),
  });
}

function projections(block: LossBlock, student: BertConfig, parameters: NamedTensors): HiddenProjection[] {
  return Array.from({ length: projectionCount(block, student.layers) }, (_, i) => ({
    weight: inputOf(parameters, projectionName(i, 'weight')),
    ...(block.projectionBias ? { bias: inputOf(parameters, projectionName(i, 'bias')) } : {}),
  }));
}

/** Numbers of the block that change over time, at this step. */
function scheduled(block: LossBlock, inputs: NamedTensors): Map<string, Scalar> {
  return new Map(
    scheduledValues(block).map(({ name }) => [name, reshape(inputOf(inputs, scheduleInput(name)), []) as Scalar]),
  );
}
