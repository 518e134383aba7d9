import { isComparableTask, isSameTask, type Task, taskText } from '@retort/foundation/task';

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

/** Why a bag of words cannot learn the task of the held-out rows from training rows; undefined where it can. */
export function trainDiffers(train: Task | undefined, data: Task): string | undefined {
  if (isSameTask(train, data)) return undefined;
  const given = train ? `labelled with ${taskText(train)}` : 'not labelled';
  return `The held-out tokens are labelled with ${taskText(data)}, but "train" is ${given}. Connect training tokens of the same task, with labels in the same order.`;
}
