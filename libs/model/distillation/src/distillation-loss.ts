import { RetortError } from '@retort/foundation/diagnostics';
import * as tf from '@tensorflow/tfjs-core';
import { attentionDivergence } from './attention-divergence.ts';
import { attentionScoreLoss } from './attention-score-loss.ts';
import { hardLabelCrossEntropy } from './hard-label-cross-entropy.ts';
import { hiddenCosineLoss } from './hidden-cosine-loss.ts';
import type { HiddenProjection } from './hidden-projection.ts';
import { hiddenStateLoss } from './hidden-state-loss.ts';
import { klDivergence } from './kl-divergence.ts';
import type { LayerMapping } from './layer-mapping.ts';
import { logitsMeanSquaredError } from './logits-mean-squared-error.ts';
import {
  comparedLayers,
  fixedValue,
  isTermOn,
  type LayerPair,
  type LossBlock,
  projectionIndex,
  type ScheduledValue,
  TERMS,
  type TermName,
} from './loss-block/index.ts';
import type { PositionMask } from './padding.ts';
import { regressionLoss } from './regression-loss.ts';
import { multiLabelCrossEntropy, sigmoidCrossEntropy } from './sigmoid-cross-entropy.ts';
import { softCrossEntropy } from './soft-cross-entropy.ts';

export interface StudentOutputs {
  /** float32 [batch, classes] */
  readonly logits?: tf.Tensor2D;
  /** float32 [batch, sequence, hidden] of layers 0…M, by layer: index 0 is the embedding output. */
  readonly hiddenStates?: readonly tf.Tensor3D[];
  /** float32 [batch, heads, query, key] of layers 1…M: index 0 is layer 1. */
  readonly attentionScores?: readonly tf.Tensor4D[];
}

/** Only what `signalsNeeded` asks for has to be there. */
export interface TeacherSignals {
  readonly logits?: tf.Tensor2D;
  /** By teacher layer 0…N. */
  readonly hiddenStates?: Readonly<Record<number, tf.Tensor3D>>;
  /** By teacher layer 1…N (not by index). */
  readonly attentionScores?: Readonly<Record<number, tf.Tensor4D>>;
}

export interface DistillationLossInput extends PositionMask {
  readonly block: LossBlock;
  readonly mapping: LayerMapping;
  readonly student: StudentOutputs;
  readonly teacher: TeacherSignals;
  /** int32 [batch] classes, float32 [batch] for regression, or float32 [batch, labels] of 0 and 1 for multi-label: dtype and rank decide which loss is taken. */
  readonly labels?: tf.Tensor1D | tf.Tensor2D;
  /** As many as `projectionCount` says. */
  readonly projections?: readonly HiddenProjection[];
  /** Weights that change over time, as scalars; those of the block hold for the others. */
  readonly weights?: Partial<Readonly<Record<TermName, tf.Scalar>>>;
  /** The temperature, where it changes over time. */
  readonly temperature?: tf.Scalar;
}

export interface DistillationLoss {
  /** Σ weight · term */
  readonly loss: tf.Scalar;
  /** Before weighting, only terms that are on. */
  readonly terms: Partial<Record<TermName, tf.Scalar>>;
}

/**
 * Evaluates a loss block on one batch. A term with weight 0 in the block is not computed, whatever `weights` says.
 *
 * Terms over layers are summed over the mapped layers as in the reference code, or averaged (`layerReduction`);
 * `hidden` is layers 1…M, `embedding` layer 0.
 *
 * @throws RetortError LOSS_INPUT_MISSING naming the tensor that a term needs; ShapeError
 */
export function distillationLoss(input: DistillationLossInput): DistillationLoss {
  const terms: Partial<Record<TermName, tf.Scalar>> = {};
  let loss: tf.Scalar | undefined;
  for (const name of TERMS.filter((term) => isTermOn(input.block, term))) {
    const term = TERM_LOSSES[name](input);
    terms[name] = term;
    const weighted = weightedTerm(term, current(input.block[name].weight, input.weights?.[name], `weight of ${name}`));
    loss = loss === undefined ? weighted : tf.add(loss, weighted);
  }
  if (loss === undefined)
    throw new RetortError('LOSS_NO_TERM', 'Every term of the loss has weight 0: nothing to learn.');
  return { loss, terms };
}

function weightedTerm(term: tf.Scalar, weight: tf.Scalar | number): tf.Scalar {
  return weight === 1 ? term : tf.mul(term, weight);
}

