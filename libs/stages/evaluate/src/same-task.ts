import { isComparableTask, type Task, taskText } from '@retort/foundation/task';

/** Why answers of a model cannot be held against the labels of data; undefined where they can, labels in any order. */
export function tasksDiffer({
  model,
  data,
  name,
}: {
  model: Task;
  data: Task;
  /** How messages call the model. */
  name: string;
}): string | undefined {
  if (isComparableTask(model, data)) return undefined;
  return `${name} answers with ${taskText(model)}, but the data is labelled with ${taskText(data)}. Labels are matched by name. Use a model of this task, or rename the labels of the data.`;
}
