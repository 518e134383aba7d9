export { accuracy, correctRows } from './accuracy.ts';
export {
  type BootstrapOptions,
  bootstrapInterval,
  type Paired,
  type PairedDifference,
  pairedBootstrap,
} from './bootstrap.ts';
export { type ClassScore, classScores, labelScores } from './class-scores.ts';
export { confusionMatrix } from './confusion.ts';
export { constantAnswerScore } from './constant-answer.ts';
export { defineMetric, type MetricDefinition } from './definition.ts';
export { f1Score, macroF1Score } from './f1-score.ts';
export type { Interval } from './interval.ts';
export { type LatencySummary, latencySummary } from './latency-summary.ts';
export { fittingMetrics, type MetricSetting, metricName, metricSchema, metrics } from './list.ts';
export { matthewsCorrelation } from './matthews-correlation.ts';
export { meanSquaredError } from './mean-squared-error.ts';
export { exactMatch, macroLabelF1Score, microF1Score } from './multi-label.ts';
export { pearsonCorrelation } from './pearson-correlation.ts';
export { predictedOf } from './predicted.ts';
export { quantile } from './quantile.ts';
export { RelativeError } from './relative-error.ts';
export { averageRanks, spearmanCorrelation } from './spearman-correlation.ts';
export { metricProblem, metricsOf, scoreText, type TaskMetric } from './task-metrics.ts';
export { type Retention, type RetentionInput, teacherRetention } from './teacher-retention.ts';
export type { Metric, Scored, Values } from './values.ts';
export { type Proportion, wilsonInterval } from './wilson-interval.ts';
