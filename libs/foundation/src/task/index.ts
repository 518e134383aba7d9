export {
  isComparableTask,
  isSameTask,
  labelsOfTask,
  outputsOfTask,
  REGRESSION,
  TASK_KINDS,
  type Task,
  type TaskKind,
  taskText,
} from './task.ts';
