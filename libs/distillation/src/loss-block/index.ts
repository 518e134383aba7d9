export { isTermOn, type LossBlock, type LossWeight, projectionCount, TERMS, type TermName } from './block.ts';
export { type LossBlockCheck, type LossBlockProblem, lossBlockProblems, type ModelGeometry } from './checks.ts';
export { type SignalsNeeded, signalsNeeded } from './signals-needed.ts';
