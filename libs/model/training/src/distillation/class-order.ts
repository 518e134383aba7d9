import { type Answers, hasClasses } from '@retort/distillation/signals';
import { type InputTensor, inputValues } from '@retort/engine';
import { StageError } from '@retort/foundation/diagnostics';
import { isSameTask, labelsOfTask, type Task } from '@retort/foundation/task';
import { teacherTaskProblem } from './teacher-task.ts';

/**
 * Answers about classes, such as logits [batch, classes], with the classes in another order, by name: the same classes in another
 * order are the same task, and comparing them by position would teach the wrong answers.
 */
export type ClassOrder = (answers: Answers<InputTensor>) => Answers<InputTensor>;

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
  if (from === undefined || to === undefined || isSameTask(from, to)) return (answers) => answers;
  const problem = teacherTaskProblem(from, to, teacher);
  if (problem !== undefined) throw new StageError('TEACHER_LABELS_DIFFER', problem);
  const columns = labelsOfTask(to).map((label) => labelsOfTask(from).indexOf(label));
  const reordered = (tensor: InputTensor): InputTensor => {
    const values = inputValues(tensor);
    const data = Float32Array.from(values, (_, i) => {
      const row = i - (i % columns.length);
      return values[row + (columns[i % columns.length] as number)] as number;
    });
    return { data, shape: tensor.shape };
  };
  return (answers) => answers.map((tensor, { signal }) => (hasClasses(signal) ? reordered(tensor) : tensor));
}
