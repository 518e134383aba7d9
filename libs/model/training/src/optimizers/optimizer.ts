import { type ParameterSet, rowWidth, type TrainedParameter } from '@retort/engine';
import { ShapeError } from '@retort/foundation/diagnostics';
import type { ParameterStep } from './definition.ts';
import { type OptimizerSettings, optimizers } from './settings.ts';

export interface OptimizerStep {
  readonly names: Iterable<string>;
  /** The schedule's value for this step. */
  readonly learningRateFactor: number;
  /** Multiplies every gradient first: 1 / n for the mean of n accumulated micro-batches. */
  readonly gradientFactor?: number;
}

/** What torch's clip_grad_norm_ adds to a norm, and so the reference code. */
const CLIP_EPSILON = 1e-6;

/**
 * Changes the parameters of a model, on host memory, as its settings say. Each call is one step over `names`; parameters
 * outside of it are left alone, states and decay included.
 */
export class Optimizer {
  /** Steps taken. */
  step = 0;
  /** Of what it keeps of each parameter. */
  readonly stateNames: readonly string[];
  private readonly parameters: ParameterSet;
  private readonly settings: OptimizerSettings;
  private readonly update: (step: ParameterStep) => void;

  /** @param parameters made with `statesOf(settings)` */
  constructor(parameters: ParameterSet, settings: OptimizerSettings) {
    this.parameters = parameters;
    this.settings = settings;
    const { states, start } = optimizers.get(settings.kind);
    const short = [...parameters.byName.values()].find((parameter) => parameter.states.length < states.length);
    if (short)
      throw new ShapeError(
        `the optimizer ${settings.kind} keeps ${states.length} arrays of each parameter, but ${short.name} has ${short.states.length}. Make the ParameterSet with statesOf(settings).`,
      );
    this.stateNames = states;
    this.update = start(settings);
  }

  /** @returns the norm of all gradients before clipping */
  apply({ names, learningRateFactor, gradientFactor = 1 }: OptimizerStep): number {
    const trained = [...names].map((name) => this.parameters.byName.get(name) as TrainedParameter);
    const squares = trained.map((parameter) => this.sumOfSquares(parameter));
    const norm = Math.sqrt(squares.reduce((sum, square) => sum + square, 0)) * gradientFactor;
    this.step += 1;
    for (const [i, parameter] of trained.entries()) {
      const own = Math.sqrt(squares[i] as number) * gradientFactor;
      this.update({
        parameter,
        learningRate: this.learningRateOf(learningRateFactor),
        gradientScale: gradientFactor * this.clip(this.settings.clipping === 'global' ? norm : own),
        step: this.step,
        decays: decays(parameter.name),
        kernels: this.parameters.memory.kernels,
      });
    }
    return norm;
  }

  /** Of a step with this factor. */
  learningRateOf(factor: number): number {
    return this.settings.learningRate * factor;
  }

  private sumOfSquares(parameter: TrainedParameter): number {
    const { gradient, gradientRows } = parameter;
    const { sumOfSquares } = this.parameters.memory.kernels;
    if (gradientRows === undefined) return sumOfSquares(gradient.byteOffset, gradient.length);
    const width = rowWidth(parameter);
    return gradientRows.reduce((sum, row) => sum + sumOfSquares(gradient.byteOffset + 4 * row * width, width), 0);
  }

  /** What a gradient of this norm is multiplied by. */
  private clip(norm: number): number {
    const { maxGradientNorm, clipping } = this.settings;
    if (maxGradientNorm === 0 || norm <= maxGradientNorm) return 1;
    return clipping === 'global' ? maxGradientNorm / norm : Math.min(1, maxGradientNorm / (norm + CLIP_EPSILON));
  }
}

function decays(name: string): boolean {
  return !/\.(bias|scale)$/.test(name);
}

/** For a `ParameterSet`: room for what the optimizer keeps of each parameter. */
export function statesOf({ kind }: Pick<OptimizerSettings, 'kind'>): { readonly states: number } {
  return { states: optimizers.get(kind).states.length };
}