/** What holds at this step: the tensor where one is given, else what the block says of every step. */
function current(value: ScheduledValue, given: tf.Scalar | undefined, what: string): tf.Scalar | number {
  return required(given ?? fixedValue(value), `the ${what} at this step`);
}

const TERM_LOSSES: Record<TermName, (input: DistillationLossInput) => tf.Scalar> = {
  attention: (input) => overLayers(input, 'attention', (pair) => attentionTerm(input, pair)),
  hidden: (input) => overLayers(input, 'hidden', (pair) => hiddenTerm(input, pair, input.block.hidden)),
  embedding: (input) => hiddenTerm(input, { student: 0, teacher: 0 }, input.block.embedding),
  logits: logitsTerm,
  labels: labelsTerm,
};

function overLayers(
  { block, mapping }: DistillationLossInput,
  term: 'attention' | 'hidden',
  loss: (pair: LayerPair) => tf.Scalar,
): tf.Scalar {
  const losses = comparedLayers(block, term, mapping).map(loss);
  const sum = losses.reduce((total, one) => tf.add(total, one));
  return block.layerReduction === 'sum' ? sum : tf.mul(sum, 1 / losses.length);
}

const ATTENTION_LOSSES = { meanSquaredError: attentionScoreLoss, klDivergence: attentionDivergence };

function attentionTerm(input: DistillationLossInput, layers: LayerPair): tf.Scalar {
  const { block, student, teacher, keyMask, rowWeights, rowsCountAlike } = input;
  const { kind, padding } = block.attention;
  return ATTENTION_LOSSES[kind]({
    student: required(
      student.attentionScores?.[layers.student - 1],
      `student attention scores of layer ${layers.student}`,
    ),
    teacher: required(teacher.attentionScores?.[layers.teacher], `teacher attention scores of layer ${layers.teacher}`),
    padding,
    keyMask,
    rowWeights,
    rowsCountAlike,
  });
}

const HIDDEN_LOSSES = { meanSquaredError: hiddenStateLoss, cosine: hiddenCosineLoss };

function hiddenTerm(
  input: DistillationLossInput,
  layers: LayerPair,
  { kind, padding }: Pick<LossBlock['hidden'], 'kind' | 'padding'>,
): tf.Scalar {
  const { student, teacher, keyMask, rowWeights, rowsCountAlike } = input;
  return HIDDEN_LOSSES[kind]({
    student: required(student.hiddenStates?.[layers.student], `student hidden states of layer ${layers.student}`),
    teacher: required(teacher.hiddenStates?.[layers.teacher], `teacher hidden states of layer ${layers.teacher}`),
    projection: projectionOf(input, layers.student),
    padding,
    keyMask,
    rowWeights,
    rowsCountAlike,
  });
}

function projectionOf({ block, projections }: DistillationLossInput, layer: number): HiddenProjection | undefined {
  const index = projectionIndex(block, layer);
  return index === undefined ? undefined : required(projections?.[index], `projection of student layer ${layer}`);
}

const LOGITS_LOSSES = { softCrossEntropy, klDivergence, sigmoidCrossEntropy, meanSquaredError: logitsMeanSquaredError };

function logitsTerm({ block, student, teacher, rowWeights, ...given }: DistillationLossInput): tf.Scalar {
  const { kind, reduction, scaleByTemperatureSquared } = block.logits;
  const temperature = current(block.logits.temperature, given.temperature, 'temperature');
  return LOGITS_LOSSES[kind]({
    studentLogits: required(student.logits, 'student logits'),
    teacherLogits: required(teacher.logits, 'teacher logits'),
    temperature,
    reduction,
    scaleByTemperatureSquared,
    rowWeights,
  });
}

function labelsTerm({ student, labels, rowWeights }: DistillationLossInput): tf.Scalar {
  const gold = required(labels, 'labels');
  const logits = required(student.logits, 'student logits');
  if (gold.rank === 2) return multiLabelCrossEntropy({ logits, labels: gold as tf.Tensor2D, rowWeights });
  const loss = gold.dtype === 'int32' ? hardLabelCrossEntropy : regressionLoss;
  return loss({ logits, labels: gold as tf.Tensor1D, rowWeights });
}

function required<T>(value: T | undefined, what: string): T {
  if (value === undefined)
    throw new RetortError('LOSS_INPUT_MISSING', `distillationLoss needs ${what}, which was not given.`);
  return value;
}
