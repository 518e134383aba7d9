import { type ParameterSet, rowWidth, type TrainedParameter } from '@retort/engine';
import { MovingRows } from './moving-rows.ts';

/** The settings of an optimizer, as `settings.schema.json` describes them. */
export interface OptimizerConfig {
  readonly kind: 'adamw' | 'bertAdam' | 'adam';
  /** Base learning rate; a schedule multiplies it. */
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** Not applied to biases and layer norms. Decoupled; with `adam` it is added to the gradient instead (L2). */
  readonly weightDecay: number;
  /** Gradients are scaled down so that their norm is at most this; 0 turns it off. */
  readonly maxGradientNorm: number;
  /** Whose norm: that of all parameters together, or of each by itself. */
  readonly clipping: 'global' | 'perTensor';
}

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
 * Adam and its relatives on host memory:
 *
 * - `adamw`: bias correction, decoupled decay (Loshchilov & Hutter, arXiv:1711.05101, algorithm 2);
 * - `bertAdam`: no bias correction, decoupled decay, as BERT was trained and as TinyBERT/transformer/optimization.py at
 *   0598f02 has it, with `perTensor` clipping;
 * - `adam`: bias correction, decay added to the gradient (Kingma & Ba, arXiv:1412.6980).
 *
 * Each call is one optimizer step over `names`; parameters outside of it are left alone, moments and decay included.
 */
export class Optimizer {
  /** Steps taken. */
  step = 0;
  private readonly parameters: ParameterSet;
  private readonly config: OptimizerConfig;
  private readonly movingRows = new MovingRows();

  constructor(parameters: ParameterSet, config: OptimizerConfig) {
    this.parameters = parameters;
    this.config = config;
  }

  /** @returns the norm of all gradients before clipping */
  apply({ names, learningRateFactor, gradientFactor = 1 }: OptimizerStep): number {
    const trained = [...names].map((name) => this.parameters.byName.get(name) as TrainedParameter);
    const squares = trained.map((parameter) => this.sumOfSquares(parameter));
    const norm = Math.sqrt(squares.reduce((sum, square) => sum + square, 0)) * gradientFactor;
    this.step += 1;
    for (const [i, parameter] of trained.entries()) {
      const own = Math.sqrt(squares[i] as number) * gradientFactor;
      const scale = gradientFactor * this.clip(this.config.clipping === 'global' ? norm : own);
      this.update(parameter, this.config.learningRate * learningRateFactor, scale);
    }
    return norm;
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
    const { maxGradientNorm, clipping } = this.config;
    if (maxGradientNorm === 0 || norm <= maxGradientNorm) return 1;
    return clipping === 'global' ? maxGradientNorm / norm : Math.min(1, maxGradientNorm / (norm + CLIP_EPSILON));
  }

  private update(parameter: TrainedParameter, learningRate: number, gradientScale: number): void {
    const { kind, beta1, beta2, epsilon } = this.config;
    const weightDecay = decays(parameter.name) ? this.config.weightDecay : 0;
    if (kind === 'adam' && weightDecay > 0) addDecay(parameter, weightDecay / gradientScale);
    const decay = kind === 'adam' ? 0 : weightDecay;
    const correction = (beta: number) => (kind === 'bertAdam' ? 1 : 1 / (1 - beta ** this.step));
    const { kernels } = this.parameters.memory;
    for (const { start, count, isMoving } of this.movingRows.rangesOf(parameter)) {
      const at = (array: Float32Array) => array.byteOffset + 4 * start;
      if (isMoving)
        kernels.adamw(
          at(parameter.values),
          at(parameter.gradient),
          at(parameter.firstMoment),
          at(parameter.secondMoment),
          count,
          learningRate,
          beta1,
          beta2,
          epsilon,
          decay,
          correction(beta1),
          correction(beta2),
          gradientScale,
        );
      else if (decay > 0) kernels.decay(at(parameter.values), count, learningRate, decay);
    }
  }
}

/** The gradient is scaled afterwards, so the factor is divided by the scale before. */
function addDecay(parameter: TrainedParameter, factor: number): void {
  const { values, gradient } = parameter;
  parameter.gradientRows = undefined;
  for (let i = 0; i < values.length; i++) gradient[i] = (gradient[i] as number) + factor * (values[i] as number);
}

function decays(name: string): boolean {
  return !/\.(bias|scale)$/.test(name);
}
