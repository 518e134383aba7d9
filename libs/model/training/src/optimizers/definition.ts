import type { HostMemory, TrainedParameter } from '@retort/engine';
import type { Extension, ExtensionSchema, SettingsOf } from '@retort/foundation/extensions';

/** One step of one parameter, whose values it changes. */
export interface ParameterStep {
  readonly parameter: TrainedParameter;
  /** The base rate times the schedule's factor. */
  readonly learningRate: number;
  /** The gradient is multiplied by it: for the mean over micro-batches, and to clip. */
  readonly gradientScale: number;
  /** From 1. */
  readonly step: number;
  /** Weights and tables decay, biases and scales of layer norms do not. */
  readonly decays: boolean;
  /** SIMD over the memory that values, gradient and states lie in. An optimizer without a kernel loops over the arrays. */
  readonly kernels: HostMemory['kernels'];
}

/**
 * How gradients change weights. `schema` describes what it has beside the settings of every optimizer: learning rate,
 * clipping and schedule.
 */
export interface OptimizerDefinition<Schema extends ExtensionSchema = ExtensionSchema> extends Extension {
  readonly schema?: Schema;
  /** Names of what it keeps of each parameter: an array as long as the parameter, 0 at first, saved in checkpoints. */
  readonly states: readonly string[];
  /**
   * Called once before the first step, also after a kill. What is kept anywhere but in `parameter.states` must be found in
   * them again.
   */
  readonly start: (settings: SettingsOf<Schema>) => (step: ParameterStep) => void;
}

/** Types the settings by their schema; erases them, so that all optimizers fit one list. */
export function defineOptimizer<const Schema extends ExtensionSchema>(
  optimizer: OptimizerDefinition<Schema>,
): OptimizerDefinition {
  return optimizer as unknown as OptimizerDefinition;
}
