export { CASES } from './cases/index.ts';
export { type ConformanceCase, largest, type Results, worstDifference } from './conformance-case.ts';
export { expectedOf, SUITES } from './suites.ts';
export { TOLERANCES, type Tolerance } from './tolerances.ts';
