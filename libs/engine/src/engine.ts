import type { EngineName } from '@retort/stage-kit';
import type { HostTensor, Parameter, ParameterSet } from './parameters.ts';
import type { ForwardProgram, TrainingProgram } from './program.ts';

export type HostTensors = Readonly<Record<string, HostTensor>>;

/** What a stage sees of a backend: nothing but these two. */
export interface Engine {
  readonly name: EngineName;
  /** Loss and gradients of one micro-batch. `parameters` are read at every call, so that an optimizer may change them in place. */
  trainer(program: TrainingProgram, parameters: ParameterSet): Trainer;
  /**
   * Outputs of one forward pass with weights that do not change while it lives (an engine may pack them). An input
   * shape that differs from the last ones costs a compilation; compiled shapes are kept within a memory budget.
   *
   * @throws RetortError PRECISION_UNSUPPORTED where the engine knows float32 only
   */
  forward(program: ForwardProgram, parameters: Iterable<Parameter>, options?: ForwardOptions): ForwardPass;
}

export interface ForwardOptions {
  /** `int8` multiplies with quantized weights: faster, and other results. `float32` when left out. */
  readonly precision?: Precision;
}

export type Precision = 'float32' | 'int8';

export interface StepOptions {
  /** 32-bit key of this micro-batch's dropout; see `streamKey`. */
  readonly dropoutKey: number;
  /** Add to the gradients that are there (gradient accumulation) instead of replacing them. */
  readonly accumulate?: boolean;
}

export interface Trainer {
  /** Leaves the gradients in the parameters' `gradient` arrays. */
  step(inputs: HostTensors, options: StepOptions): Promise<{ loss: number; terms: Record<string, number> }>;
  /** Names of the parameters that the loss reaches; the others have no gradient and must not be updated. Known after the first step. */
  readonly reached: ReadonlySet<string>;
  dispose(): Promise<void>;
}

export interface ForwardPass {
  /** The results are the caller's and stay valid. */
  run(inputs: HostTensors): Promise<Record<string, HostTensor>>;
  dispose(): Promise<void>;
}
