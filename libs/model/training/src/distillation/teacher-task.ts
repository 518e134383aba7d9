import { isComparableTask, type Task, taskText } from '@retort/foundation/task';

/** Why a student that learns a task cannot be compared with the logits of a teacher; undefined where it can. Imports no tensor library. */
export function teacherTaskProblem(teacher: Task, student: Task, name: string): string | undefined {
  if (isComparableTask(teacher, student)) return undefined;
  return `${name} answers with ${taskText(teacher)}, but the student learns ${taskText(student)}. Their logits cannot be compared. Connect a teacher of the same task.`;
}
