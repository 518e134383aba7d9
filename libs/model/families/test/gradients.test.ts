import {
  createEngine,
  type ForwardProgram,
  type HostTensors,
  type NamedTensors,
  ParameterSet,
  type TrainedParameter,
} from '@retort/engine';
import { type BertConfig, classify, encode, linear, wordFeatures } from '@retort/families';
import { RandomStream } from '@retort/foundation/random';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { batchOf, ROWS, TINY, tinyValues } from './support/tiny-model.ts';

const HEADS = ['maskedLanguageModel', 'classifier'] as const;
const ELEMENTS = 4;
/** Central differences: the error grows with its square, the rounding of a float32 loss near 1 with its inverse. */
const STEP = 1e-2;
/**
 * Of the parameter's largest gradient, or of 0.1 where all are smaller. The loss is a float32 near 1, so that a
 * difference quotient is right to 1e-7 / 2e-2 = 6e-6; the third derivative costs up to a few 1e-4 at this step. Wrong
 * factors and signs are far above.
 */
const TOLERANCE = 3e-3;
const SMALL = 0.1;

/** Every output of the model, each element with a weight of its own, so that no gradient cancels out. */
function lossOf(config: BertConfig, parameters: NamedTensors, inputs: NamedTensors): tf.Tensor {
  const model = { config, parameters };
  const { hiddenStates, attentionScores } = encode(model, inputs as never);
  const last = hiddenStates.at(-1) as tf.Tensor;
  const words = tf.logSoftmax(wordScores(wordFeatures(model, last, inputs['positions'] as tf.Tensor), parameters));
  const outputs = [...hiddenStates, ...attentionScores, classify(model, last), words];
  const means = outputs.map((output) => {
    const weights = tf.reshape(tf.slice(inputs['weights'] as tf.Tensor1D, [0], [output.size]), output.shape);
    return tf.mean(tf.mul(weights, output));
  });
  return means.reduce((sum, mean) => tf.add(sum, mean));
}

const wordScores = (features: tf.Tensor2D, parameters: NamedTensors) =>
  linear(features, parameters['embeddings.word'] as tf.Tensor, parameters['maskedLanguageModel.bias'] as tf.Tensor);

function inputsOf(): HostTensors {
  const random = new RandomStream(3);
  return {
    ...batchOf(ROWS, 6),
    positions: { shape: [3], data: Int32Array.from([1, 4, 7]) },
    weights: { shape: [200], data: Float32Array.from({ length: 200 }, () => 2 * random.truncatedNormal()) },
  };
}

it('has the gradient of every parameter that finite differences have', async () => {
  const parameters = new ParameterSet(tinyValues(HEADS));
  const inputs = inputsOf();
  const engine = await createEngine('cpu');
  const trainer = engine.trainer((p, x) => ({ loss: lossOf(TINY, p, x), terms: {} }), parameters);
  await trainer.step(inputs, { dropoutKey: 0 });
  expect(trainer.reached.size).toBe(parameters.byName.size);
  const loss: ForwardProgram = (p, x) => ({ loss: lossOf(TINY, p, x) });
  // A pass of its own each time: weights do not change while one lives.
  const evaluate = async () => {
    const pass = engine.forward(loss, parameters.byName.values());
    const { loss: value } = await pass.run(inputs);
    await pass.dispose();
    return value?.data[0] as number;
  };
  const random = new RandomStream(5);
  for (const parameter of parameters.byName.values()) {
    for (const index of elementsOf(parameter, random)) {
      const measured = await slope(parameter.values, index, evaluate);
      const scale = Math.max(SMALL, ...parameter.gradient.map(Math.abs));
      const difference = Math.abs(measured - (parameter.gradient[index] as number)) / scale;
      expect(difference, `${parameter.name}[${index}]`).toBeLessThan(TOLERANCE);
    }
  }
});

/** The element with the largest gradient, and random ones. */
function elementsOf({ gradient }: TrainedParameter, random: RandomStream): number[] {
  const largest = gradient.reduce(
    (best, value, i) => (Math.abs(value) > Math.abs(gradient[best] as number) ? i : best),
    0,
  );
  return [largest, ...Array.from({ length: ELEMENTS - 1 }, () => random.below(gradient.length))];
}

async function slope(values: Float32Array, index: number, evaluate: () => Promise<number>): Promise<number> {
  const before = values[index] as number;
  values[index] = before + STEP;
  const [above, up] = [await evaluate(), values[index] as number];
  values[index] = before - STEP;
  const [below, down] = [await evaluate(), values[index] as number];
  values[index] = before;
  return (above - below) / (up - down);
}
