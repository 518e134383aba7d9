import type { Task } from '@retort/foundation/task';
import type { LabelValues } from '@retort/tables';

/** The most probable class; the value; or for multi-label each label that is more probable than not. */
export function predictedOf(logits: Float32Array, task: Task): LabelValues {
  switch (task.kind) {
    case 'classes':
      return argMax(logits, task.labels.length);
    case 'multi-label':
      return Int32Array.from(logits, (logit) => (logit > 0 ? 1 : 0));
    case 'regression':
      return logits;
  }
}

function argMax(logits: Float32Array, classes: number): Int32Array {
  return Int32Array.from({ length: logits.length / classes }, (_, row) => {
    let best = 0;
    for (let c = 1; c < classes; c++)
      if ((logits[row * classes + c] as number) > (logits[row * classes + best] as number)) best = c;
    return best;
  });
}

/** float32, as the logits; softmax over classes, sigmoid for multi-label; undefined for regression. */
export function probabilitiesOf(logits: Float32Array, task: Task): Float32Array | undefined {
  switch (task.kind) {
    case 'classes':
      return softmax(logits, task.labels.length);
    case 'multi-label':
      return logits.map((logit) => 1 / (1 + Math.exp(-logit)));
    case 'regression':
      return undefined;
  }
}

function softmax(logits: Float32Array, classes: number): Float32Array {
  const probabilities = new Float32Array(logits.length);
  for (let start = 0; start < logits.length; start += classes) {
    const row = logits.subarray(start, start + classes);
    const largest = row.reduce((most, logit) => Math.max(most, logit), Number.NEGATIVE_INFINITY);
    const powers = Array.from(row, (logit) => Math.exp(logit - largest));
    const sum = powers.reduce((total, power) => total + power, 0);
    powers.forEach((power, c) => {
      probabilities[start + c] = power / sum;
    });
  }
  return probabilities;
}
