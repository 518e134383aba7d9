import type { Extension } from '@retort/foundation/extensions';
import { outputsOfTask, REGRESSION, type Task } from '@retort/foundation/task';
import type { Tensor, Tensor2D, Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';

/** What a model computes about a batch, as signals and losses take it. */
export interface ModelOutputs {
  /** float32 [batch, position, hidden] of layers 0…N, by layer: 0 is the embedding output. */
  readonly hiddenStates: readonly Tensor3D[];
  /** float32 [batch, heads, query, key] of layers 1…N, before softmax and mask: index 0 is layer 1. */
  readonly attentionScores: readonly Tensor4D[];
  /** float32 [batch, heads, position, head size] of layers 1…N: index 0 is layer 1. Queries are divided by √(head size). */
  readonly queries: readonly Tensor4D[];
  readonly keys: readonly Tensor4D[];
  readonly values: readonly Tensor4D[];
  /** float32 [batch, classes]; undefined without a classification head. */
  readonly logits?: Tensor2D | undefined;
}

/** Sizes of a teacher that its answers depend on. */
export interface SignalGeometry {
  readonly heads: number;
  readonly hiddenSize: number;
  readonly headSize: number;
  readonly classes: number;
}

/** `position`: as many as the row has tokens. The others are the same for all rows. */
export type SignalAxis = 'position' | keyof SignalGeometry;

/** A kind of answer that a student can learn from: what it is, how it is stored, and where a model has it. */
export interface TeacherSignal<T extends Tensor = Tensor> extends Extension {
  /** In messages: `hidden states`. */
  readonly title: string;
  /** The first layer that has it; 0 is the embedding output. Left out: it belongs to the row, not to a layer. */
  readonly firstLayer?: 0 | 1;
  /**
   * Of one row's answer. One with positions is stored for real tokens only, in the dtype that the settings say; one without is
   * stored in float32. One with classes needs a classification head, and several teachers are averaged in it.
   */
  readonly axes: readonly SignalAxis[];
  /** How its numbers are to be understood, for the table that holds them. */
  readonly note?: string;
  /** @returns float32 [batch, ...axes]; undefined where the model has none */
  readonly of: (outputs: ModelOutputs, layer: number) => T | undefined;
}

/** One answer: a signal, of a layer where it has layers. */
export interface Answer {
  readonly signal: TeacherSignal;
  readonly layer?: number;
}

/** `logits`, `hiddenStates.3` */
export function answerName({ signal, layer }: Answer): string {
  return layer === undefined ? signal.name : `${signal.name}.${layer}`;
}

/** `logits`, `hidden states of layer 3` */
export function answerTitle({ signal, layer }: Answer): string {
  return layer === undefined ? signal.title : `${signal.title} of layer ${layer}`;
}

export function hasPositions({ axes }: TeacherSignal): boolean {
  return axes.includes('position');
}

/** Whether it is about the classes of a task. */
export function hasClasses({ axes }: TeacherSignal): boolean {
  return axes.includes('classes');
}

/** The layers of a teacher that have a signal, in order; none for a signal of the row. */
export function layersOf({ firstLayer }: TeacherSignal, teacherLayers: number): number[] {
  if (firstLayer === undefined) return [];
  return Array.from({ length: teacherLayers + 1 - firstLayer }, (_, i) => i + firstLayer);
}

/** Numbers in the answer about a row of this length. */
export function answerSize({ axes }: TeacherSignal, geometry: SignalGeometry, length: number): number {
  return axes.reduce((size, axis) => size * (axis === 'position' ? length : geometry[axis]), 1);
}

export function signalGeometry({
  heads,
  hiddenSize,
  task = REGRESSION,
}: {
  readonly heads: number;
  readonly hiddenSize: number;
  readonly task?: Task | undefined;
}): SignalGeometry {
  return { heads, hiddenSize, headSize: hiddenSize / heads, classes: outputsOfTask(task) };
}
