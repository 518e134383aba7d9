import { RetortError } from '@retort/foundation/diagnostics';
import * as ort from 'onnxruntime-node';
import { fillDropoutMask } from './dropout.ts';
import { HostMemory } from './host-memory.ts';
import type { ParameterSet, TrainedParameter } from './parameters.ts';
import type { OnnxEnd } from './trace/onnx-model.ts';
import type { SizedSlot, StepForAllSizes } from './trace/step-for-all-sizes.ts';
import { type Sizes, sizeAt } from './trace/symbolic.ts';
import { dropoutInput, parameterInput } from './trace/trace.ts';

/** A step that was compiled for one shape of its batches, or for all. */
export type SizedStep = Omit<StepForAllSizes, 'model' | 'sizesOf'>;

/** What a step reads beside its batch, and where its outputs go, for batches of some sizes. */
interface Bound {
  /** Feeds that are the same arrays at every step: weights and dropout masks. */
  readonly standing: Readonly<Record<string, ort.Tensor>>;
  readonly masks: readonly Float32Array[];
  /** Gradients that leave the graph dense are written into the parameters' own arrays. */
  readonly fetches: Readonly<Record<string, ort.Tensor>>;
}

/** The arrays of a compiled step: as large as the largest batch so far needs them, with views for smaller ones. */
export class StepArrays {
  private readonly step: SizedStep;
  private readonly weights: Readonly<Record<string, ort.Tensor>>;
  /** Output -> array of the parameter whose gradient it is. */
  private readonly gradients: ReadonlyMap<number, Float32Array>;
  private readonly outputs = new Map<number, Float32Array | Int32Array>();
  private maskMemory: HostMemory | undefined;
  private maskArrays: readonly Float32Array[] = [];
  private bound: { readonly key: string; readonly arrays: Bound } | undefined;

  constructor(step: SizedStep, parameters: ParameterSet) {
    this.step = step;
    const used = [...parameters.byName.values()].filter(({ name }) => step.usedInputs.has(parameterInput(name)));
    this.weights = Object.fromEntries(
      used.map(({ name, shape, values }) => [parameterInput(name), new ort.Tensor('float32', values, [...shape])]),
    );
    this.gradients = new Map(
      step.gradients.flatMap(({ dense, parameter }) =>
        dense === undefined ? [] : [[dense, parameterOf(parameters, parameter).gradient] as const],
      ),
    );
  }

  at(sizes: Sizes): Bound {
    const key = Object.values(sizes).join();
    if (this.bound?.key !== key) this.bound = { key, arrays: this.bind(sizes) };
    return this.bound.arrays;
  }

  fillMasks({ masks }: Bound, dropoutKey: number): void {
    for (const [i, slot] of this.step.dropout.entries())
      fillDropoutMask(this.maskMemory as HostMemory, masks[i] as Float32Array, slot, dropoutKey);
  }

  private bind(sizes: Sizes): Bound {
    const shapes = this.step.dropout.map((slot) => shapeAt(slot, sizes));
    const masks = this.masksFor(shapes.map(lengthOf));
    const maskFeeds = this.step.dropout.map(({ index }, i) => [
      dropoutInput(index),
      new ort.Tensor('float32', masks[i] as Float32Array, shapes[i] as number[]),
    ]);
    const fetches = this.step.outputs.map((end, index) => {
      const shape = shapeAt(end, sizes);
      const data = this.gradients.get(index) ?? this.outputFor(index, end.type, lengthOf(shape));
      return [
        `out${index}`,
        data instanceof Int32Array ? new ort.Tensor('int32', data, shape) : new ort.Tensor('float32', data, shape),
      ];
    });
    return {
      standing: { ...this.weights, ...Object.fromEntries(maskFeeds) },
      masks,
      fetches: Object.fromEntries(fetches),
    };
  }

  private masksFor(lengths: readonly number[]): Float32Array[] {
    if (lengths.some((length, i) => length > (this.maskArrays[i]?.length ?? -1))) {
      const largest = lengths.map((length, i) => Math.max(length, this.maskArrays[i]?.length ?? 0));
      const memory = new HostMemory({ floats: largest.reduce((a, b) => a + b, 0), arrays: largest.length });
      this.maskMemory = memory;
      this.maskArrays = largest.map((length) => memory.allocate(length));
    }
    return this.maskArrays.map((array, i) => array.subarray(0, lengths[i]));
  }

  private outputFor(index: number, type: OnnxEnd['type'], length: number): Float32Array | Int32Array {
    let array = this.outputs.get(index);
    if (array === undefined || array.length < length) {
      array = type === 'int32' ? new Int32Array(length) : new Float32Array(length);
      this.outputs.set(index, array);
    }
    return array.subarray(0, length);
  }
}

export function parameterOf(parameters: ParameterSet, name: string): TrainedParameter {
  const parameter = parameters.byName.get(name);
  if (parameter === undefined) throw new RetortError('UNKNOWN_PARAMETER', `There is no parameter ${name}.`);
  return parameter;
}

function shapeAt({ shape }: Pick<OnnxEnd | SizedSlot, 'shape'>, sizes: Sizes): number[] {
  return shape.map((size) => sizeAt(size, sizes));
}

function lengthOf(shape: readonly number[]): number {
  return shape.reduce((a, b) => a * b, 1);
}
