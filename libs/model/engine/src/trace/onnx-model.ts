import type { onnx as Onnx } from 'onnx-proto';
import onnxProto from 'onnx-proto';

// A CommonJS package: Node finds no named exports in it.
const { onnx } = onnxProto;

export type OnnxType = 'float32' | 'int32' | 'bool' | 'int64' | 'int8' | 'uint8';
const ONNX_TYPES: Record<OnnxEnd['type'], number> = {
  float32: 1,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
};
const OPSET = 20;
const IR_VERSION = 9;

export type Attribute = number | string | readonly number[] | { readonly float: number };

export interface OnnxNode {
  readonly type: string;
  /** Empty for operators of ONNX itself. */
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, Attribute>>;
}

/** What goes in or comes out. A dimension that differs from call to call has a name. */
export interface OnnxEnd {
  readonly name: string;
  readonly type: OnnxType | 'float16';
  readonly shape: readonly (number | string)[];
}

export interface OnnxConstant {
  readonly type: OnnxType;
  readonly shape: readonly number[];
  /** Little-endian. */
  readonly bytes: Uint8Array;
}

/** A graph as data: nodes in an order in which they can run, and what they read by name. */
export interface OnnxGraph {
  readonly nodes: readonly OnnxNode[];
  readonly constants: ReadonlyMap<string, OnnxConstant>;
  readonly inputs: readonly OnnxEnd[];
  readonly outputs: readonly OnnxEnd[];
}

/** A serialized model whose large constants lie beside it, as ONNX Runtime takes them: `path` is what the model calls each. */
export interface OnnxModel {
  readonly model: Uint8Array;
  readonly externalData: readonly { readonly path: string; readonly data: Uint8Array }[];
}

/** Smaller constants are not worth an entry, and shape inference reads the small ones. */
const LEAST_EXTERNAL_BYTES = 4096;

/** The model in one piece, as others load it. Constants that nobody reads are left out. */
export function writeOnnxModel(graph: OnnxGraph): Uint8Array {
  return writeModel(graph, () => false);
}

/** The same with large constants beside the model, as they are: nothing of them is copied. */
export function splitOnnxModel(graph: OnnxGraph): OnnxModel {
  const externalData: { path: string; data: Uint8Array }[] = [];
  const model = writeModel(graph, (path, { bytes }) => {
    const isExternal = bytes.length >= LEAST_EXTERNAL_BYTES;
    if (isExternal) externalData.push({ path, data: bytes });
    return isExternal;
  });
  return { model, externalData };
}

function writeModel(
  { nodes, constants, inputs, outputs }: OnnxGraph,
  isExternal: (name: string, constant: OnnxConstant) => boolean,
): Uint8Array {
  const read = new Set([...nodes.flatMap((node) => node.inputs), ...outputs.map(({ name }) => name)]);
  const graph = onnx.GraphProto.create({
    name: 'retort',
    node: nodes.map(nodeProto),
    input: inputs.map(valueProto),
    output: outputs.map(valueProto),
    initializer: [...constants]
      .filter(([name]) => read.has(name))
      .map(([name, constant]) => {
        const { type, shape, bytes } = constant;
        const values = isExternal(name, constant)
          ? { dataLocation: onnx.TensorProto.DataLocation.EXTERNAL, externalData: externalEntries(name, bytes.length) }
          : { rawData: bytes };
        return onnx.TensorProto.create({ name, dataType: ONNX_TYPES[type], dims: [...shape], ...values });
      }),
  });
  return onnx.ModelProto.encode(
    onnx.ModelProto.create({
      irVersion: IR_VERSION,
      producerName: 'retort',
      opsetImport: [
        { domain: '', version: OPSET },
        ...(nodes.some(({ domain }) => domain === 'com.microsoft') ? [{ domain: 'com.microsoft', version: 1 }] : []),
      ],
      graph,
    }),
  ).finish();
}

function externalEntries(location: string, length: number): Onnx.IStringStringEntryProto[] {
  return Object.entries({ location, offset: '0', length: String(length) }).map(([key, value]) => ({ key, value }));
}

export function constantOf(type: OnnxType, shape: readonly number[], values: ArrayLike<number>): OnnxConstant {
  return { type, shape, bytes: toBytes(type, values) };
}

export function toBytes(type: OnnxType, values: ArrayLike<number>): Uint8Array {
  switch (type) {
    case 'float32':
      return new Uint8Array(new Float32Array(values).buffer);
    case 'int32':
      return new Uint8Array(new Int32Array(values).buffer);
    case 'int64':
      return new Uint8Array(BigInt64Array.from(Array.from(values), BigInt).buffer);
    case 'int8':
      return new Uint8Array(new Int8Array(values).buffer);
    case 'uint8':
    case 'bool':
      return Uint8Array.from(values);
  }
}

/** The numbers of a constant; those of float32 may be the constant's own, so they must not be written to. */
export function valuesOf({ type, bytes }: OnnxConstant): Float32Array | number[] {
  const isAligned = bytes.byteOffset % 4 === 0;
  const { buffer, byteOffset, byteLength } = type === 'float32' && isAligned ? bytes : bytes.slice();
  switch (type) {
    case 'float32':
      return new Float32Array(buffer, byteOffset, byteLength / 4);
    case 'int32':
      return [...new Int32Array(buffer, byteOffset, byteLength / 4)];
    case 'int64':
      return [...new BigInt64Array(buffer, byteOffset, byteLength / 8)].map(Number);
    case 'int8':
      return [...new Int8Array(buffer, byteOffset, byteLength)];
    case 'uint8':
    case 'bool':
      return [...bytes];
  }
}

function nodeProto({ type, domain, inputs, outputs, attributes }: OnnxNode): Onnx.INodeProto {
  return {
    opType: type,
    domain,
    input: [...inputs],
    output: [...outputs],
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

function valueProto({ name, type, shape }: OnnxEnd): Onnx.IValueInfoProto {
  const dim = shape.map((size) => (typeof size === 'string' ? { dimParam: size } : { dimValue: size }));
  return { name, type: { tensorType: { elemType: ONNX_TYPES[type], shape: { dim } } } };
}
