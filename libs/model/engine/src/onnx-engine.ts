import { RetortError } from '@retort/foundation/diagnostics';
import * as ort from 'onnxruntime-node';
import { requireEngine } from './availability.ts';
import { ARENA_FACTOR, COPIES_OF_WEIGHTS, LIVE_FORWARD_BYTES, SESSION_BYTES, TRAINER_BYTES } from './budgets.ts';
import type { Engine, ForwardOptions, ForwardPass, FreeAxes, HostTensors, StepOptions, Trainer } from './engine.ts';
import {
  type HostTensor,
  type InputTensor,
  type Parameter,
  type ParameterSet,
  rowWidth,
  type TrainedParameter,
} from './parameters.ts';
import type { ForwardProgram, TrainingProgram } from './program.ts';
import { SessionCache } from './session-cache.ts';
import { parameterOf, type SizedStep, StepArrays } from './step-arrays.ts';
import { fuseOperations } from './trace/fuse.ts';
import { type OnnxGraph, type OnnxModel, splitOnnxModel } from './trace/onnx-model.ts';
import { type QuantizedWeights, quantizeDynamically } from './trace/quantize.ts';
import { recordForAllSizes } from './trace/record-for-all-sizes.ts';
import { mergeSteps, type StepForAllSizes } from './trace/step-for-all-sizes.ts';
import type { Sizes } from './trace/symbolic.ts';
import { batchInput, type RecordedStep, recordStep, type TracedStep, traceForward, writeStep } from './trace/trace.ts';

/** What an engine's sessions run on. */
interface Runtime {
  readonly provider: OnnxProvider;
  readonly threads: number;
}

const PROVIDERS = { onnx: 'cpu', 'onnx-cuda': 'cuda', 'onnx-webgpu': 'webgpu' } as const;
type OnnxProvider = (typeof PROVIDERS)[keyof typeof PROVIDERS];

/** @throws UsageError ENGINE_NOT_INSTALLED; its sessions RetortError ENGINE_NOT_LOADED where there is no GPU */
export function createOnnxEngine({ name, threads }: { name: keyof typeof PROVIDERS; threads: number }): Engine {
  requireEngine(name);
  const runtime = { provider: PROVIDERS[name], threads };
  return {
    name,
    trainer: (program, parameters) => new OnnxTrainer(program, parameters, runtime),
    forward: (program, parameters, { precision = 'float32', ...options } = {}) =>
      new OnnxForwardPass(program, [...parameters], { ...runtime, ...options, precision }),
  };
}

async function createSession(
  { model, externalData }: OnnxModel,
  { provider, threads }: Runtime,
): Promise<ort.InferenceSession> {
  return ort.InferenceSession.create(model, {
    externalData,
    executionProviders: [provider],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    // A pattern is one more block beside the arena (measured: 0.9 GB for 12 x 768 at 16 x 64), and no faster.
    enableMemPattern: false,
    logSeverityLevel: 3,
  }).catch((cause: Error) => {
    if (provider === 'cpu') throw cause;
    throw new RetortError(
      'ENGINE_NOT_LOADED',
      `ONNX Runtime could not use its ${provider} provider: ${reasonOf(cause)}. To run on the processor, use the engine "onnx".`,
      { cause },
    );
  });
}

/** ONNX Runtime puts file, function and condition before what went wrong. */
function reasonOf({ message }: Error): string {
  return message
    .replace(/^.*was false\. /s, '')
    .trim()
    .replace(/\.$/, '');
}

const shapeKey = (inputs: HostTensors) =>
  Object.entries(inputs)
    .map(([name, { shape }]) => `${name}[${shape.join()}]`)
    .join(' ');

function toOrt({ data, shape }: InputTensor): ort.Tensor {
  if (data instanceof Uint16Array) return float16Tensor(data, shape);
  return data instanceof Int32Array
    ? new ort.Tensor('int32', data, [...shape])
    : new ort.Tensor('float32', data, [...shape]);
}

