export { submissionText } from './submission.ts';
export {
  GLUE_TASKS,
  type GlueLabels,
  type GlueLayout,
  type GlueMetric,
  type GlueSubmission,
  type GlueTable,
  type GlueTask,
  type GlueTaskName,
} from './task.ts';
export { glueTask } from './tasks.ts';
