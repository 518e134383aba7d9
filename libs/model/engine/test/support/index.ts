export { type Floats, floats, ints, normal, relativeDifference } from './arrays.ts';
export { ENGINES_HERE, isHere, PROCESSOR_ENGINES } from './engines.ts';
export { OPERATIONS, type OperationCase } from './operations.ts';
export { operatorsOf } from './operators.ts';