/** Where there is a Float16Array (Node 24), ONNX Runtime's JavaScript makes one of the data, and its compiled part sees none in it. */
function float16Tensor(data: Uint16Array, shape: readonly number[]): ort.Tensor {
  return Object.defineProperty(new ort.Tensor('float16', data, [...shape]), 'data', { value: data });
}

interface CompiledStep {
  readonly session: ort.InferenceSession;
  readonly step: SizedStep;
  readonly arrays: StepArrays;
}

class OnnxTrainer implements Trainer {
  reached: ReadonlySet<string> = new Set();
  /** A step for each shape: all of them where the program does not allow for one of all sizes, else that of the first batch. */
  private readonly steps: SessionCache<CompiledStep>;
  private readonly program: TrainingProgram;
  private readonly parameters: ParameterSet;
  private readonly runtime: Runtime;
  private first: { readonly recorded: RecordedStep; readonly key: string } | undefined;
  /** For all sizes, once a batch had another shape than the first one. */
  private forAll: (CompiledStep & Pick<StepForAllSizes, 'sizesOf'>) | undefined;
  private mayBeForAll = true;

  constructor(program: TrainingProgram, parameters: ParameterSet, runtime: Runtime) {
    this.program = program;
    this.parameters = parameters;
    this.runtime = runtime;
    this.steps = new SessionCache({
      budget: TRAINER_BYTES - COPIES_OF_WEIGHTS * 4 * parameters.size,
      release: ({ session }) => session.release(),
    });
  }

  async step(
    inputs: HostTensors,
    { dropoutKey, accumulate = false }: StepOptions,
  ): Promise<{ loss: number; terms: Record<string, number> }> {
    const { session, step, arrays, sizes } = await this.stepFor(inputs);
    const bound = arrays.at(sizes);
    arrays.fillMasks(bound, dropoutKey);
    const { fetches } = bound;
    const feeds: Record<string, ort.Tensor> = { ...bound.standing };
    for (const [name, tensor] of Object.entries(inputs)) {
      if (step.usedInputs.has(batchInput(name))) feeds[batchInput(name)] = toOrt(tensor);
    }
    const earlier = accumulate ? this.keepGradients(step) : undefined;
    await session.run(feeds, fetches);
    this.takeGradients(step, fetches);
    earlier?.();
    const value = (index: number) => (fetches[`out${index}`] as ort.Tensor).data[0] as number;
    return {
      loss: value(step.loss),
      terms: Object.fromEntries(Object.entries(step.terms).map(([name, index]) => [name, value(index)])),
    };
  }

  async dispose(): Promise<void> {
    await this.steps.clear();
    await this.forAll?.session.release();
  }

  /** Of the first shape alone until there is another one, and then of all sizes. */
  private async stepFor(inputs: HostTensors): Promise<CompiledStep & { readonly sizes: Sizes }> {
    const sizes = this.forAll?.sizesOf(inputs);
    if (this.forAll !== undefined && sizes !== undefined) return { ...this.forAll, sizes };
    const key = shapeKey(inputs);
    if (this.first !== undefined && this.first.key !== key && this.mayBeForAll) {
      this.mayBeForAll = false;
      await this.compileForAllSizes(this.first.recorded, inputs);
      return this.stepFor(inputs);
    }
    const compiled = await this.steps.get(key, async () => {
      const recorded = await this.record(inputs);
      this.first ??= { recorded, key };
      const traced = writeStep(recorded);
      return { cost: stepBytes(traced), create: () => this.compile(traced.model, traced) };
    });
    return { ...compiled, sizes: {} };
  }

  private record(inputs: HostTensors): Promise<RecordedStep> {
    return recordStep(this.program, this.parameters.byName.values(), inputs);
  }

  /** Nothing where the program does something else with other sizes: then there is a step for each. */
  private async compileForAllSizes(first: RecordedStep, inputs: HostTensors): Promise<void> {
    const step = mergedSteps(first, await this.record(inputs));
    if (step === undefined) return;
    await this.steps.clear();
    this.forAll = { ...(await this.compile(step.model, step)), sizesOf: step.sizesOf };
  }

