import { RetortError } from '@retort/foundation/diagnostics';
import { add, mul, type Scalar, type Tensor } from '@tensorflow/tfjs-core';
import type { GoldLabels } from './gold-label-loss.ts';
import type { HiddenProjection } from './hidden-projection.ts';
import {
  type ActiveTerm,
  activeTerms,
  comparedLayers,
  fixedValue,
  type LossBlock,
  projectionIndex,
  type ScheduledValue,
} from './loss-block/index.ts';
import type { PositionMask } from './padding.ts';
import { type Answer, type Answers, answerTitle, type ModelOutputs, type TeacherSignal } from './signals/index.ts';
import { kindsOf } from './terms/index.ts';
import type { Comparison, LayerPair, LossLayers, TermInput } from './terms/term.ts';

export interface DistillationLossInput extends PositionMask {
  readonly block: LossBlock;
  readonly layers: LossLayers;
  readonly student: ModelOutputs;
  /** What `signalsNeeded` asks for. */
  readonly teacher: Answers<Tensor>;
  readonly labels?: GoldLabels | undefined;
  /** As many as `projectionCount` says. */
  readonly projections?: readonly HiddenProjection[];
  /** What `scheduledValues` names, at this step. */
  readonly scheduled?: ReadonlyMap<string, Scalar>;
}

export interface DistillationLoss {
  /** Σ weight · term */
  readonly loss: Scalar;
  /** Before weighting, only terms that are on. */
  readonly terms: Readonly<Record<string, Scalar>>;
}

/**
 * Evaluates a loss block on one batch. A term with weight 0 in the block is not computed, whatever `scheduled` says.
 *
 * Terms over layers are summed over the layers that they compare as in the reference code, or averaged (`layerReduction`).
 *
 * @throws RetortError LOSS_INPUT_MISSING naming the tensor that a term needs; ShapeError
 */
export function distillationLoss(input: DistillationLossInput): DistillationLoss {
  const terms: Record<string, Scalar> = {};
  let loss: Scalar | undefined;
  for (const active of activeTerms(input.block)) {
    const { name } = active.term;
    const term = active.term.loss(termInput(input, active));
    terms[name] = term;
    const weight = currentValue(input, { name: `${name}.weight`, value: active.weight, title: `weight of ${name}` });
    const weighted: Scalar = weight === 1 ? term : mul(term, weight);
    loss = loss === undefined ? weighted : add(loss, weighted);
  }
  if (loss === undefined)
    throw new RetortError('LOSS_NO_TERM', 'Every term of the loss has weight 0, so there is nothing to learn.');
  return { loss, terms };
}

function termInput(input: DistillationLossInput, active: ActiveTerm): TermInput<never> {
  const { block, projections, keyMask, rowWeights, rowsCountAlike } = input;
  const { term, settings } = active;
  const comparisons = comparisonsOf(input, active);
  return {
    settings,
    mask: { keyMask, rowWeights, rowsCountAlike },
    overComparisons: (loss) => {
      const losses = comparisons.map(loss);
      const sum = losses.reduce((total, one) => add(total, one));
      return block.layerReduction === 'sum' || losses.length === 1 ? sum : mul(sum, 1 / losses.length);
    },
    kind: (given) => {
      const kind = kindsOf(term).find(({ name }) => name === active.kind);
      return required(kind, `kind of ${term.name}`).loss(given as never);
    },
    valueOf: (setting: string) =>
      currentValue(input, { name: `${term.name}.${setting}`, value: settings[setting], title: setting }),
    projection: (layer) => {
      const index = projectionIndex(block, layer);
      return index === undefined ? undefined : required(projections?.[index], `projection of student layer ${layer}`);
    },
    labels: () => required(input.labels, 'labels'),
  };
}

/** One for each pair of layers; a single one for signals of rows, and for labels. */
function comparisonsOf({ student, teacher, layers }: DistillationLossInput, active: ActiveTerm): Comparison[] {
  const comparison = (pair?: LayerPair): Comparison => ({
    ...(pair && { layers: pair }),
    student: (signal) => required(signal.of(student, pair?.student ?? 0), `student ${titleOf(signal, pair?.student)}`),
    teacher: <T extends Tensor>(signal: TeacherSignal<T>) => {
      const answer = teacher.get(signal, signal.firstLayer === undefined ? undefined : pair?.teacher);
      return required(answer, `teacher ${titleOf(signal, pair?.teacher)}`) as T;
    },
  });
  if (active.term.layerPairs === undefined) return [comparison()];
  return comparedLayers(active, layers).map(comparison);
}

function titleOf(signal: TeacherSignal, layer: number | undefined): string {
  const answer: Answer = signal.firstLayer === undefined || layer === undefined ? { signal } : { signal, layer };
  return answerTitle(answer);
}

/** What holds at this step: the tensor where one is given, else what the block says of every step. */
function currentValue(
  { scheduled }: DistillationLossInput,
  { name, value, title }: { readonly name: string; readonly value: ScheduledValue; readonly title: string },
): Scalar | number {
  return required(scheduled?.get(name) ?? fixedValue(value), `the ${title} at this step`);
}

function required<T>(value: T | undefined, what: string): T {
  if (value === undefined)
    throw new RetortError('LOSS_INPUT_MISSING', `distillationLoss needs ${what}, which is missing.`);
  return value;
}
