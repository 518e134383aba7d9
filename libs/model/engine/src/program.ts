import type { Tensor } from '@tensorflow/tfjs-core';

export type NamedTensors = Readonly<Record<string, Tensor>>;

/** What a program may ask of the engine besides tensor operations. */
export interface ProgramContext {
  /**
   * Sets elements to 0 with probability `rate` and scales the others by 1 / (1 - rate). Does nothing at rate 0. Which
   * elements is decided by the step's dropout key and the call's place in the program: the same on every engine.
   */
  dropout<T extends Tensor>(x: T, rate: number): T;
}

/**
 * Loss of one micro-batch, in tfjs-core functions. It is called at one or more input shapes and recorded, so it must not read
 * values, draw random numbers, keep tf.Variables or branch on data; whatever changes from step to step is an input.
 */
export type TrainingProgram = (
  parameters: NamedTensors,
  inputs: NamedTensors,
  context: ProgramContext,
) => {
  /** Scalar. */
  readonly loss: Tensor;
  /** Scalars to report, by name; no gradient flows through them by being here. */
  readonly terms: NamedTensors;
};

/** Outputs of one forward pass, under the same rules. Dropout is off. */
export type ForwardProgram = (parameters: NamedTensors, inputs: NamedTensors) => NamedTensors;
