import type { DropoutSlot } from '../dropout.ts';
import type { HostTensors } from '../engine.ts';
import { fuseOperations } from './fuse.ts';
import type { GraphEnd } from './graph-recorder.ts';
import { type OnnxEnd, type OnnxModel, splitOnnxModel } from './onnx-model.ts';
import { mergeRecordings, notSymbolic, type SizedRecording, type Sizes, sizeExpression } from './symbolic.ts';
import { batchInput, type RecordedStep, type TracedStep } from './trace.ts';

/** A dropout mask whose size may go by the batch. */
export interface SizedSlot extends Omit<DropoutSlot, 'shape'> {
  readonly shape: OnnxEnd['shape'];
}

/** A training step as one graph for every size of its batches. */
export interface StepForAllSizes extends Pick<TracedStep, 'usedInputs' | 'loss' | 'terms' | 'gradients'> {
  readonly model: OnnxModel;
  readonly outputs: readonly OnnxEnd[];
  readonly dropout: readonly SizedSlot[];
  /** The sizes that a batch has by name; undefined when it has another form than the batches that the step was recorded with. */
  readonly sizesOf: (inputs: HostTensors) => Sizes | undefined;
}

/**
 * One graph from the same step recorded with batches of two shapes. Axes that differ between them are free; those that have
 * the same sizes in both are one.
 *
 * @throws RetortError TRACE_NOT_SYMBOLIC when the program does something else with the other batch, or that has other inputs
 */
export function mergeSteps(first: RecordedStep, second: RecordedStep): StepForAllSizes {
  if (formOf(first) !== formOf(second)) throw notSymbolic('what goes in and comes out');
  const sizes = namedSizes(first, second);
  const shapeOf = ({ shape }: Pick<GraphEnd, 'shape'>, other: Pick<GraphEnd, 'shape'>) =>
    shape.map((size, axis) => sizeExpression([size, other.shape[axis] as number], sizes));
  const inputs = first.inputs.map((end, i) => ({
    name: end.name,
    value: end.name,
    type: end.type,
    dimensions: shapeOf(end, second.inputs[i] as GraphEnd),
  }));
  const [a, b] = [first, second].map((step, i) => recordingOf(step, sizes[i] as Sizes)) as [
    SizedRecording,
    SizedRecording,
  ];
  const graph = fuseOperations(mergeRecordings(a, b, { inputs, isPortable: false }));
  const read = new Set(graph.nodes.flatMap((node) => node.inputs));
  const used = graph.inputs.filter(({ name }) => read.has(name));
  const { loss, terms, gradients } = first;
  return {
    model: splitOnnxModel({ ...graph, inputs: used }),
    usedInputs: new Set(used.map(({ name }) => name)),
    outputs: graph.outputs,
    loss,
    terms,
    gradients,
    dropout: first.dropout.map((slot, i) => ({
      ...slot,
      shape: shapeOf(slot, second.dropout[i] as DropoutSlot),
    })),
    sizesOf: (batch) =>
      sizesIn(batch, new Map(inputs.filter(isOfBatch).map(({ name, dimensions }) => [name, dimensions]))),
  };
}

/** What two recordings of one step have in common: inputs and masks by name, outputs, and the rank of each. */
function formOf({ inputs, outputs }: RecordedStep): string {
  return JSON.stringify([
    inputs.map(({ name, shape }) => [name, shape.length]),
    outputs.map(({ shape }) => shape.length),
  ]);
}

function recordingOf({ recorder, outputs }: RecordedStep, sizes: Sizes): SizedRecording {
  return {
    ...recorder.recorded(outputs.map(({ name }) => name)),
    sizes,
    outputs: outputs.map((value, i) => ({ title: `out${i}`, value })),
  };
}

/** A name for every pair of different sizes that an axis of the batches has. */
function namedSizes(first: RecordedStep, second: RecordedStep): [Sizes, Sizes] {
  const pairs = new Map<string, readonly [number, number]>();
  for (const [i, { name, shape }] of first.inputs.entries()) {
    if (!isOfBatch({ name })) continue;
    for (const [axis, size] of shape.entries()) {
      const other = (second.inputs[i] as GraphEnd).shape[axis] as number;
      if (size !== other) pairs.set(`${size} ${other}`, [size, other]);
    }
  }
  const named = [...pairs.values()].map((pair, i) => [`size${i}`, pair] as const);
  return [0, 1].map((at) => Object.fromEntries(named.map(([name, pair]) => [name, pair[at as 0 | 1]]))) as [
    Sizes,
    Sizes,
  ];
}

const isOfBatch = ({ name }: { readonly name: string }) => name.startsWith(batchInput(''));

function sizesIn(batch: HostTensors, dimensions: ReadonlyMap<string, OnnxEnd['shape']>): Sizes | undefined {
  if (Object.keys(batch).length !== dimensions.size) return undefined;
  const sizes: Record<string, number> = {};
  for (const [key, { shape }] of Object.entries(batch)) {
    const expected = dimensions.get(batchInput(key));
    if (expected?.length !== shape.length) return undefined;
    for (const [axis, size] of shape.entries()) {
      const dimension = expected[axis] as number | string;
      const known = typeof dimension === 'number' ? dimension : (sizes[dimension] ??= size);
      if (known !== size) return undefined;
    }
  }
  return sizes;
}
