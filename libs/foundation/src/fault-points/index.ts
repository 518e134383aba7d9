export { FAULT_VARIABLE, type Fault, parseFault } from './fault.ts';
export { faultPoints } from './fault-points.ts';