  private async compile(model: OnnxModel, step: SizedStep): Promise<CompiledStep> {
    this.reached = new Set(step.gradients.map(({ parameter }) => parameter));
    return { session: await createSession(model, this.runtime), step, arrays: new StepArrays(step, this.parameters) };
  }

  /** Gradients that left the graph as rows, and dense ones that another parameter's output shares. */
  private takeGradients({ gradients }: SizedStep, fetches: Readonly<Record<string, ort.Tensor>>): void {
    const data = (output: number) => (fetches[`out${output}`] as ort.Tensor).data;
    for (const { parameter: name, dense, sparse } of gradients) {
      const parameter = parameterOf(this.parameters, name);
      const { gradient } = parameter;
      const indices = sparse.map(({ indices }) => data(indices) as Int32Array);
      if (dense === undefined) {
        clearGradient(parameter);
        parameter.gradientRows = distinctRows(indices);
      } else {
        const given = data(dense) as Float32Array;
        if (given.byteOffset !== gradient.byteOffset || given.buffer !== gradient.buffer) gradient.set(given);
        parameter.gradientRows = undefined;
      }
      for (const [i, { rows }] of sparse.entries())
        addRowsInto(gradient, data(rows) as Float32Array, indices[i] as Int32Array, rowWidth(parameter));
    }
  }

  /** Remembers the gradients that the run will overwrite; the function that it returns adds them on top. */
  private keepGradients({ gradients }: SizedStep): () => void {
    const kept = gradients.map(({ parameter: name }) => {
      const parameter = parameterOf(this.parameters, name);
      const { rows, width } = writtenRows(parameter);
      const before = new Float32Array(rows.length * width);
      for (const [i, row] of rows.entries()) before.set(rowOf(parameter.gradient, row, width), i * width);
      return { parameter, gradientRows: parameter.gradientRows, rows, width, before };
    });
    return () => {
      for (const { parameter, gradientRows, rows, width, before } of kept) {
        addRowsInto(parameter.gradient, before, rows, width);
        const now = parameter.gradientRows;
        parameter.gradientRows = gradientRows && now ? distinctRows([gradientRows, now]) : undefined;
      }
    };
  }
}

/** Where the gradient may not be 0; one row of everything where that is not known. */
function writtenRows(parameter: TrainedParameter): { readonly rows: Int32Array; readonly width: number } {
  const { gradient, gradientRows } = parameter;
  return gradientRows === undefined
    ? { rows: Int32Array.of(0), width: gradient.length }
    : { rows: gradientRows, width: rowWidth(parameter) };
}

function clearGradient(parameter: TrainedParameter): void {
  const { rows, width } = writtenRows(parameter);
  for (const row of rows) rowOf(parameter.gradient, row, width).fill(0);
}

/** Ascending. */
function distinctRows(indices: readonly Int32Array[]): Int32Array {
  return Int32Array.from(new Set(indices.flatMap((each) => [...each]))).sort();
}

/** Undefined where the two are not the same step at two sizes. */
function mergedSteps(first: RecordedStep, second: RecordedStep): StepForAllSizes | undefined {
  try {
    return mergeSteps(first, second);
  } catch (error) {
    if (error instanceof RetortError && error.code === 'TRACE_NOT_SYMBOLIC') return undefined;
    throw error;
  }
}

/** What a compiled step will take, as long as it lives. */
function stepBytes({ computedBytes, dropout }: TracedStep): number {
  const masks = dropout.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 4), 0);
  return computedBytes * ARENA_FACTOR + masks + SESSION_BYTES;
}

function addRowsInto(target: Float32Array, rows: Float32Array, indices: Int32Array, width: number): void {
  for (const [from, to] of indices.entries()) {
    const [source, sums] = [rowOf(rows, from, width), rowOf(target, to, width)];
    for (let i = 0; i < width; i++) sums[i] = (sums[i] as number) + (source[i] as number);
  }
}

