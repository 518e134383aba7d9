export { faultPoints } from './fault-points.ts';
export { FAULT_VARIABLE, type Fault, parseFault } from './fault.ts';
