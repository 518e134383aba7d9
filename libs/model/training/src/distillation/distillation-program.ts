import { type DistillationLoss, distillationLoss, type HiddenProjection } from '@retort/distillation';
import {
  heldOutBlock,
  isTermOn,
  type LossBlock,
  projectionCount,
  scheduledValues,
  type TermName,
} from '@retort/distillation/loss-block';
import type { ForwardProgram, NamedTensors, ProgramContext, TrainingProgram } from '@retort/engine';
import { type BertConfig, classify, type DropoutRates, encode } from '@retort/families';
import { reshape, type Scalar, type Tensor } from '@tensorflow/tfjs-core';

/** What a phase of distillation is, apart from weights and data. */
export interface DistillationSetup {
  readonly student: BertConfig;
  readonly block: LossBlock;
  /** Student layer m = 0…M -> teacher layer; the embedding output alone where no term follows a mapping. */
  readonly mapping: readonly number[];
}

export const projectionName = (index: number, part: 'weight' | 'bias') => `projections.${index}.${part}`;
const HIDDEN_PREFIX = 'teacher.hiddenStates.';
const ATTENTION_PREFIX = 'teacher.attentionScores.';
export const hiddenInput = (layer: number) => `${HIDDEN_PREFIX}${layer}`;
export const attentionInput = (layer: number) => `${ATTENTION_PREFIX}${layer}`;
export const LOGITS_INPUT = 'teacher.logits';
/** float32 [1]: a number of the block that changes from step to step, such as `logits.temperature`. */
export const scheduleInput = (name: string) => `schedule.${name}`;

/** Whether the loss looks at the student's classification head. */
export function usesClassifier(block: LossBlock): boolean {
  return isTermOn(block, 'logits') || isTermOn(block, 'labels');
}

/** The loss block of one batch, to be trained on. Besides tokens and teacher it takes `scheduleInputs`. */
export function distillationProgram(setup: DistillationSetup, rates: DropoutRates): TrainingProgram {
  return (parameters, inputs, context) => {
    const { loss, terms } = evaluateBlock(setup, { parameters, inputs, dropout: { rates, context } });
    return { loss, terms: terms as NamedTensors };
  };
}

/** The terms of one batch without dropout, under the `heldOutBlock`: held-out losses. Means over rows, however long each is. */
export function distillationTerms(setup: DistillationSetup): ForwardProgram {
  const heldOut = { ...setup, block: heldOutBlock(setup.block) };
  return (parameters, inputs) =>
    evaluateBlock(heldOut, { parameters, inputs, rowsCountAlike: true }).terms as NamedTensors;
}

function evaluateBlock(
  { student, block, mapping }: DistillationSetup,
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
  const model = { config: student, parameters, ...(dropout ? { dropout } : {}) };
  const outputs = encode(model, {
    tokenIds: get(inputs, 'tokenIds'),
    segmentIds: get(inputs, 'segmentIds'),
    keyMask: get(inputs, 'keyMask'),
  });
  return distillationLoss({
    block,
    mapping,
    keyMask: get(inputs, 'keyMask'),
    rowWeights: get(inputs, 'rowWeights'),
    rowsCountAlike,
    student: {
      hiddenStates: outputs.hiddenStates as never,
      attentionScores: outputs.attentionScores as never,
      ...(usesClassifier(block) ? { logits: classify(model, outputs.hiddenStates.at(-1) as Tensor) } : {}),
    },
    teacher: {
      hiddenStates: byLayer(inputs, HIDDEN_PREFIX) as never,
      attentionScores: byLayer(inputs, ATTENTION_PREFIX) as never,
      ...(inputs[LOGITS_INPUT] ? { logits: get(inputs, LOGITS_INPUT) } : {}),
    },
    ...(inputs['labels'] ? { labels: get(inputs, 'labels') } : {}),
    projections: projections(block, student, parameters),
    ...scheduled(block, inputs),
  });
}

/** `teacher.hiddenStates.3` and its like, by their number. */
function byLayer(inputs: NamedTensors, prefix: string): Record<number, Tensor> {
  const found = Object.entries(inputs).filter(([name]) => name.startsWith(prefix));
  return Object.fromEntries(found.map(([name, tensor]) => [Number(name.slice(prefix.length)), tensor]));
}

function projections(block: LossBlock, student: BertConfig, parameters: NamedTensors): HiddenProjection[] {
  return Array.from({ length: projectionCount(block, student.layers) }, (_, i) => ({
    weight: get(parameters, projectionName(i, 'weight')),
    ...(block.projectionBias ? { bias: get(parameters, projectionName(i, 'bias')) } : {}),
  }));
}

/** Weights and temperature that change over time, of this step. */
function scheduled(
  block: LossBlock,
  inputs: NamedTensors,
): { weights: Partial<Record<TermName, Scalar>>; temperature?: Scalar } {
  const values = new Map(
    scheduledValues(block).map(({ name }) => [name, reshape(get(inputs, scheduleInput(name)), []) as Scalar]),
  );
  const temperature = values.get('logits.temperature');
  const weights = [...values].filter(([name]) => name.endsWith('.weight'));
  return {
    weights: Object.fromEntries(weights.map(([name, value]) => [name.slice(0, -'.weight'.length), value])),
    ...(temperature ? { temperature } : {}),
  };
}

/** Tensors come by name; their ranks are what `padTokens` and `padSignals` document. */
function get<T extends Tensor>(tensors: NamedTensors, name: string): T {
  const tensor = tensors[name];
  if (tensor === undefined) throw new Error(`the program has no input ${name}`);
  return tensor as T;
}