function rowOf(matrix: Float32Array, row: number, width: number): Float32Array {
  return matrix.subarray(row * width, (row + 1) * width);
}

interface CompiledForward {
  readonly session: ort.InferenceSession;
  /** ONNX Runtime reads large constants where they are, so they have to live as long as the session. */
  readonly model: OnnxModel;
  /** Inputs of the program that the session reads. */
  readonly inputs: ReadonlySet<string>;
  /** Result of the program -> output of the session. */
  readonly outputs: Readonly<Record<string, string>>;
}

type ForwardSettings = Runtime & Required<Pick<ForwardOptions, 'precision'>> & Pick<ForwardOptions, 'freeAxes'>;

class OnnxForwardPass implements ForwardPass {
  private readonly passes = new SessionCache<CompiledForward>({
    budget: LIVE_FORWARD_BYTES,
    release: ({ session }) => session.release(),
  });
  private readonly program: ForwardProgram;
  private readonly parameters: readonly Parameter[];
  private readonly settings: ForwardSettings;
  /** Of the shapes that were compiled so far: quantizing a large model takes a second. */
  private readonly quantized: QuantizedWeights = new Map();

  constructor(program: ForwardProgram, parameters: readonly Parameter[], settings: ForwardSettings) {
    this.program = program;
    this.parameters = parameters;
    this.settings = settings;
  }

  async run(inputs: HostTensors): Promise<Record<string, HostTensor>> {
    const { freeAxes } = this.settings;
    const compiled = await this.passes.get(freeAxes ? 'all sizes' : shapeKey(inputs), async () => ({
      cost: this.parameters.reduce((sum, { values }) => sum + values.byteLength, 0),
      create: () => (freeAxes ? this.compileForAllSizes(freeAxes, inputs) : this.compile(inputs)),
    }));
    const feeds: Record<string, ort.Tensor> = {};
    for (const [name, tensor] of Object.entries(inputs))
      if (compiled.inputs.has(name)) feeds[batchInput(name)] = toOrt(tensor);
    const results = await compiled.session.run(feeds);
    return Object.fromEntries(
      Object.entries(compiled.outputs).map(([name, output]) => {
        const { data, dims } = results[output] as ort.Tensor;
        return [name, { data: data as Float32Array, shape: dims }];
      }),
    );
  }

  private async compile(inputs: HostTensors): Promise<CompiledForward> {
    const traced = await traceForward(this.program, this.parameters, inputs, (graph) => this.rewrite(graph));
    const outputs = Object.entries(traced.results).map(([name, index]) => [name, `out${index}`]);
    return {
      session: await createSession(traced.model, this.settings),
      model: traced.model,
      inputs: new Set(Object.keys(inputs).filter((name) => traced.usedInputs.has(batchInput(name)))),
      outputs: Object.fromEntries(outputs),
    };
  }

  private async compileForAllSizes(freeAxes: FreeAxes, given: HostTensors): Promise<CompiledForward> {
    const inputs = Object.keys(freeAxes.inputs).map((key) => ({
      key,
      name: batchInput(key),
      isInteger: given[key]?.data instanceof Int32Array,
    }));
    const { program, parameters } = this;
    const graph = await recordForAllSizes({ program, parameters, freeAxes, inputs, isPortable: false });
    const model = splitOnnxModel(this.rewrite(graph));
    return {
      session: await createSession(model, this.settings),
      model,
      inputs: new Set(Object.keys(freeAxes.inputs)),
      outputs: Object.fromEntries(graph.outputs.map(({ name }) => [name, name])),
    };
  }

  private rewrite(graph: OnnxGraph): OnnxGraph {
    const { quantized } = this;
    const isInt8 = this.settings.precision === 'int8';
    return fuseOperations(isInt8 ? quantizeDynamically(graph, { tables: false, quantized }) : graph);
  }

  dispose(): Promise<void> {
    return this.passes.clear();
  }
}
