export { type Floats, floats, ints, normal, relativeDifference } from './arrays.ts';
export { ENGINES_HERE, isHere, PROCESSOR_ENGINES } from './engines.ts';
export { operatorsOf } from './operators.ts';
export { type OperationCase, OPERATIONS } from './operations.ts';
