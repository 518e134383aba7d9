import { type Tensor, tensor, tidy } from '@tensorflow/tfjs-core';
import { dropoutContext, fillDropoutMask } from './dropout.ts';
import type { Engine, ForwardPass, HostTensors, StepOptions, Trainer } from './engine.ts';
import { HostMemory } from './host-memory.ts';
import { lossesAndGradients } from './losses-and-gradients.ts';
import type { HostTensor, Parameter, ParameterSet } from './parameters.ts';
import type { ForwardProgram, NamedTensors, TrainingProgram } from './program.ts';
import { withBackend } from './tfjs.ts';

/** tfjs in plain JavaScript, operation by operation. About 150 times slower than `onnx`: the oracle, on tiny shapes. */
export function createCpuEngine(): Engine {
  return {
    name: 'cpu',
    trainer: (program, parameters) => new CpuTrainer(program, parameters),
    forward: (program, parameters) => new CpuForwardPass(program, [...parameters]),
  };
}

function toTensor({ data, shape }: HostTensor): Tensor {
  return tensor(data, [...shape], data instanceof Int32Array ? 'int32' : 'float32');
}

function weightTensors(parameters: Iterable<Parameter>): NamedTensors {
  // tfjs's cpu backend keeps the array that it is given; the optimizer changes ours in place.
  return Object.fromEntries(
    [...parameters].map(({ name, shape, values }) => [name, toTensor({ data: values.slice(), shape })]),
  );
}

function inputTensors(inputs: HostTensors): NamedTensors {
  return Object.fromEntries(Object.entries(inputs).map(([name, input]) => [name, toTensor(input)]));
}

class CpuTrainer implements Trainer {
  reached: ReadonlySet<string> = new Set();
  private readonly program: TrainingProgram;
  private readonly parameters: ParameterSet;

  constructor(program: TrainingProgram, parameters: ParameterSet) {
    this.program = program;
    this.parameters = parameters;
  }

  async step(
    inputs: HostTensors,
    { dropoutKey, accumulate = false }: StepOptions,
  ): Promise<{ loss: number; terms: Record<string, number> }> {
    return withBackend(
      'cpu',
      () =>
        tidy(() => {
          const result = { loss: Number.NaN, terms: {} as Record<string, number> };
          const context = dropoutContext((slot) => {
            const size = slot.shape.reduce((a, b) => a * b, 1);
            const memory = new HostMemory({ floats: size, arrays: 1 });
            const mask = memory.allocate(size);
            fillDropoutMask(memory, mask, slot, dropoutKey);
            return toTensor({ data: mask, shape: slot.shape });
          });
          const gradients = lossesAndGradients({
            program: this.program,
            parameters: weightTensors(this.parameters.byName.values()),
            inputs: inputTensors(inputs),
            context,
            onTerms: (loss, terms) => {
              result.loss = loss.dataSync()[0] as number;
              for (const [name, term] of Object.entries(terms)) result.terms[name] = term.dataSync()[0] as number;
            },
          });
          this.reached = new Set(gradients.keys());
          for (const [name, gradient] of gradients) {
            const target = this.parameters.byName.get(name)?.gradient as Float32Array;
            const values = gradient.dataSync();
            if (accumulate)
              for (let i = 0; i < values.length; i++) target[i] = (target[i] as number) + (values[i] as number);
            else target.set(values);
          }
          return result;
        }) as never,
    );
  }

  async dispose(): Promise<void> {}
}

class CpuForwardPass implements ForwardPass {
  private readonly program: ForwardProgram;
  private readonly parameters: readonly Parameter[];

  constructor(program: ForwardProgram, parameters: readonly Parameter[]) {
    this.program = program;
    this.parameters = parameters;
  }

  async run(inputs: HostTensors): Promise<Record<string, HostTensor>> {
    return withBackend('cpu', () => {
      const results: Record<string, HostTensor> = {};
      tidy(() => {
        for (const [name, output] of Object.entries(
          this.program(weightTensors(this.parameters), inputTensors(inputs)),
        )) {
          results[name] = { data: output.dataSync() as Float32Array, shape: [...output.shape] };
        }
      });
      return results;
    });
  }

  async dispose(): Promise<void> {}
}
