import type { EngineName } from './engine-name.ts';
import type { HostTensor, InputTensor, Parameter, ParameterSet } from './parameters.ts';
import type { ForwardProgram, TrainingProgram } from './program.ts';

export type HostTensors = Readonly<Record<string, InputTensor>>;

/** What a stage sees of a backend: nothing but these two. */
export interface Engine {
  readonly name: EngineName;
  /** Loss and gradients of one micro-batch. `parameters` are read at every call, so that an optimizer may change them in place. */
  trainer(program: TrainingProgram, parameters: ParameterSet): Trainer;
  /**
   * Outputs of one forward pass with weights that do not change while it lives (an engine may pack them).
   * Without `freeAxes` an input shape that differs from the last ones costs a compilation; compiled shapes are kept within a
   * memory budget.
   *
   * @throws RetortError PRECISION_UNSUPPORTED where the engine knows float32 only; TRACE_NOT_SYMBOLIC at the first run of a
   * program that does something else at another size of a free axis
   */
  forward(program: ForwardProgram, parameters: Iterable<Parameter>, options?: ForwardOptions): ForwardPass;
}

export interface ForwardOptions {
  /** `int8` multiplies with quantized weights: faster, and other results. `float32` when left out. */
  readonly precision?: Precision;
  /** With these an engine that compiles does so once for all sizes. Left out: once for each shape of the inputs. */
  readonly freeAxes?: FreeAxes;
}

/** Axes of a pass's inputs that may have any size. */
export interface FreeAxes {
  /** Names of the axes of each input, `{ tokenIds: ['batch', 'sequence'] }`: the same name is the same size. */
  readonly inputs: Readonly<Record<string, readonly string[]>>;
  /** Two sizes of each axis that the program can be recorded at: different, no two axes alike or as far apart, none special to the program. */
  readonly probes: Readonly<Record<string, readonly [number, number]>>;
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
