import { tidy } from '@tensorflow/tfjs-core';
import { type DropoutSlot, dropoutContext } from '../dropout.ts';
import type { HostTensors } from '../engine.ts';
import { lossesAndGradients } from '../losses-and-gradients.ts';
import type { Parameter } from '../parameters.ts';
import type { ForwardProgram, NamedTensors, TrainingProgram } from '../program.ts';
import { withBackend } from '../tfjs.ts';
import { fuseOperations } from './fuse.ts';
import type { GraphEnd, GraphRecorder, Recorded } from './graph-recorder.ts';
import { registerTraceKernels } from './kernels.ts';
import type { OnnxGraph, OnnxModel } from './onnx-model.ts';
import { TRACE_BACKEND, type TraceBackend, traceBackend } from './trace-backend.ts';

/** How a parameter's gradient leaves the graph: as a dense tensor, as rows to be added at indices, or as both. */
export interface GradientEnds {
  readonly parameter: string;
  readonly dense?: number;
  readonly sparse: readonly { readonly rows: number; readonly indices: number }[];
}

/** Numbers are positions in the session's outputs `out0`, `out1`, … */
export interface TracedStep {
  readonly model: OnnxModel;
  /** Most bytes that computed values take at a time, gradients and other outputs left out. */
  readonly computedBytes: number;
  readonly usedInputs: ReadonlySet<string>;
  readonly nodeCount: number;
  readonly outputs: readonly GraphEnd[];
  readonly loss: number;
  readonly terms: Readonly<Record<string, number>>;
  readonly gradients: readonly GradientEnds[];
  readonly dropout: readonly DropoutSlot[];
}

export const parameterInput = (name: string) => `p:${name}`;
export const batchInput = (name: string) => `x:${name}`;
export const dropoutInput = (index: number) => `d:${index}`;

/** Loss, terms and gradients of one input shape, as recorded: nothing is written yet. */
export interface RecordedStep extends Omit<TracedStep, 'model' | 'computedBytes' | 'usedInputs' | 'nodeCount'> {
  readonly recorder: GraphRecorder;
  /** Weights, batch and dropout masks, whether they are read or not. */
  readonly inputs: readonly GraphEnd[];
}

export function recordStep(
  program: TrainingProgram,
  parameters: Iterable<Parameter>,
  inputs: HostTensors,
): Promise<RecordedStep> {
  return tracing((backend) => {
    const ends: GraphEnd[] = [];
    const weights = placeholders(
      backend,
      ends,
      [...parameters].map(({ name, shape }) => ({ key: name, name: parameterInput(name), shape, type: 'float32' })),
    );
    const batch = batchPlaceholders(backend, ends, inputs);
    const dropout: DropoutSlot[] = [];
    const context = dropoutContext((slot) => {
      dropout.push(slot);
      const end = { name: dropoutInput(slot.index), shape: slot.shape, type: 'float32' } as const;
      ends.push(end);
      return backend.placeholder(end.name, end.shape, end.type);
    });
    const outputs = new OutputList();
    let loss = -1;
    const terms: Record<string, number> = {};
    const gradients = lossesAndGradients({
      program,
      parameters: weights,
      inputs: batch,
      context,
      onTerms: (lossTensor, termTensors) => {
        loss = outputs.add({ name: backend.nameOf(lossTensor), shape: [], type: 'float32' });
        for (const [name, term] of Object.entries(termTensors))
          terms[name] = outputs.add({ name: backend.nameOf(term), shape: [], type: 'float32' });
      },
    });
    const gradientEnds = [...gradients].map(([parameter, gradient]): GradientEnds => {
      const value = backend.traced(gradient);
      const { rowSums = [], shape } = value;
      const isDense = rowSums.length === 0 || value.name !== '';
      const name = isDense ? backend.materialize({ ...value, rowSums: undefined }) : '';
      return {
        parameter,
        ...(isDense ? { dense: outputs.add({ name, shape, type: 'float32' }) } : {}),
        sparse: rowSums.map(({ rows, indices, rowShape }) => ({
          rows: outputs.add({ name: rows, shape: rowShape, type: 'float32' }),
          indices: outputs.add({ name: indices, shape: [rowShape[0] as number], type: 'int32' }),
        })),
      };
    });
    const { recorder } = backend;
    return { recorder, inputs: ends, outputs: outputs.ends, loss, terms, gradients: gradientEnds, dropout };
  });
}

