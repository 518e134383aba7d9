import type { SettingProblem } from '@retort/foundation/diagnostics';
import type { Extension, SettingsOf } from '@retort/foundation/extensions';
import type { Task, TaskKind } from '@retort/foundation/task';
import type { Scalar, Tensor } from '@tensorflow/tfjs-core';
import type { GoldLabels } from '../gold-label-loss.ts';
import type { HiddenProjection } from '../hidden-projection.ts';
import type { LayerMapping } from '../layer-mapping.ts';
import type { PositionMask } from '../padding.ts';
import type { TeacherSignal } from '../signals/index.ts';

/** A layer of the student and the one of the teacher that it learns from. */
export interface LayerPair {
  readonly student: number;
  readonly teacher: number;
}

/** How deep both models are, and which layer learns from which. */
export interface LossLayers {
  readonly mapping: LayerMapping;
  readonly studentLayers: number;
  readonly teacherLayers: number;
}

/** The part of a BERT's geometry that a loss depends on. */
export interface ModelGeometry {
  readonly layers: number;
  readonly hiddenSize: number;
  readonly heads: number;
}

/** One formula of a term, where it has several. */
export interface LossKind<Input = never> extends Extension {
  /** The term that it belongs to. */
  readonly term: string;
  /** Tasks whose logits it can compare; all of them when left out. */
  readonly tasks?: readonly TaskKind[];
  /** @returns float32 scalar. No values are read, nothing is random; the teacher is a constant. */
  readonly loss: (input: Input) => Scalar;
}

/** One comparison of a batch: of a pair of layers, or of whole rows. */
export interface Comparison {
  /** Missing for signals of rows. */
  readonly layers?: LayerPair;
  /** @throws RetortError LOSS_INPUT_MISSING */
  readonly student: <T extends Tensor>(signal: TeacherSignal<T>) => T;
  /** A constant: no gradient flows into it. */
  readonly teacher: <T extends Tensor>(signal: TeacherSignal<T>) => T;
}

/** What a term is given to compute its loss of one batch. */
export interface TermInput<Settings> {
  readonly settings: Settings;
  readonly mask: PositionMask;
  /** Adds up the comparisons, or takes their mean where the block says so. */
  readonly overComparisons: (loss: (comparison: Comparison) => Scalar) => Scalar;
  /** The formula that the settings name. */
  readonly kind: <Input>(input: Input) => Scalar;
  /** A setting that may change from step to step: its tensor, or the number that it always is. */
  readonly valueOf: (setting: keyof Settings & string) => Scalar | number;
  /** The projection of a layer of the student; undefined where hidden states have equal width and need none. */
  readonly projection: (studentLayer: number) => HiddenProjection | undefined;
  /** @throws RetortError LOSS_INPUT_MISSING */
  readonly labels: () => GoldLabels;
}

export interface TermCheck<Settings> {
  readonly settings: Settings;
  readonly student: ModelGeometry;
  /** Unknown: then nothing is checked between the two. */
  readonly teacher?: ModelGeometry | undefined;
  readonly task?: Task | undefined;
}

/** `path` is relative to the term's settings. */
export type TermProblem = SettingProblem;

/**
 * A part of the loss: what it compares, and how. Everything else (weight, schedules, what is asked of the teacher, held-out
 * losses, pages of reference) follows from these members.
 */
export interface LossTerm<Settings = never> extends Extension {
  /** In text about layers: `hidden states`. The name when left out. */
  readonly title?: string;
  /** What it compares. Empty for one that looks at labels alone. */
  readonly signals: readonly TeacherSignal[];
  /** Pairs of layers to compare; needed by signals that have layers. */
  readonly layerPairs?: (settings: Settings, layers: LossLayers) => readonly LayerPair[];
  /** Whether `layerPairs` follows the layer mapping of the block, so that there has to be one. */
  readonly followsMapping?: (settings: Settings) => boolean;
  /** `layerPairs` looks at how deep both models are, as a term between last layers does. */
  readonly dependsOnDepth?: true;
  /** Takes the projections of hidden states that the block describes. */
  readonly usesProjections?: true;
  /** Takes gold labels, and the student's logits. */
  readonly usesLabels?: true;
  /** Formulas to choose from, by the setting `kind`; the first is the default. */
  readonly kinds?: { readonly description: string; readonly list: readonly LossKind[] };
  /** Settings besides `weight` that may be schedules; `scheduledNumber` is their schema. */
  readonly schedules?: readonly (keyof Settings & string)[];
  /** What the teacher says at padded positions counts. */
  readonly countsPadding?: (settings: Settings) => boolean;
  /** The settings under which held-out losses are taken, where those of training do not fit. */
  readonly heldOut?: (settings: Settings) => object;
  /** What its schema cannot say. Asked only where the term is on. */
  readonly problems?: (check: TermCheck<Settings>) => readonly TermProblem[];
  readonly loss: (input: TermInput<Settings>) => Scalar;
}

/** Fixes the type of a term's settings by its schema, to which `weight` and `kind` are added. */
export function defineLossTerm<const Schema extends Extension['schema'] & {}>(
  term: LossTerm<SettingsOf<Schema>> & { readonly schema: Schema },
): LossTerm {
  return term;
}
