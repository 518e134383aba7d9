export { type Case, carryOut, experimentOf, having, type Suite } from './cases.ts';
export { copyCheckout } from './checkout-copy.ts';
export { type Experiment, type LabContext, lazily, Skipped, skip } from './experiment.ts';
export { filesUnder, inFolder } from './folders.ts';
export { asMarkdown } from './report/markdown.ts';
export {
  type CaseResult,
  isMeasurement,
  type LabReport,
  type Measurement,
  type Outcome,
  skipped,
  type Unit,
} from './report/report.ts';
export {
  differences,
  endOf,
  findStackTrace,
  type Results,
  requireNoStackTrace,
  requireResults,
  requireSame,
  resultsOf,
  resultsOfStage,
} from './results.ts';
export { type Ended, type RetortOptions, RetortProcess, retort } from './retort-process.ts';
export { type Lab, runLab, wholeNumber } from './run-lab.ts';
export { isOver, randomOf, roundsOf, type SuiteContext, suiteOptions } from './suite-context.ts';