/** The recorded step as an ONNX model. */
export function writeStep({ recorder, inputs, ...step }: RecordedStep): TracedStep {
  return { ...recorder.build(inputs, step.outputs, fuseOperations), ...step };
}

export interface TracedForward {
  readonly model: OnnxModel;
  readonly usedInputs: ReadonlySet<string>;
  readonly nodeCount: number;
  readonly outputs: readonly GraphEnd[];
  /** output name of the program -> position */
  readonly results: Readonly<Record<string, number>>;
}

/** Records one forward pass at one input shape, as it is: nothing is written yet. */
export function recordForward(
  program: ForwardProgram,
  parameters: Iterable<Parameter>,
  inputs: HostTensors,
): Promise<Recorded & { readonly outputs: readonly { readonly title: string; readonly value: GraphEnd }[] }> {
  return tracing((backend) => {
    const batch = batchPlaceholders(backend, [], inputs);
    const outputs = Object.entries(program(bakedWeights(backend, parameters), batch)).map(([title, tensor]) => {
      const { shape, type, ...value } = backend.traced(tensor);
      return { title, value: { name: backend.materialize({ ...value, shape, type }), shape, type } };
    });
    return { ...backend.recorder.recorded(outputs.map(({ value }) => value.name)), outputs };
  });
}

/**
 * Records one forward pass with the weights baked in, which lets the runtime pack them (measured: 11 % faster).
 *
 * @param rewrite gets the finished graph before it is written
 */
export function traceForward(
  program: ForwardProgram,
  parameters: Iterable<Parameter>,
  inputs: HostTensors,
  rewrite?: (graph: OnnxGraph) => OnnxGraph,
): Promise<TracedForward> {
  return tracing((backend) => {
    const weights = bakedWeights(backend, parameters);
    const ends: GraphEnd[] = [];
    const batch = batchPlaceholders(backend, ends, inputs);
    const outputs = new OutputList();
    const results: Record<string, number> = {};
    for (const [name, tensor] of Object.entries(program(weights, batch))) {
      const value = backend.traced(tensor);
      results[name] = outputs.add({ name: backend.materialize(value), shape: value.shape, type: value.type });
    }
    return { ...backend.recorder.build(ends, outputs.ends, rewrite), outputs: outputs.ends, results };
  });
}

function bakedWeights(backend: TraceBackend, parameters: Iterable<Parameter>): NamedTensors {
  return Object.fromEntries(
    [...parameters].map(({ name, shape, values }) => {
      backend.recorder.initializer(parameterInput(name), shape, values);
      return [name, backend.placeholder(parameterInput(name), shape, 'float32')];
    }),
  );
}

async function tracing<T>(body: (backend: TraceBackend) => T): Promise<T> {
  registerTraceKernels();
  const backend = traceBackend();
  return withBackend(TRACE_BACKEND, () => {
    backend.reset();
    let result: T | undefined;
    // Nothing is returned through tidy: it would look for tensors in every byte of the model.
    tidy(() => {
      result = body(backend);
    });
    return result as T;
  });
}

function batchPlaceholders(backend: TraceBackend, ends: GraphEnd[], inputs: HostTensors): NamedTensors {
  return placeholders(
    backend,
    ends,
    Object.entries(inputs).map(([key, { data, shape }]) => ({
      key,
      name: batchInput(key),
      shape,
      type: data instanceof Int32Array ? 'int32' : data instanceof Uint16Array ? 'float16' : 'float32',
    })),
  );
}

function placeholders(
  backend: TraceBackend,
  ends: GraphEnd[],
  wanted: readonly (GraphEnd & { key: string })[],
): NamedTensors {
  return Object.fromEntries(
    wanted.map(({ key, name, shape, type }) => {
      ends.push({ name, shape, type });
      if (type !== 'float16') return [key, backend.placeholder(name, shape, type)];
      return [key, backend.placeholder(backend.recorder.node('Cast', [name], { to: 1 }), shape, 'float32')];
    }),
  );
}

class OutputList {
  readonly ends: GraphEnd[] = [];

  add(end: GraphEnd): number {
    const known = this.ends.findIndex(({ name }) => name === end.name);
    return known >= 0 ? known : this.ends.push(end) - 1;
  }
}
