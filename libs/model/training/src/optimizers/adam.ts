import type { TrainedParameter } from '@retort/engine';
import type { SettingsOf } from '@retort/foundation/extensions';
import { defineOptimizer, type ParameterStep } from './definition.ts';
import { MovingRows } from './moving-rows.ts';

const schema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    beta1: {
      description: 'Decay of the first moment, at least 0 and below 1.',
      type: 'number',
      minimum: 0,
      exclusiveMaximum: 1,
      default: 0.9,
    },
    beta2: {
      description: 'Decay of the second moment, at least 0 and below 1.',
      type: 'number',
      minimum: 0,
      exclusiveMaximum: 1,
      default: 0.999,
    },
    epsilon: {
      description: 'Added to the square root of the second moment, above 0.',
      type: 'number',
      exclusiveMinimum: 0,
      default: 1e-6,
    },
    weightDecay: {
      description:
        'Weight decay per step, multiplied by the learning rate. With adam it is the factor with which weights are added to the gradient. Does not apply to biases and layer norms.',
      type: 'number',
      minimum: 0,
      default: 0.01,
    },
  },
} as const;

const states = ['firstMoment', 'secondMoment'] as const;

export type AdamSettings = SettingsOf<typeof schema>;

/** Loshchilov & Hutter, algorithm 2. */
export const adamw = defineOptimizer({
  name: 'adamw',
  description: 'Adam with bias correction and decoupled weight decay (arXiv:1711.05101).',
  schema,
  states,
  start: (settings) => adam(settings, { correctsBias: true, decay: 'decoupled' }),
});

/** As TinyBERT/transformer/optimization.py at 0598f02 has it, with `perTensor` clipping. */
export const bertAdam = defineOptimizer({
  name: 'bertAdam',
  description: 'adamw without bias correction, as used for BERT and in the published TinyBERT code.',
  schema,
  states,
  start: (settings) => adam(settings, { correctsBias: false, decay: 'decoupled' }),
});

/** Kingma & Ba. */
export const plainAdam = defineOptimizer({
  name: 'adam',
  description: 'Adam with bias correction, where weightDecay is added to the gradient (arXiv:1412.6980).',
  schema,
  states,
  start: (settings) => adam(settings, { correctsBias: true, decay: 'inGradient' }),
});

function adam(
  { beta1, beta2, epsilon, weightDecay }: AdamSettings,
  { correctsBias, decay }: { correctsBias: boolean; decay: 'decoupled' | 'inGradient' },
): (step: ParameterStep) => void {
  const movingRows = new MovingRows();
  return ({ parameter, learningRate, gradientScale, step, decays, kernels }) => {
    const inGradient = decays && decay === 'inGradient' ? weightDecay : 0;
    const decoupled = decays && decay === 'decoupled' ? weightDecay : 0;
    if (inGradient > 0) addDecay(parameter, inGradient / gradientScale);
    const correction = (beta: number) => (correctsBias ? 1 / (1 - beta ** step) : 1);
    const [firstMoment, secondMoment] = parameter.states as [Float32Array, Float32Array];
    for (const { start, count, isMoving } of movingRows.rangesOf(parameter)) {
      const at = (array: Float32Array) => array.byteOffset + 4 * start;
      if (isMoving)
        kernels.adamw(
          at(parameter.values),
          at(parameter.gradient),
          at(firstMoment),
          at(secondMoment),
          count,
          learningRate,
          beta1,
          beta2,
          epsilon,
          decoupled,
          correction(beta1),
          correction(beta2),
          gradientScale,
        );
      else if (decoupled > 0) kernels.decay(at(parameter.values), count, learningRate, decoupled);
    }
  };
}

/** The gradient is scaled afterwards, so the factor is divided by the scale before. */
function addDecay(parameter: TrainedParameter, factor: number): void {
  const { values, gradient } = parameter;
  parameter.gradientRows = undefined;
  for (let i = 0; i < values.length; i++) gradient[i] = (gradient[i] as number) + factor * (values[i] as number);
}
