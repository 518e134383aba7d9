/** What an author of an optimizer, a learning-rate schedule or a metric sees. */
export { defineMetric, type MetricDefinition, type Scored } from '@retort/training/metrics';
export {
  defineOptimizer,
  defineSchedule,
  type OptimizerDefinition,
  type ParameterStep,
  type ScheduleDefinition,
} from '@retort/training/settings';
