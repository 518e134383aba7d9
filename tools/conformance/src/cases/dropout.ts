import type { TrainingProgram } from '@retort/engine';
import { add, mul, sum, type Tensor } from '@tensorflow/tfjs-core';
import type { ConformanceCase } from '../conformance-case.ts';
import { resultsOfStep } from '../run-program.ts';
import { randomTensor } from '../tiny-bert.ts';
import { TOLERANCES } from '../tolerances.ts';

const SHAPE = [5, 67];
const RATES = [0.1, 0.5, 0.9];
const KEYS = [0, 1, 0xffffffff];

/** The gradient of each parameter is its mask, times a number. */
const program: TrainingProgram = (parameters, inputs, context) => {
  const dropped = RATES.map((rate) => context.dropout(parameters[`rate ${rate}`] as Tensor, rate));
  return { loss: sum(mul(dropped.reduce(add), inputs['weights'] as Tensor)), terms: {} };
};

const initial = new Map(
  RATES.map((rate) => {
    const { shape, data } = randomTensor(`rate ${rate}`, SHAPE);
    return [`rate ${rate}`, { shape, values: data }];
  }),
);

/** Which elements are dropped is the same to the bit, whatever adds them up afterwards. */
export const DROPOUT_CASES: readonly ConformanceCase[] = KEYS.map((dropoutKey) => ({
  name: `dropout: the same elements under the key ${dropoutKey}`,
  tolerance: TOLERANCES.exact,
  compute: async (engine) => {
    const inputs = { weights: randomTensor('weights', SHAPE) };
    const { loss: _, ...gradients } = await resultsOfStep(engine, program, { initial, inputs, dropoutKey });
    return gradients;
  },
}));
