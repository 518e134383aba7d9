import { type BertConfig, classify, type DropoutRates, encode } from '@retort/bert';
import { type DistillationLoss, distillationLoss, type HiddenProjection } from '@retort/distillation';
import { isTermOn, type LossBlock, projectionCount } from '@retort/distillation/loss-block';
import type { ForwardProgram, NamedTensors, ProgramContext, TrainingProgram } from '@retort/engine';
import type { Tensor } from '@tensorflow/tfjs-core';

/** What a phase of distillation is, apart from weights and data. */
export interface DistillationSetup {
  readonly student: BertConfig;
  readonly block: LossBlock;
  /** Student layer m = 0…M -> teacher layer. */
  readonly mapping: readonly number[];
}

export const projectionName = (index: number, part: 'weight' | 'bias') => `projections.${index}.${part}`;
export const hiddenInput = (layer: number) => `teacher.hiddenStates.${layer}`;
export const attentionInput = (layer: number) => `teacher.attentionScores.${layer}`;
export const LOGITS_INPUT = 'teacher.logits';

/** Whether the loss looks at the student's classification head. */
export function usesClassifier(block: LossBlock): boolean {
  return isTermOn(block, 'logits') || isTermOn(block, 'labels');
}

/** The loss block of one batch, to be trained on. */
export function distillationProgram(setup: DistillationSetup, rates: DropoutRates): TrainingProgram {
  return (parameters, inputs, context) => {
    const { loss, terms } = evaluateBlock(setup, { parameters, inputs, dropout: { rates, context } });
    return { loss, terms: terms as NamedTensors };
  };
}

/** The terms of one batch without dropout: held-out losses. */
export function distillationTerms(setup: DistillationSetup): ForwardProgram {
  return (parameters, inputs) => evaluateBlock(setup, { parameters, inputs }).terms as NamedTensors;
}

function evaluateBlock(
  { student, block, mapping }: DistillationSetup,
  {
    parameters,
    inputs,
    dropout,
  }: { parameters: NamedTensors; inputs: NamedTensors; dropout?: { rates: DropoutRates; context: ProgramContext } },
): DistillationLoss {
  const model = { config: student, parameters, ...(dropout ? { dropout } : {}) };
  const outputs = encode(model, {
    tokenIds: get(inputs, 'tokenIds'),
    segmentIds: get(inputs, 'segmentIds'),
    keyMask: get(inputs, 'keyMask'),
  });
  const byLayer = (name: (layer: number) => string) =>
    Object.fromEntries(mapping.flatMap((layer) => (inputs[name(layer)] ? [[layer, inputs[name(layer)]]] : [])));
  return distillationLoss({
    block,
    mapping,
    keyMask: get(inputs, 'keyMask'),
    rowWeights: get(inputs, 'rowWeights'),
    student: {
      hiddenStates: outputs.hiddenStates as never,
      attentionScores: outputs.attentionScores as never,
      ...(usesClassifier(block) ? { logits: classify(model, outputs.hiddenStates.at(-1) as Tensor) } : {}),
    },
    teacher: {
      hiddenStates: byLayer(hiddenInput) as never,
      attentionScores: byLayer(attentionInput) as never,
      ...(inputs[LOGITS_INPUT] ? { logits: get(inputs, LOGITS_INPUT) } : {}),
    },
    ...(inputs['labels'] ? { labels: get(inputs, 'labels') } : {}),
    projections: Array.from(
      { length: projectionCount(block, student.layers) },
      (_, i): HiddenProjection => ({
        weight: get(parameters, projectionName(i, 'weight')),
        bias: get(parameters, projectionName(i, 'bias')),
      }),
    ),
  });
}

/** Tensors come by name; their ranks are what `padTokens` and `padSignals` document. */
function get<T extends Tensor>(tensors: NamedTensors, name: string): T {
  const tensor = tensors[name];
  if (tensor === undefined) throw new Error(`the program has no input ${name}`);
  return tensor as T;
}
