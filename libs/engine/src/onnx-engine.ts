import * as ort from 'onnxruntime-node';
import { RetortError } from '@retort/diagnostics';
import { requireEngine } from './availability.ts';
import { ARENA_FACTOR, COPIES_OF_WEIGHTS, LIVE_FORWARD_BYTES, SESSION_BYTES, TRAINER_BYTES } from './budgets.ts';
import { fillDropoutMask } from './dropout.ts';
import type { Engine, ForwardOptions, ForwardPass, FreeAxes, HostTensors, StepOptions, Trainer } from './engine.ts';
import { HostMemory } from './host-memory.ts';
import type { HostTensor, Parameter, ParameterSet, TrainedParameter } from './parameters.ts';
import type { ForwardProgram, TrainingProgram } from './program.ts';
import { SessionCache } from './session-cache.ts';
import { type OnnxGraph, type OnnxModel, splitOnnxModel } from './trace/onnx-model.ts';
import { type QuantizedWeights, quantizeDynamically } from './trace/quantize.ts';
import { recordForAllSizes } from './trace/record-for-all-sizes.ts';
import { batchInput, dropoutInput, parameterInput, type TracedStep, traceForward, traceStep } from './trace/trace.ts';

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
      `ONNX Runtime could not use its ${provider} provider here: ${reasonOf(cause)}. The engine "onnx" runs on the processor.`,
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

function toOrt({ data, shape }: HostTensor): ort.Tensor {
  return data instanceof Int32Array
    ? new ort.Tensor('int32', data, [...shape])
    : new ort.Tensor('float32', data, [...shape]);
}

interface CompiledStep {
  readonly session: ort.InferenceSession;
  readonly traced: TracedStep;
  readonly memory: HostMemory;
  readonly masks: readonly Float32Array[];
  /** Feeds that are the same arrays at every step: weights and dropout masks. */
  readonly standing: Record<string, ort.Tensor>;
  /** Where the outputs go: gradients that leave the graph dense are written into the parameters' own arrays. */
  readonly fetches: Record<string, ort.Tensor>;
}

class OnnxTrainer implements Trainer {
  reached: ReadonlySet<string> = new Set();
  private readonly steps: SessionCache<CompiledStep>;
  private readonly program: TrainingProgram;
  private readonly parameters: ParameterSet;
  private readonly runtime: Runtime;

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
    const step = await this.steps.get(shapeKey(inputs), async () => {
      const traced = await traceStep(this.program, this.parameters.byName.values(), inputs);
      return { cost: stepBytes(traced), create: () => this.compile(traced) };
    });
    const { session, traced, memory, masks, standing, fetches } = step;
    for (const slot of traced.dropout) fillDropoutMask(memory, masks[slot.index] as Float32Array, slot, dropoutKey);
    const feeds: Record<string, ort.Tensor> = { ...standing };
    for (const [name, tensor] of Object.entries(inputs)) {
      if (traced.usedInputs.has(batchInput(name))) feeds[batchInput(name)] = toOrt(tensor);
    }
    const earlier = accumulate ? this.keepGradients(traced) : undefined;
    await session.run(feeds, fetches);
    this.addRows(step);
    earlier?.();
    const value = (index: number) => (fetches[`out${index}`] as ort.Tensor).data[0] as number;
    return {
      loss: value(traced.loss),
      terms: Object.fromEntries(Object.entries(traced.terms).map(([name, index]) => [name, value(index)])),
    };
  }

  dispose(): Promise<void> {
    return this.steps.clear();
  }

  private async compile(traced: TracedStep): Promise<CompiledStep> {
    this.reached = new Set(traced.gradients.map(({ parameter }) => parameter));
    const session = await createSession(traced.model, this.runtime);
    const sizes = traced.dropout.map(({ shape }) => shape.reduce((a, b) => a * b, 1));
    const memory = new HostMemory({ floats: sizes.reduce((a, b) => a + b, 0), arrays: sizes.length });
    const masks = sizes.map((size) => memory.allocate(size));
    const standing: Record<string, ort.Tensor> = {};
    for (const { name, shape, values } of this.parameters.byName.values()) {
      if (traced.usedInputs.has(parameterInput(name)))
        standing[parameterInput(name)] = new ort.Tensor('float32', values, [...shape]);
    }
    for (const { index, shape } of traced.dropout)
      standing[dropoutInput(index)] = new ort.Tensor('float32', masks[index] as Float32Array, [...shape]);
    const owner = new Map(
      traced.gradients.flatMap(({ dense, parameter }) => (dense === undefined ? [] : [[dense, parameter] as const])),
    );
    const fetches: Record<string, ort.Tensor> = {};
    for (const [index, { shape, type }] of traced.outputs.entries()) {
      const size = shape.reduce((a, b) => a * b, 1);
      const parameter = owner.get(index);
      const data =
        parameter === undefined
          ? type === 'int32'
            ? new Int32Array(size)
            : new Float32Array(size)
          : this.parameter(parameter).gradient;
      fetches[`out${index}`] = toOrt({ data, shape });
    }
    return { session, traced, memory, masks, standing, fetches };
  }

  /** Gradients that left the graph as rows, and dense ones that another parameter's output shares. */
  private addRows({ traced, fetches }: CompiledStep): void {
    for (const { parameter, dense, sparse } of traced.gradients) {
      const { gradient, shape } = this.parameter(parameter);
      if (dense !== undefined) {
        const data = (fetches[`out${dense}`] as ort.Tensor).data as Float32Array;
        if (data.byteOffset !== gradient.byteOffset || data.buffer !== gradient.buffer) gradient.set(data);
      } else gradient.fill(0);
      const width = shape.slice(1).reduce((a, b) => a * b, 1);
      for (const { rows, indices } of sparse) {
        const values = (fetches[`out${rows}`] as ort.Tensor).data as Float32Array;
        const targets = (fetches[`out${indices}`] as ort.Tensor).data as Int32Array;
        addRowsInto(gradient, values, targets, width);
      }
    }
  }

  /** Remembers the gradients that the run will overwrite; the function that it returns adds them on top. */
  private keepGradients(traced: TracedStep): () => void {
    const kept = traced.gradients.map(({ parameter }) => ({
      parameter: this.parameter(parameter),
      before: this.parameter(parameter).gradient.slice(),
    }));
    return () => {
      for (const { parameter, before } of kept)
        for (let i = 0; i < before.length; i++)
          parameter.gradient[i] = (parameter.gradient[i] as number) + (before[i] as number);
    };
  }

  private parameter(name: string): TrainedParameter {
    const parameter = this.parameters.byName.get(name);
    if (parameter === undefined) throw new RetortError('UNKNOWN_PARAMETER', `There is no parameter ${name}.`);
    return parameter;
  }
}

/** What a compiled step will take, as long as it lives. */
function stepBytes({ computedBytes, dropout }: TracedStep): number {
  const masks = dropout.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 4), 0);
  return computedBytes * ARENA_FACTOR + masks + SESSION_BYTES;
}

function addRowsInto(target: Float32Array, rows: Float32Array, indices: Int32Array, width: number): void {
  for (let row = 0; row < indices.length; row++) {
    const from = row * width;
    const to = (indices[row] as number) * width;
    for (let i = 0; i < width; i++) target[to + i] = (target[to + i] as number) + (rows[from + i] as number);
  }
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
    return this.settings.precision === 'int8'
      ? quantizeDynamically(graph, { tables: false, quantized: this.quantized })
      : graph;
  }

  dispose(): Promise<void> {
    return this.passes.clear();
  }
}
