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

/** A parameter that is trained. The optimizer's moments lie beside it, in the same memory. */
export interface TrainedParameter extends Parameter {
  readonly gradient: Float32Array;
  /**
   * Rows of the first axis, ascending: the gradient is 0 in all others. Undefined when none is known to be. Belongs to whoever
   * writes the gradient.
   */
  gradientRows: Int32Array | undefined;
  readonly firstMoment: Float32Array;
  readonly secondMoment: Float32Array;
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

  constructor(initial: InitialValues) {
    const floats = [...initial.values()].reduce((sum, { values }) => sum + values.length, 0);
    this.memory = new HostMemory({ floats: floats * 4, arrays: initial.size * 4 });
    const byName = new Map<string, TrainedParameter>();
    for (const [name, { shape, values }] of initial) {
      const size = shape.reduce((a, b) => a * b, 1);
      if (size !== values.length)
        throw new ShapeError(
          `parameter ${name} has ${values.length} values, expected [${shape.join(', ')}] = ${size}.`,
        );
      const [weights, gradient, firstMoment, secondMoment] = [0, 1, 2, 3].map(() => this.memory.allocate(size)) as [
        Float32Array,
        Float32Array,
        Float32Array,
        Float32Array,
      ];
      weights.set(values);
      byName.set(name, {
        name,
        shape,
        values: weights,
        gradient,
        gradientRows: undefined,
        firstMoment,
        secondMoment,
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
