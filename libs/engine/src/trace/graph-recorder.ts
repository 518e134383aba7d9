import { RetortError } from '@retort/diagnostics';
import type { onnx as Onnx } from 'onnx-proto';
import onnxProto from 'onnx-proto';
import { peakBytes } from './peak-bytes.ts';

// A CommonJS package: Node finds no named exports in it.
const { onnx } = onnxProto;

export type TraceType = 'float32' | 'int32' | 'bool' | 'int64';

const ONNX_TYPES: Record<TraceType, number> = { float32: 1, int32: 6, int64: 7, bool: 9 };
const BYTES: Record<TraceType, number> = { float32: 4, int32: 4, int64: 8, bool: 1 };
const OPSET = 20;
const IR_VERSION = 9;

type Attribute = number | string | readonly number[] | { readonly float: number };

export interface RecordedNode {
  readonly type: string;
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly output: string;
  readonly attributes: Readonly<Record<string, Attribute>>;
}

export interface GraphEnd {
  readonly name: string;
  readonly type: TraceType;
  readonly shape: readonly number[];
}

/** Collects the nodes and constants of one ONNX graph while a program is traced, then writes the part that is needed. */
export class GraphRecorder {
  private readonly nodes: RecordedNode[] = [];
  private readonly constants = new Map<string, { type: TraceType; shape: readonly number[]; bytes: Uint8Array }>();
  private readonly constantNames = new Map<string, string>();
  private readonly nodeNames = new Map<string, string>();
  private readonly sizes = new Map<string, number>();

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
  describe({ name, type, shape }: GraphEnd): void {
    this.sizes.set(
      name,
      shape.reduce((a, b) => a * b, BYTES[type]),
    );
  }

  /**
   * The serialized model, with nothing in it that does not lead to an output; which of the inputs it really reads;
   * and the most bytes that computed values take at a time, outputs left out.
   */
  build(
    inputs: readonly GraphEnd[],
    outputs: readonly GraphEnd[],
  ): { model: Uint8Array; usedInputs: Set<string>; nodeCount: number; computedBytes: number } {
    const nodes = this.reachable(outputs.map(({ name }) => name));
    const read = new Set([...nodes.flatMap((node) => node.inputs), ...outputs.map(({ name }) => name)]);
    const usedInputs = new Set(inputs.map(({ name }) => name).filter((name) => read.has(name)));
    // An output has to be made by a node of its own: the same value may be wanted twice, or be an input or a constant.
    const ends = outputs.map((end, index) => ({ ...end, name: `out${index}`, source: end.name }));
    const graph = onnx.GraphProto.create({
      name: 'retort',
      node: [
        ...nodes.map(nodeProto),
        ...ends.map(({ name, source }) =>
          nodeProto({ type: 'Identity', domain: '', inputs: [source], output: name, attributes: {} }),
        ),
      ],
      input: inputs.filter(({ name }) => usedInputs.has(name)).map(valueProto),
      output: ends.map(valueProto),
      initializer: [...this.constants]
        .filter(([name]) => read.has(name))
        .map(([name, { type, shape, bytes }]) =>
          onnx.TensorProto.create({ name, dataType: ONNX_TYPES[type], dims: [...shape], rawData: bytes }),
        ),
    });
    const model = onnx.ModelProto.encode(
      onnx.ModelProto.create({
        irVersion: IR_VERSION,
        opsetImport: [
          { domain: '', version: OPSET },
          { domain: 'com.microsoft', version: 1 },
        ],
        graph,
      }),
    ).finish();
    const isOutput = new Set(outputs.map(({ name }) => name));
    const computedBytes = peakBytes(nodes, (name) => (isOutput.has(name) ? 0 : (this.sizes.get(name) ?? 0)));
    return { model, usedInputs, nodeCount: nodes.length, computedBytes };
  }

  private reachable(outputs: readonly string[]): RecordedNode[] {
    const needed = new Set(outputs);
    const kept: RecordedNode[] = [];
    for (let i = this.nodes.length - 1; i >= 0; i--) {
      const node = this.nodes[i] as RecordedNode;
      if (!needed.has(node.output)) continue;
      for (const input of node.inputs) needed.add(input);
      kept.push(node);
    }
    return kept.reverse();
  }
}

function toBytes(type: TraceType, values: ArrayLike<number>): Uint8Array {
  switch (type) {
    case 'float32':
      return new Uint8Array(Float32Array.from(values).buffer);
    case 'int32':
      return new Uint8Array(Int32Array.from(values).buffer);
    case 'int64':
      return new Uint8Array(BigInt64Array.from(Array.from(values), BigInt).buffer);
    case 'bool':
      return Uint8Array.from(values);
  }
}

function nodeProto({ type, domain, inputs, output, attributes }: RecordedNode): Onnx.INodeProto {
  return {
    opType: type,
    domain,
    input: [...inputs],
    output: [output],
    attribute: Object.entries(attributes).map(([name, value]) => {
      if (typeof value === 'number') return { name, type: onnx.AttributeProto.AttributeType.INT, i: value };
      if (typeof value === 'string')
        return { name, type: onnx.AttributeProto.AttributeType.STRING, s: Buffer.from(value) };
      if (isFloat(value)) return { name, type: onnx.AttributeProto.AttributeType.FLOAT, f: value.float };
      return { name, type: onnx.AttributeProto.AttributeType.INTS, ints: [...value] };
    }),
  };
}

function isFloat(value: Attribute): value is { readonly float: number } {
  return typeof value === 'object' && 'float' in value;
}

function valueProto({ name, type, shape }: GraphEnd): Onnx.IValueInfoProto {
  return {
    name,
    type: { tensorType: { elemType: ONNX_TYPES[type], shape: { dim: shape.map((size) => ({ dimValue: size })) } } },
  };
}

export function traceType(dtype: string): TraceType {
  if (dtype === 'float32' || dtype === 'int32' || dtype === 'bool') return dtype;
  throw new RetortError(
    'TRACE_UNSUPPORTED_TYPE',
    `A traced program used a tensor of type ${dtype}; float32, int32 and bool are supported.`,
  );
}
