import type { Task } from '@retort/foundation/task';

/** float32 [rows, outputs], as the logits; softmax over classes, sigmoid for multi-label; undefined for regression. */
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
