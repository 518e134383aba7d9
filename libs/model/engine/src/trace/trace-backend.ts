import { RetortError } from '@retort/foundation/diagnostics';
import {
  type backend_util,
  type DataId,
  type DataType,
  engine,
  findBackend,
  KernelBackend,
  registerBackend,
  type Tensor,
  type TensorInfo,
} from '@tensorflow/tfjs-core';
import { GraphRecorder, type TraceType, traceType } from './graph-recorder.ts';

export const TRACE_BACKEND = 'retort-trace';

/** `rows` [n, …] to be added at `indices` [n]. */
export interface RowSum {
  readonly rows: string;
  readonly indices: string;
  readonly rowShape: readonly number[];
}

/** What stands for a tensor while a program is traced. */
export interface TraceValue {
  /** Name of the value in the graph. Where `expandedFrom` is set it is that smaller value's name. */
  readonly name: string;
  readonly shape: readonly number[];
  readonly type: TraceType;
  /** Set when every element is this constant. */
  readonly uniform?: number;
  /**
   * The value is `name`, of this shape, broadcast to `shape`, but no node has done so yet: an elementwise operation with
   * a full-sized operand broadcasts by itself. (tfjs's gradients of sums multiply with ones of the full shape.)
   */
  readonly expandedFrom?: readonly number[];
  /**
   * Rows still to be added to the value at indices; without a `name` they are all there is. Kept apart so that the
   * gradient of an embedding table can leave the graph as rows instead of as a table that is almost all zeros.
   */
  readonly rowSums?: readonly RowSum[] | undefined;
}

/** A tfjs backend that computes nothing: every kernel adds a node to a graph. One program is traced at a time. */
export class TraceBackend extends KernelBackend {
  recorder = new GraphRecorder();
  private values = new WeakMap<DataId, TraceValue>();

  /** A fresh graph; values of the last one are gone. */
  reset(): void {
    this.recorder = new GraphRecorder();
    this.values = new WeakMap();
  }

  traced(info: { dataId: DataId }): TraceValue {
    const value = this.values.get(info.dataId);
    if (value === undefined) {
      throw new RetortError(
        'TRACE_FOREIGN_TENSOR',
        'A traced program used a tensor that was made outside of it. Pass it in as an input or a parameter.',
      );
    }
    return value;
  }

  /** The name of a value of its full shape. */
  nameOf(info: { dataId: DataId }): string {
    return this.materialize(this.traced(info));
  }

  materialize(value: TraceValue): string {
    if (value.rowSums !== undefined) return this.scatter(value);
    if (value.expandedFrom === undefined) return value.name;
    const shape = this.recorder.constant('int64', [value.shape.length], value.shape);
    const name = this.recorder.node('Expand', [value.name, shape]);
    this.recorder.describe({ name, shape: value.shape, type: value.type });
    return name;
  }

  make(value: TraceValue): TensorInfo {
    const dataId = {};
    this.values.set(dataId, value);
    this.recorder.describe({ name: value.name, shape: value.expandedFrom ?? value.shape, type: value.type });
    return { dataId, shape: [...value.shape], dtype: value.type as DataType };
  }

  /** A tensor for something that is fed into the graph. */
  placeholder(name: string, shape: readonly number[], type: TraceType): Tensor {
    return engine().makeTensorFromTensorInfo(this.make({ name, shape, type }));
  }

  override write(values: backend_util.BackendValues, shape: number[], dtype: DataType): DataId {
    if (values === null)
      throw new RetortError('TRACE_FOREIGN_TENSOR', 'A traced program made a tensor without values.');
    const type = traceType(dtype);
    const numbers = values as ArrayLike<number>;
    const first = numbers[0];
    const uniform = first !== undefined && isUniform(numbers) ? Number(first) : undefined;
    const dataId = {};
    // A large constant of one value is a scalar that is broadcast: gradients make many of them.
    const value: TraceValue =
      uniform === undefined || shape.length === 0
        ? {
            name: this.recorder.constant(type, shape, numbers),
            shape,
            type,
            ...(uniform === undefined ? {} : { uniform }),
          }
        : {
            name: this.recorder.constant(
              type,
              shape.map(() => 1),
              [uniform],
            ),
            shape,
            type,
            uniform,
            expandedFrom: shape.map(() => 1),
          };
    this.values.set(dataId, value);
    return dataId;
  }

  override disposeData(): boolean {
    return true;
  }

  override incRef(): void {}

  override refCount(): number {
    return 1;
  }

  override numDataIds(): number {
    return 0;
  }

  override floatPrecision(): 32 {
    return 32;
  }

  override epsilon(): number {
    return 1e-7;
  }

  override memory(): { unreliable: boolean } {
    return { unreliable: true };
  }

  override readSync(): never {
    throw new RetortError('TRACE_READ', 'A traced program read the values of a tensor. It may only compute with them.');
  }

  override async read(): Promise<never> {
    return this.readSync();
  }

  private scatter({ name, rowSums = [], shape }: TraceValue): string {
    const zeros = () =>
      this.recorder.node('Expand', [
        this.recorder.constant(
          'float32',
          shape.map(() => 1),
          [0],
        ),
        this.recorder.constant('int64', [shape.length], shape),
      ]);
    return rowSums.reduce((sum, { rows, indices, rowShape }) => {
      const wide = this.recorder.node('Cast', [indices], { to: 7 });
      const column = this.recorder.node('Reshape', [
        wide,
        this.recorder.constant('int64', [2], [rowShape[0] as number, 1]),
      ]);
      return this.recorder.node('ScatterND', [sum, column, rows], { reduction: 'add' });
    }, name || zeros());
  }
}

function isUniform(values: ArrayLike<number>): boolean {
  for (let i = 1; i < values.length; i++) if (values[i] !== values[0]) return false;
  return true;
}

/** The one trace backend of the process, registered with tfjs on first use. */
export function traceBackend(): TraceBackend {
  const existing = findBackend(TRACE_BACKEND);
  if (existing instanceof TraceBackend) return existing;
  const backend = new TraceBackend();
  registerBackend(TRACE_BACKEND, () => backend, 0);
  return backend;
}
