import type { HostTensor } from '@retort/engine';
import { StageError } from '@retort/foundation/diagnostics';

/**
 * Logits float32 [batch, classes] with their classes in another order, by name: the same classes in another order are the
 * same task, and comparing them by position would teach the wrong answers.
 */
export type ClassOrder = (logits: HostTensor) => HostTensor;

/** @throws StageError TEACHER_LABELS_DIFFER where one of the two has a class that the other has not */
export function classOrder({
  from,
  to,
  teacher,
}: {
  from: readonly string[] | undefined;
  to: readonly string[] | undefined;
  /** For the message. */
  teacher: string;
}): ClassOrder {
  if (from === undefined || to === undefined || from.join('\n') === to.join('\n')) return (logits) => logits;
  if ([...from].sort().join('\n') !== [...to].sort().join('\n'))
    throw new StageError('TEACHER_LABELS_DIFFER', labelsDiffer({ from, to, teacher }));
  const columns = to.map((label) => from.indexOf(label));
  return ({ data, shape }) => {
    const reordered = Float32Array.from(data, (_, i) => {
      const row = i - (i % columns.length);
      return data[row + (columns[i % columns.length] as number)] as number;
    });
    return { data: reordered, shape };
  };
}

function labelsDiffer({
  from,
  to,
  teacher,
}: {
  from: readonly string[];
  to: readonly string[];
  teacher: string;
}): string {
  const names = (labels: readonly string[]) => (labels.length === 0 ? 'none (a regression)' : labels.join(', '));
  return `${teacher} knows the classes ${names(from)}, but the student learns ${names(to)}. Their logits cannot be compared: connect a teacher of the same task.`;
}
