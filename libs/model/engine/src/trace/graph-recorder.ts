import { RetortError } from '@retort/foundation/diagnostics';
import { leadingNodes } from './leading-nodes.ts';
import {
  type Attribute,
  type OnnxConstant,
  type OnnxGraph,
  type OnnxModel,
  type OnnxNode,
  splitOnnxModel,
  toBytes,
} from './onnx-model.ts';
import { peakBytes } from './peak-bytes.ts';

export type TraceType = 'float32' | 'int32' | 'bool' | 'int64';

const BYTES: Record<GraphEnd['type'], number> = { float32: 4, int32: 4, int64: 8, bool: 1, float16: 2 };
export interface RecordedNode {
  readonly type: string;
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly output: string;
  readonly attributes: Readonly<Record<string, Attribute>>;
}

export interface GraphEnd {
  readonly name: string;
  /** Only what goes in may be float16. */
  readonly type: TraceType | 'float16';
  readonly shape: readonly number[];
}

/** What a recorder has: see `GraphRecorder.recorded`. */
export interface Recorded {
  readonly nodes: readonly RecordedNode[];
  readonly constants: ReadonlyMap<string, OnnxConstant>;
  /** Type and shape of each value that was computed or given. */
  readonly described: ReadonlyMap<string, GraphEnd>;
}

/** Collects the nodes and constants of one ONNX graph while a program is traced, then writes the part that is needed. */
export class GraphRecorder {
  private readonly nodes: RecordedNode[] = [];
  private readonly constants = new Map<string, OnnxConstant>();
  private readonly constantNames = new Map<string, string>();
  private readonly nodeNames = new Map<string, string>();
  private readonly described = new Map<string, GraphEnd>();

  /**
   * Adds a node with one output and gives the output's name. A node that was recorded before with the same inputs is
   * not added again: all operations are pure.
   */
  node(
    type: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>> = {},
    domain = '',
  ): string {
    const identity = JSON.stringify([type, domain, inputs, attributes]);
    const known = this.nodeNames.get(identity);
    if (known !== undefined) return known;
    const output = `v${this.nodes.length}`;
    this.nodes.push({ type, domain, inputs, output, attributes });
    this.nodeNames.set(identity, output);
    return output;
  }

  constant(type: TraceType, shape: readonly number[], values: ArrayLike<number>): string {
    const bytes = toBytes(type, values);
    const identity = bytes.length > 64 ? undefined : `${type}[${shape.join()}]${Buffer.from(bytes).toString('hex')}`;
    const known = identity === undefined ? undefined : this.constantNames.get(identity);
    if (known !== undefined) return known;
    const name = `c${this.constants.size}`;
    this.constants.set(name, { type, shape, bytes });
    if (identity !== undefined) this.constantNames.set(identity, name);
    return name;
  }

  /** A weight that is baked into the model. */
  initializer(name: string, shape: readonly number[], values: Float32Array): void {
    this.constants.set(name, {
      type: 'float32',
      shape,
      bytes: new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
    });
  }

  /** Remembers how large a value is. Without it a value counts nothing in `computedBytes`. */
  describe(value: GraphEnd): void {
    this.described.set(value.name, value);
  }

  /** What leads to some values, and what is known of them. */
  recorded(outputs: readonly string[]): Recorded {
    return { nodes: this.reachable(outputs), constants: this.constants, described: this.described };
  }

  /**
   * The serialized model, with nothing in it that does not lead to an output; which of the inputs it really reads;
   * and the most bytes that computed values take at a time, outputs left out.
   *
   * @param rewrite gets the finished graph before it is written; it must not change inputs and outputs
   */
  build(
    inputs: readonly GraphEnd[],
    outputs: readonly GraphEnd[],
    rewrite: (graph: OnnxGraph) => OnnxGraph = (graph) => graph,
  ): { model: OnnxModel; usedInputs: Set<string>; nodeCount: number; computedBytes: number } {
    const nodes = this.reachable(outputs.map(({ name }) => name));
    const read = new Set([...nodes.flatMap((node) => node.inputs), ...outputs.map(({ name }) => name)]);
    const usedInputs = new Set(inputs.map(({ name }) => name).filter((name) => read.has(name)));
    // An output has to be made by a node of its own: the same value may be wanted twice, or be an input or a constant.
    const ends = outputs.map((end, index) => ({ ...end, name: `out${index}`, source: end.name }));
    const graph = {
      nodes: [
        ...nodes.map(onnxNode),
        ...ends.map(({ name, source }) =>
          onnxNode({ type: 'Identity', domain: '', inputs: [source], output: name, attributes: {} }),
        ),
      ],
      constants: this.constants,
      inputs: inputs.filter(({ name }) => usedInputs.has(name)),
      outputs: ends,
    };
    const model = splitOnnxModel(rewrite(graph));
    const isOutput = new Set(outputs.map(({ name }) => name));
    const computedBytes = peakBytes(nodes, (name) => (isOutput.has(name) ? 0 : bytesOf(this.described.get(name))));
    return { model, usedInputs, nodeCount: nodes.length, computedBytes };
  }

  private reachable(outputs: readonly string[]): RecordedNode[] {
    return leadingNodes(this.nodes, outputs, ({ output }) => [output]).nodes;
  }
}

function bytesOf(value: GraphEnd | undefined): number {
  return value === undefined ? 0 : value.shape.reduce((a, b) => a * b, BYTES[value.type]);
}

function onnxNode({ output, ...node }: RecordedNode): OnnxNode {
  return { ...node, outputs: [output] };
}

export function traceType(dtype: string): TraceType {
  if (dtype === 'float32' || dtype === 'int32' || dtype === 'bool') return dtype;
  throw new RetortError(
    'TRACE_UNSUPPORTED_TYPE',
    `A traced program used a tensor of type ${dtype}, expected float32, int32 or bool.`,
  );
}
