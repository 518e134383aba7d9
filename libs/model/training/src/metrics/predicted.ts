import type { Task } from '@retort/foundation/task';

/**
 * What a model answers, by its logits, float32 [rows, outputs].
 *
 * @returns the most probable class of each row, int32 [rows], the first of equal ones; for multi-label 1 for each label that is
 *   more probable than not, int32 [rows, labels]; for regression the values themselves
 */
export function predictedOf(logits: Float32Array, task: Task): Int32Array | Float32Array {
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
