import { ShapeError } from '@retort/foundation/diagnostics';
import { HostMemory } from './host-memory.ts';

/** A tensor in host memory, row-major. */
export interface HostTensor {
  readonly data: Float32Array | Int32Array;
  readonly shape: readonly number[];
}

/** What goes into a program; a Uint16Array has the bits of float16 numbers, which the program sees as float32. */
export interface InputTensor {
  readonly data: Float32Array | Int32Array | Uint16Array;
  readonly shape: readonly number[];
}

export interface Parameter {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** A parameter that is trained. What the optimizer keeps of it lies beside it, in the same memory. */
export interface TrainedParameter extends Parameter {
  readonly gradient: Float32Array;
  /**
   * Rows of the first axis, ascending: the gradient is 0 in all others. Undefined when none is known to be. Belongs to whoever
   * writes the gradient.
   */
  gradientRows: Int32Array | undefined;
  /** What the optimizer keeps from step to step, such as moments: arrays as long as the values, 0 at first. */
  readonly states: readonly Float32Array[];
}

export type InitialValues = ReadonlyMap<string, { readonly shape: readonly number[]; readonly values: Float32Array }>;

/** Elements in a row of the first axis. */
export function rowWidth({ shape }: Pick<Parameter, 'shape'>): number {
  return shape.slice(1).reduce((a, b) => a * b, 1);
}

/** The weights of one model that is trained, by name, all in one block of host memory. Copies the initial values. */
export class ParameterSet {
  readonly memory: HostMemory;
  readonly byName: ReadonlyMap<string, TrainedParameter>;

  /** @param states arrays that the optimizer keeps of each parameter; two, as Adam has, when left out */
  constructor(initial: InitialValues, { states = 2 }: { readonly states?: number } = {}) {
    const floats = [...initial.values()].reduce((sum, { values }) => sum + values.length, 0);
    this.memory = new HostMemory({ floats: floats * (2 + states), arrays: initial.size * (2 + states) });
    const byName = new Map<string, TrainedParameter>();
    for (const [name, { shape, values }] of initial) {
      const size = shape.reduce((a, b) => a * b, 1);
      if (size !== values.length)
        throw new ShapeError(
          `parameter ${name} has ${values.length} values, expected [${shape.join(', ')}] = ${size}.`,
        );
      const weights = this.memory.allocate(size);
      weights.set(values);
      byName.set(name, {
        name,
        shape,
        values: weights,
        gradient: this.memory.allocate(size),
        gradientRows: undefined,
        states: Array.from({ length: states }, () => this.memory.allocate(size)),
      });
    }
    this.byName = byName;
  }

  get size(): number {
    return [...this.byName.values()].reduce((sum, { values }) => sum + values.length, 0);
  }

  /** A copy of the weights, detached from the memory that training writes to. */
  snapshot(): Map<string, { shape: readonly number[]; values: Float32Array }> {
    return new Map([...this.byName].map(([name, { shape, values }]) => [name, { shape, values: values.slice() }]));
  }
}
