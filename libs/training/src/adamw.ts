import type { ParameterSet, TrainedParameter } from '@retort/engine';

export interface AdamWConfig {
  /** Base learning rate; a schedule multiplies it. */
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** Decoupled; not applied to biases and layer norms. */
  readonly weightDecay: number;
  /** Gradients are scaled down so that their norm over all parameters is at most this; 0 turns it off. */
  readonly maxGradientNorm: number;
}

/**
 * AdamW on host memory, with bias correction.
 *
 * Each call is one optimizer step over `names`; parameters outside of it are left alone, moments and decay included.
 *
 * @see Loshchilov & Hutter, arXiv:1711.05101, algorithm 2
 */
export class AdamW {
  /** Steps taken. */
  step = 0;
  private readonly parameters: ParameterSet;
  private readonly config: AdamWConfig;

  constructor(parameters: ParameterSet, config: AdamWConfig) {
    this.parameters = parameters;
    this.config = config;
  }

  /**
   * @param learningRateFactor the schedule's value for this step
   * @param gradientFactor multiplies every gradient first: 1 / n for the mean of n accumulated micro-batches
   * @returns the gradients' norm before clipping
   */
  apply({
    names,
    learningRateFactor,
    gradientFactor = 1,
  }: {
    names: Iterable<string>;
    learningRateFactor: number;
    gradientFactor?: number;
  }): number {
    const { beta1, beta2, epsilon, weightDecay, maxGradientNorm } = this.config;
    const { kernels } = this.parameters.memory;
    const trained = [...names].map((name) => this.parameters.byName.get(name) as TrainedParameter);
    const squares = trained.reduce(
      (sum, { gradient }) => sum + kernels.sumOfSquares(gradient.byteOffset, gradient.length),
      0,
    );
    const norm = Math.sqrt(squares) * gradientFactor;
    const clip = maxGradientNorm > 0 && norm > maxGradientNorm ? maxGradientNorm / norm : 1;
    this.step += 1;
    for (const { name, values, gradient, firstMoment, secondMoment } of trained) {
      kernels.adamw(
        values.byteOffset,
        gradient.byteOffset,
        firstMoment.byteOffset,
        secondMoment.byteOffset,
        values.length,
        this.config.learningRate * learningRateFactor,
        beta1,
        beta2,
        epsilon,
        decays(name) ? weightDecay : 0,
        1 / (1 - beta1 ** this.step),
        1 / (1 - beta2 ** this.step),
        gradientFactor * clip,
      );
    }
    return norm;
  }
}

function decays(name: string): boolean {
  return !/\.(bias|scale)$/.test(name);
}
