import type { HostTensor } from '@retort/engine';
import { StageError } from '@retort/foundation/diagnostics';
import { isSameTask, labelsOfTask, type Task } from '@retort/foundation/task';
import { teacherTaskProblem } from './teacher-task.ts';

/**
 * Logits float32 [batch, classes] with their classes in another order, by name: the same classes in another order are the
 * same task, and comparing them by position would teach the wrong answers.
 */
export type ClassOrder = (logits: HostTensor) => HostTensor;

/** @throws StageError TEACHER_LABELS_DIFFER where one of the two has a class that the other has not, or another kind of task */
export function classOrder({
  from,
  to,
  teacher,
}: {
  from: Task | undefined;
  to: Task | undefined;
  /** For the message. */
  teacher: string;
}): ClassOrder {
  if (from === undefined || to === undefined || isSameTask(from, to)) return (logits) => logits;
  const problem = teacherTaskProblem(from, to, teacher);
  if (problem !== undefined) throw new StageError('TEACHER_LABELS_DIFFER', problem);
  const columns = labelsOfTask(to).map((label) => labelsOfTask(from).indexOf(label));
  return ({ data, shape }) => {
    const reordered = Float32Array.from(data, (_, i) => {
      const row = i - (i % columns.length);
      return data[row + (columns[i % columns.length] as number)] as number;
    });
    return { data: reordered, shape };
  };
}
