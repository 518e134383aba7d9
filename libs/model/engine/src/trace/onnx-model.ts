import { bytes, encoded, type Fields, float, integer, integers, message, text } from './protobuf.ts';

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
/** Of AttributeProto.AttributeType in onnx.proto, as are the numbers of all fields here. */
const ATTRIBUTE = { float: 1, integer: 2, text: 3, integers: 7 } as const;
const EXTERNAL = 1;
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
  const initializers = [...constants].filter(([name]) => read.has(name));
  const usesMicrosoft = nodes.some(({ domain }) => domain === 'com.microsoft');
  return encoded(
    integer(1, IR_VERSION),
    text(2, 'retort'),
    message(
      7,
      ...nodes.map(nodeFields),
      text(2, 'retort'),
      ...initializers.map(([name, constant]) => tensorFields(name, constant, isExternal(name, constant))),
      ...inputs.map((end) => endFields(11, end)),
      ...outputs.map((end) => endFields(12, end)),
    ),
    operatorSet('', OPSET),
    ...(usesMicrosoft ? [operatorSet('com.microsoft', 1)] : []),
  );
}

function operatorSet(domain: string, version: number): Fields {
  return message(8, text(1, domain), integer(2, version));
}

function tensorFields(name: string, { type, shape, bytes: values }: OnnxConstant, isExternal: boolean): Fields {
  const place = Object.entries({ location: name, offset: '0', length: String(values.length) });
  return message(
    5,
    integers(1, shape),
    integer(2, ONNX_TYPES[type]),
    text(8, name),
    ...(isExternal
      ? [...place.map(([key, value]) => message(13, text(1, key), text(2, value))), integer(14, EXTERNAL)]
      : [bytes(9, values)]),
  );
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

function nodeFields({ type, domain, inputs, outputs, attributes }: OnnxNode): Fields {
  return message(
    1,
    ...inputs.map((name) => text(1, name)),
    ...outputs.map((name) => text(2, name)),
    text(4, type),
    ...Object.entries(attributes).map(([name, value]) => message(5, text(1, name), ...attributeFields(value))),
    text(7, domain),
  );
}

function attributeFields(value: Attribute): Fields[] {
  if (typeof value === 'number') return [integer(3, value), integer(20, ATTRIBUTE.integer)];
  if (typeof value === 'string') return [text(4, value), integer(20, ATTRIBUTE.text)];
  if (isFloat(value)) return [float(2, value.float), integer(20, ATTRIBUTE.float)];
  return [integers(8, value), integer(20, ATTRIBUTE.integers)];
}

function isFloat(value: Attribute): value is { readonly float: number } {
  return typeof value === 'object' && 'float' in value;
}

function endFields(id: number, { name, type, shape }: OnnxEnd): Fields {
  const sizes = shape.map((size) => message(1, typeof size === 'string' ? text(2, size) : integer(1, size)));
  return message(id, text(1, name), message(2, message(1, integer(1, ONNX_TYPES[type]), message(2, ...sizes))));
}
