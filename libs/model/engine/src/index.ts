export { createEngine } from './create-engine.ts';
export type {
  Engine,
  ForwardOptions,
  ForwardPass,
  FreeAxes,
  HostTensors,
  Precision,
  StepOptions,
  Trainer,
} from './engine.ts';
export { HostMemory } from './host-memory.ts';
export { inputValues } from './input-values.ts';
export {
  type HostTensor,
  type InitialValues,
  type InputTensor,
  type Parameter,
  ParameterSet,
  rowWidth,
  type TrainedParameter,
} from './parameters.ts';
export type { ForwardProgram, NamedTensors, ProgramContext, TrainingProgram } from './program.ts';
