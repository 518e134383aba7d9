import type { Engine, TrainingProgram } from '@retort/engine';
import { normal, OPERATIONS, type OperationCase } from '@retort/engine/testing';
import * as tf from '@tensorflow/tfjs-core';
import type { ConformanceCase, Results } from '../conformance-case.ts';
import { resultsOfForward, resultsOfStep } from '../run-program.ts';
import { TOLERANCES } from '../tolerances.ts';

/** Gradients that reach the operation: all different, and all alike, which the tracer treats as a constant. */
const LOSSES = {
  'different gradients': (result: tf.Tensor, weights: tf.Tensor) => tf.sum(tf.mul(result, weights)),
  'equal gradients': (result: tf.Tensor) => tf.mean(result),
} as const;

/** The result and the gradients of every operation that models and losses are made of. */
export const OPERATION_CASES: readonly ConformanceCase[] = OPERATIONS.map((operation) => ({
  name: `operation: ${operation.name}`,
  tolerance: TOLERANCES.float32,
  compute: (engine) => computeOperation(engine, operation),
}));

async function computeOperation(engine: Engine, { parameters, inputs = {}, compute }: OperationCase): Promise<Results> {
  const initial = new Map(Object.entries(parameters));
  const forward = await resultsOfForward(engine, (p, x) => ({ y: compute(p, x) }), { initial, inputs });
  const lossWeights = normal(Array.from(forward['shape of y'] as ArrayLike<number>), 3);
  const results: Record<string, ArrayLike<number>> = { ...forward };
  for (const [title, lossOf] of Object.entries(LOSSES)) {
    const program: TrainingProgram = (p, x) => ({
      loss: lossOf(compute(p, x), x['lossWeights'] as tf.Tensor),
      terms: {},
    });
    const step = await resultsOfStep(engine, program, { initial, inputs: { ...inputs, lossWeights } });
    for (const [name, values] of Object.entries(step)) results[`${title}: ${name}`] = values;
  }
  return results;
}
