import { RetortError } from '@retort/foundation/diagnostics';
import { keep, type Tensor, tensor, tidy } from '@tensorflow/tfjs-core';
import { type DropoutSlot, dropoutContext, fillDropoutMask } from './dropout.ts';
import type { Engine, ForwardPass, HostTensors, Precision, StepOptions, Trainer } from './engine.ts';
import type { EngineName } from './engine-name.ts';
import { HostMemory } from './host-memory.ts';
import { inputValues } from './input-values.ts';
import { lossesAndGradients } from './losses-and-gradients.ts';
import type { HostTensor, InputTensor, Parameter, ParameterSet, TrainedParameter } from './parameters.ts';
import type { ForwardProgram, NamedTensors, TrainingProgram } from './program.ts';
import { withBackend } from './tfjs.ts';

/**
 * Runs programs on a tfjs backend, operation by operation. Weights go in and gradients come out of the backend at every
 * step; the optimizer works on host memory, as with every other engine.
 *
 * @param backend name of a backend that tfjs knows by now
 */
export function createEagerEngine(name: EngineName, backend: string): Engine {
  return {
    name,
    trainer: (program, parameters) => new EagerTrainer(backend, program, parameters),
    forward: (program, parameters, { precision = 'float32' } = {}) => {
      if (precision !== 'float32') throw precisionUnsupported(name, precision);
      return new EagerForwardPass(backend, program, [...parameters]);
    },
  };
}

function precisionUnsupported(engine: EngineName, precision: Precision): RetortError {
  return new RetortError(
    'PRECISION_UNSUPPORTED',
    `The engine "${engine}" computes only in float32, not in ${precision}. Use the engine "onnx".`,
  );
}

function toTensor(input: InputTensor): Tensor {
  const values = inputValues(input);
  return tensor(values, [...input.shape], values instanceof Int32Array ? 'int32' : 'float32');
}

function weightTensors(parameters: Iterable<Parameter>, backend: string): NamedTensors {
  // The optimizer changes our arrays in place. Other backends take a copy into their own memory; that of cpu keeps what it is given.
  const data = (values: Float32Array) => (backend === 'cpu' ? values.slice() : values);
  return Object.fromEntries(
    [...parameters].map(({ name, shape, values }) => [name, toTensor({ data: data(values), shape })]),
  );
}

function inputTensors(inputs: HostTensors): NamedTensors {
  return Object.fromEntries(Object.entries(inputs).map(([name, input]) => [name, toTensor(input)]));
}

class EagerTrainer implements Trainer {
  reached: ReadonlySet<string> = new Set();
  private readonly backend: string;
  private readonly program: TrainingProgram;
  private readonly parameters: ParameterSet;
  private readonly masks = new MaskMemory();

  constructor(backend: string, program: TrainingProgram, parameters: ParameterSet) {
    this.backend = backend;
    this.program = program;
    this.parameters = parameters;
  }

  async step(
    inputs: HostTensors,
    { dropoutKey, accumulate = false }: StepOptions,
  ): Promise<{ loss: number; terms: Record<string, number> }> {
    const result = { loss: Number.NaN, terms: {} as Record<string, number> };
    await withBackend(this.backend, () =>
      tidy(() => {
        const gradients = lossesAndGradients({
          program: this.program,
          parameters: weightTensors(this.parameters.byName.values(), this.backend),
          inputs: inputTensors(inputs),
          context: dropoutContext((slot) => this.masks.tensor(slot, dropoutKey)),
          onTerms: (loss, terms) => {
            result.loss = scalarOf(loss);
            for (const [name, term] of Object.entries(terms)) result.terms[name] = scalarOf(term);
          },
        });
        this.reached = new Set(gradients.keys());
        for (const [name, gradient] of gradients) this.store(name, gradient, accumulate);
      }),
    );
    return result;
  }

  async dispose(): Promise<void> {}

  private store(name: string, gradient: Tensor, accumulate: boolean): void {
    const parameter = this.parameters.byName.get(name) as TrainedParameter;
    const target = parameter.gradient;
    parameter.gradientRows = undefined;
    const values = gradient.dataSync();
    if (!accumulate) return target.set(values);
    for (let i = 0; i < values.length; i++) target[i] = (target[i] as number) + (values[i] as number);
  }
}

const scalarOf = (x: Tensor): number => x.dataSync()[0] as number;

/** Dropout masks for one step after another. */
class MaskMemory {
  private memory: HostMemory | undefined;
  private scratch: Float32Array = new Float32Array();

  tensor(slot: DropoutSlot, dropoutKey: number): Tensor {
    const size = slot.shape.reduce((a, b) => a * b, 1);
    const { memory, scratch } = this.ofSize(size);
    const mask = scratch.subarray(0, size);
    fillDropoutMask(memory, mask, slot, dropoutKey);
    return toTensor({ data: mask.slice(), shape: slot.shape });
  }

  private ofSize(size: number): { memory: HostMemory; scratch: Float32Array } {
    if (this.memory === undefined || this.scratch.length < size) {
      this.memory = new HostMemory({ floats: size, arrays: 1 });
      this.scratch = this.memory.allocate(size);
    }
    return { memory: this.memory, scratch: this.scratch };
  }
}

class EagerForwardPass implements ForwardPass {
  private readonly backend: string;
  private readonly program: ForwardProgram;
  private readonly parameters: readonly Parameter[];
  /** Made by the first run; the backend has them until `dispose`. */
  private weights: NamedTensors | undefined;

  constructor(backend: string, program: ForwardProgram, parameters: readonly Parameter[]) {
    this.backend = backend;
    this.program = program;
    this.parameters = parameters;
  }

  async run(inputs: HostTensors): Promise<Record<string, HostTensor>> {
    const results: Record<string, HostTensor> = {};
    await withBackend(this.backend, () =>
      tidy(() => {
        this.weights ??= kept(weightTensors(this.parameters, this.backend));
        for (const [name, output] of Object.entries(this.program(this.weights, inputTensors(inputs)))) {
          // A copy: an output may be a weight or an input itself, whose array the backend has.
          results[name] = { data: output.dataSync().slice() as Float32Array, shape: [...output.shape] };
        }
      }),
    );
    return results;
  }

  async dispose(): Promise<void> {
    for (const weight of Object.values(this.weights ?? {})) weight.dispose();
    this.weights = undefined;
  }
}

function kept(tensors: NamedTensors): NamedTensors {
  for (const each of Object.values(tensors)) keep(each);
  return tensors;
}
