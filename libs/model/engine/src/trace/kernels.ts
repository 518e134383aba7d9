import { RetortError } from '@retort/foundation/diagnostics';
import {
  backend_util,
  type NamedAttrMap,
  registerKernel,
  slice_util,
  type TensorInfo,
  util,
} from '@tensorflow/tfjs-core';
import type { TraceType } from './graph-recorder.ts';
import { TRACE_BACKEND, type TraceBackend, type TraceValue, traceBackend } from './trace-backend.ts';

type Inputs = Record<string, TensorInfo>;
type Kernel = (context: { inputs: Inputs; attrs: NamedAttrMap; backend: TraceBackend }) => TensorInfo | TensorInfo[];

const product = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);
const sameShape = (a: readonly number[], b: readonly number[]) =>
  a.length === b.length && a.every((size, i) => size === b[i]);

function int64s(backend: TraceBackend, values: readonly number[]): string {
  return backend.recorder.constant('int64', [values.length], values);
}

// ---- Elementwise --------------------------------------------------------------------------------------------------

const ONE_LEFT = new Set(['Mul']);
const ONE_RIGHT = new Set(['Mul', 'Div']);
const ZERO_LEFT = new Set(['Add']);
const ZERO_RIGHT = new Set(['Add', 'Sub']);

/** `type` is the result's type; the operands' own when missing. */
function binary(op: string, type?: TraceType): Kernel {
  return ({ inputs, backend }) => {
    const a = backend.traced(inputs['a'] as TensorInfo);
    const b = backend.traced(inputs['b'] as TensorInfo);
    return backend.make(binaryValue(backend, op, a, b, type ?? a.type));
  };
}

function binaryValue(backend: TraceBackend, op: string, a: TraceValue, b: TraceValue, type: TraceType): TraceValue {
  const shape = backend_util.assertAndGetBroadcastShape([...a.shape], [...b.shape]);
  const keepsLeft =
    sameShape(a.shape, shape) && ((b.uniform === 1 && ONE_RIGHT.has(op)) || (b.uniform === 0 && ZERO_RIGHT.has(op)));
  if (keepsLeft && type === a.type) return a;
  const keepsRight =
    sameShape(b.shape, shape) && ((a.uniform === 1 && ONE_LEFT.has(op)) || (a.uniform === 0 && ZERO_LEFT.has(op)));
  if (keepsRight && type === b.type) return b;
  if (op === 'Add' && (a.rowSums || b.rowSums) && sameShape(a.shape, b.shape)) return addRowSums(backend, a, b);
  const [left, right] = [whole(backend, a), whole(backend, b)];
  // `x * ones(shape)` where x is smaller: x itself, to be broadcast when somebody needs it in full.
  if (b.uniform === 1 && ONE_RIGHT.has(op) && b.expandedFrom)
    return { ...left, shape, expandedFrom: a.expandedFrom ?? a.shape };
  if (a.uniform === 1 && ONE_LEFT.has(op) && a.expandedFrom)
    return { ...right, shape, expandedFrom: b.expandedFrom ?? b.shape };
  const small = [left.name, right.name];
  const smallShape = backend_util.assertAndGetBroadcastShape(
    [...(a.expandedFrom ?? a.shape)],
    [...(b.expandedFrom ?? b.shape)],
  );
  const name = backend.recorder.node(op, small);
  return sameShape(smallShape, shape) ? { name, shape, type } : { name, shape, type, expandedFrom: smallShape };
}

/** The value without rows that wait to be added. */
function whole(backend: TraceBackend, value: TraceValue): TraceValue {
  if (value.rowSums === undefined) return value;
  return { name: backend.materialize(value), shape: value.shape, type: value.type };
}

/** The dense parts added, the rows of both still waiting. */
function addRowSums(backend: TraceBackend, a: TraceValue, b: TraceValue): TraceValue {
  const dense = [a, b]
    .filter(({ name }) => name !== '')
    .map((value) => backend.materialize({ ...value, rowSums: undefined }));
  const name = dense.length === 2 ? backend.recorder.node('Add', dense) : (dense[0] ?? '');
  return { name, shape: a.shape, type: a.type, rowSums: [...(a.rowSums ?? []), ...(b.rowSums ?? [])] };
}

/** Keeps a pending broadcast pending: elementwise functions commute with it. */
function unaryValue(
  backend: TraceBackend,
  x: TraceValue,
  compute: (name: string) => string,
  type: TraceType = x.type,
): TraceValue {
  const name = compute(whole(backend, x).name);
  return { name, shape: x.shape, type, ...(x.expandedFrom ? { expandedFrom: x.expandedFrom } : {}) };
}

function unary(compute: (backend: TraceBackend, name: string) => string): Kernel {
  return ({ inputs, backend }) =>
    backend.make(unaryValue(backend, backend.traced(inputs['x'] as TensorInfo), (name) => compute(backend, name)));
}

const simple = (op: string): Kernel => unary((backend, name) => backend.recorder.node(op, [name]));
const scalar = (backend: TraceBackend, value: number) => backend.recorder.constant('float32', [], [value]);

/** 1 above 0, else alpha (the gradient of abs asks for -1). */
const step: Kernel = ({ inputs, attrs, backend }) =>
  unary((backend, x) =>
    backend.recorder.node('Where', [
      backend.recorder.node('Greater', [x, scalar(backend, 0)]),
      scalar(backend, 1),
      scalar(backend, attrs['alpha'] as number),
    ]),
  )({ inputs, attrs, backend });

const cast: Kernel = ({ inputs, attrs, backend }) => {
  const x = backend.traced(inputs['x'] as TensorInfo);
  const type = attrs['dtype'] as TraceType;
  if (x.type === type) return backend.make(x);
  const code = { float32: 1, int32: 6, int64: 7, bool: 9 }[type];
  const value = unaryValue(backend, x, (name) => backend.recorder.node('Cast', [name], { to: code }), type);
  return backend.make(x.uniform === undefined ? value : { ...value, uniform: x.uniform });
};

const select: Kernel = ({ inputs, backend }) => {
  const names = ['condition', 't', 'e'].map((key) => backend.nameOf(inputs[key] as TensorInfo));
  const { shape, type } = backend.traced(inputs['t'] as TensorInfo);
  return backend.make({ name: backend.recorder.node('Where', names), shape, type });
};

// ---- Shape --------------------------------------------------------------------------------------------------------

const identity: Kernel = ({ inputs, backend }) => backend.make(backend.traced(inputs['x'] as TensorInfo));

const reshape: Kernel = ({ inputs, attrs, backend }) => {
  const x = backend.traced(inputs['x'] as TensorInfo);
  const shape = util.inferFromImplicitShape(attrs['shape'] as number[], product(x.shape));
  if (sameShape(x.shape, shape)) return backend.make(x);
  const name = backend.recorder.node('Reshape', [backend.materialize(x), int64s(backend, shape)]);
  return backend.make({ name, shape, type: x.type });
};

const expandDims: Kernel = ({ inputs, attrs, backend }) => {
  const x = inputs['input'] as TensorInfo;
  const shape = [...x.shape];
  const dim = attrs['dim'] as number;
  shape.splice(dim < 0 ? shape.length + dim + 1 : dim, 0, 1);
  return reshape({ inputs: { x }, attrs: { shape }, backend });
};

const transpose: Kernel = ({ inputs, attrs, backend }) => {
  const x = backend.traced(inputs['x'] as TensorInfo);
  const perm = attrs['perm'] as number[];
  if (perm.every((axis, i) => axis === i)) return backend.make(x);
  const name = backend.recorder.node('Transpose', [backend.materialize(x)], { perm });
  return backend.make({ name, shape: perm.map((axis) => x.shape[axis] as number), type: x.type });
};

const slice: Kernel = ({ inputs, attrs, backend }) => {
  const info = inputs['x'] as TensorInfo;
  const x = backend.traced(info);
  const [begin, size] = slice_util.parseSliceParams(
    info as never,
    attrs['begin'] as number[],
    attrs['size'] as number[],
  ) as [number[], number[]];
  if (sameShape(size, x.shape)) return backend.make(x);
  const name = backend.recorder.node('Slice', [
    backend.materialize(x),
    int64s(backend, begin),
    int64s(
      backend,
      begin.map((start, i) => start + (size[i] as number)),
    ),
    int64s(
      backend,
      begin.map((_, i) => i),
    ),
  ]);
  return backend.make({ name, shape: size, type: x.type });
};

const pad: Kernel = ({ inputs, attrs, backend }) => {
  const x = backend.traced(inputs['x'] as TensorInfo);
  const paddings = attrs['paddings'] as [number, number][];
  const value = backend.recorder.constant(x.type, [], [attrs['constantValue'] as number]);
  const name = backend.recorder.node('Pad', [
    backend.materialize(x),
    int64s(backend, [...paddings.map(([before]) => before), ...paddings.map(([, after]) => after)]),
    value,
  ]);
  return backend.make({
    name,
    shape: x.shape.map((size, i) => size + (paddings[i] as [number, number])[0] + (paddings[i] as [number, number])[1]),
    type: x.type,
  });
};

const concat: Kernel = ({ inputs, attrs, backend }) => {
  const parts = Object.values(inputs).map((info) => backend.traced(info));
  const first = parts[0] as TraceValue;
  const axis = util.parseAxisParam(attrs['axis'] as number, [...first.shape])[0] as number;
  const shape = first.shape.map((size, i) =>
    i === axis ? parts.reduce((sum, part) => sum + (part.shape[i] as number), 0) : size,
  );
  const name = backend.recorder.node(
    'Concat',
    parts.map((part) => backend.materialize(part)),
    { axis },
  );
  return backend.make({ name, shape, type: first.type });
};

const pack: Kernel = ({ inputs, attrs, backend }) => {
  const axis = attrs['axis'] as number;
  const expanded = Object.values(inputs).map(
    (input) => expandDims({ inputs: { input }, attrs: { dim: axis }, backend }) as TensorInfo,
  );
  return concat({ inputs: Object.fromEntries(expanded.map((info, i) => [String(i), info])), attrs: { axis }, backend });
};

const unpack: Kernel = ({ inputs, attrs, backend }) => {
  const x = inputs['value'] as TensorInfo;
  const axis = util.parseAxisParam(attrs['axis'] as number, x.shape)[0] as number;
  const shape = x.shape.filter((_, i) => i !== axis);
  return Array.from({ length: x.shape[axis] as number }, (_, at) => {
    const begin = x.shape.map((_, i) => (i === axis ? at : 0));
    const size = x.shape.map((full, i) => (i === axis ? 1 : full));
    const part = slice({ inputs: { x }, attrs: { begin, size }, backend }) as TensorInfo;
    return reshape({ inputs: { x: part }, attrs: { shape }, backend }) as TensorInfo;
  });
};

const splitV: Kernel = ({ inputs, attrs, backend }) => {
  const x = inputs['x'] as TensorInfo;
  const axis = util.parseAxisParam(attrs['axis'] as number, x.shape)[0] as number;
  const sizes = backend_util.prepareSplitSize(x as never, attrs['numOrSizeSplits'] as number[], axis);
  let start = 0;
  return sizes.map((length) => {
    const begin = x.shape.map((_, i) => (i === axis ? start : 0));
    const size = x.shape.map((full, i) => (i === axis ? length : full));
    start += length;
    return slice({ inputs: { x }, attrs: { begin, size }, backend }) as TensorInfo;
  });
};

/** tfjs broadcasts with it, too: repeating axes of size 1 is a pending broadcast. */
const tile: Kernel = ({ inputs, attrs, backend }) => {
  const x = backend.traced(inputs['x'] as TensorInfo);
  const reps = attrs['reps'] as number[];
  const shape = x.shape.map((size, i) => size * (reps[i] as number));
  if (x.rowSums === undefined && x.shape.every((size, i) => size === 1 || reps[i] === 1))
    return backend.make({ ...x, shape, expandedFrom: x.expandedFrom ?? x.shape });
  const name = backend.recorder.node('Tile', [backend.materialize(x), int64s(backend, reps)]);
  return backend.make({ name, shape, type: x.type });
};

const fillWith = (backend: TraceBackend, shape: readonly number[], type: TraceType, value: number): TensorInfo =>
  backend.make({
    name: backend.recorder.constant(
      type,
      shape.map(() => 1),
      [value],
    ),
    shape,
    type,
    uniform: value,
    ...(shape.length > 0 ? { expandedFrom: shape.map(() => 1) } : {}),
  });

const fill: Kernel = ({ attrs, backend }) =>
  fillWith(
    backend,
    attrs['shape'] as number[],
    (attrs['dtype'] as TraceType | undefined) ?? 'float32',
    attrs['value'] as number,
  );

const like =
  (value: number): Kernel =>
  ({ inputs, backend }) => {
    const { shape, type } = backend.traced(inputs['x'] as TensorInfo);
    return fillWith(backend, shape, type, value);
  };

// ---- Reductions, products, indexing -------------------------------------------------------------------------------

function reduce(op: string): Kernel {
  return ({ inputs, attrs, backend }) => {
    const x = backend.traced(inputs['x'] as TensorInfo);
    const keepDims = Boolean(attrs['keepDims']);
    const axes = util.parseAxisParam((attrs['axis'] ?? attrs['reductionIndices'] ?? null) as number[], [...x.shape]);
    const shape = keepDims
      ? backend_util.expandShapeToKeepDim(
          x.shape.filter((_, i) => !axes.includes(i)),
          axes,
        )
      : x.shape.filter((_, i) => !axes.includes(i));
    if (axes.length === 0) return backend.make(x);
    // The last axis from the end, so that what rewrites a graph can tell it without knowing shapes.
    const counted = axes.map((axis) => (axis === x.shape.length - 1 ? -1 : axis));
    const name = backend.recorder.node(op, [backend.materialize(x), int64s(backend, counted)], {
      keepdims: keepDims ? 1 : 0,
    });
    return backend.make({ name, shape, type: x.type });
  };
}

/** The mean of integers is a float. */
const mean: Kernel = ({ inputs, attrs, backend }) => {
  const x = cast({ inputs, attrs: { dtype: 'float32' }, backend }) as TensorInfo;
  return reduce('ReduceMean')({ inputs: { x }, attrs, backend });
};

const softmax: Kernel = ({ inputs, backend }) => {
  const x = backend.traced(inputs['logits'] as TensorInfo);
  const name = backend.recorder.node('Softmax', [backend.materialize(x)], { axis: x.shape.length - 1 });
  return backend.make({ name, shape: x.shape, type: x.type });
};

const matMul: Kernel = ({ inputs, attrs, backend }) => {
  const a = backend.traced(inputs['a'] as TensorInfo);
  const b = backend.traced(inputs['b'] as TensorInfo);
  const transA = attrs['transposeA'] ? 1 : 0;
  const transB = attrs['transposeB'] ? 1 : 0;
  const rows = a.shape.at(transA ? -1 : -2) as number;
  const columns = b.shape.at(transB ? -2 : -1) as number;
  const names = [backend.materialize(a), backend.materialize(b)];
  const name =
    a.shape.length === 2 && b.shape.length === 2
      ? backend.recorder.node('Gemm', names, { transA, transB })
      : transA || transB
        ? backend.recorder.node('FusedMatMul', names, { transA, transB, alpha: { float: 1 } }, 'com.microsoft')
        : backend.recorder.node('MatMul', names);
  const outer = backend_util.assertAndGetBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
  return backend.make({ name, shape: [...outer, rows, columns], type: 'float32' });
};

const gather: Kernel = ({ inputs, attrs, backend }) => {
  if (attrs['batchDims'])
    throw new RetortError('TRACE_UNSUPPORTED', 'A traced program gathered with batchDims. Only 0 is supported.');
  const x = backend.traced(inputs['x'] as TensorInfo);
  const indices = backend.traced(inputs['indices'] as TensorInfo);
  const axis = util.parseAxisParam(attrs['axis'] as number, [...x.shape])[0] as number;
  const name = backend.recorder.node('Gather', [backend.materialize(x), backend.materialize(indices)], { axis });
  return backend.make({
    name,
    shape: [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)],
    type: x.type,
  });
};

const unsortedSegmentSum: Kernel = ({ inputs, attrs, backend }) => {
  const x = backend.traced(inputs['x'] as TensorInfo);
  const indices = backend.nameOf(inputs['segmentIds'] as TensorInfo);
  return backend.make({
    name: '',
    shape: [attrs['numSegments'] as number, ...x.shape.slice(1)],
    type: x.type,
    rowSums: [{ rows: backend.materialize(x), indices, rowShape: x.shape }],
  });
};

/** ONNX Runtime has the operation for int64 indices and float values. */
const oneHot: Kernel = ({ inputs, attrs, backend }) => {
  const indices = backend.traced(inputs['indices'] as TensorInfo);
  const depth = attrs['depth'] as number;
  const type = (attrs['dtype'] as TraceType | undefined) ?? 'int32';
  const values = backend.recorder.constant('float32', [2], [attrs['offValue'] as number, attrs['onValue'] as number]);
  const wide = backend.recorder.node('Cast', [backend.materialize(indices)], { to: 7 });
  const hot = backend.make({
    name: backend.recorder.node('OneHot', [wide, int64s(backend, [depth]), values]),
    shape: [...indices.shape, depth],
    type: 'float32',
  });
  return cast({ inputs: { x: hot }, attrs: { dtype: type }, backend });
};

const KERNELS: Readonly<Record<string, Kernel>> = {
  Add: binary('Add'),
  Sub: binary('Sub'),
  Multiply: binary('Mul'),
  RealDiv: binary('Div'),
  Maximum: binary('Max'),
  Minimum: binary('Min'),
  Pow: binary('Pow'),
  Equal: binary('Equal', 'bool'),
  Greater: binary('Greater', 'bool'),
  GreaterEqual: binary('GreaterOrEqual', 'bool'),
  Less: binary('Less', 'bool'),
  LessEqual: binary('LessOrEqual', 'bool'),
  LogicalAnd: binary('And', 'bool'),
  LogicalOr: binary('Or', 'bool'),
  SquaredDifference: ({ inputs, backend }) => {
    const difference = binary('Sub')({ inputs, attrs: {}, backend }) as TensorInfo;
    return binary('Mul')({ inputs: { a: difference, b: difference }, attrs: {}, backend });
  },
  LogicalNot: simple('Not'),
  Neg: simple('Neg'),
  Exp: simple('Exp'),
  Log: simple('Log'),
  Sqrt: simple('Sqrt'),
  Rsqrt: unary((backend, x) => backend.recorder.node('Div', [scalar(backend, 1), backend.recorder.node('Sqrt', [x])])),
  Reciprocal: simple('Reciprocal'),
  Square: unary((backend, x) => backend.recorder.node('Mul', [x, x])),
  Abs: simple('Abs'),
  Sign: simple('Sign'),
  Erf: simple('Erf'),
  Tanh: simple('Tanh'),
  Sigmoid: simple('Sigmoid'),
  Relu: simple('Relu'),
  Step: step,
  Cast: cast,
  Select: select,
  Identity: identity,
  Reshape: reshape,
  ExpandDims: expandDims,
  Transpose: transpose,
  Slice: slice,
  PadV2: pad,
  Concat: concat,
  Pack: pack,
  Unpack: unpack,
  SplitV: splitV,
  Tile: tile,
  Fill: fill,
  ZerosLike: like(0),
  OnesLike: like(1),
  Sum: reduce('ReduceSum'),
  Mean: mean,
  Max: reduce('ReduceMax'),
  Min: reduce('ReduceMin'),
  Softmax: softmax,
  BatchMatMul: matMul,
  GatherV2: gather,
  UnsortedSegmentSum: unsortedSegmentSum,
  OneHot: oneHot,
};

let registered = false;

/** Registers the kernels once; an operation outside of this list fails with tfjs's own "kernel not found". */
export function registerTraceKernels(): void {
  if (registered) return;
  registered = true;
  traceBackend();
  for (const [kernelName, kernel] of Object.entries(KERNELS)) {
    registerKernel({
      kernelName,
      backendName: TRACE_BACKEND,
      kernelFunc: ({ inputs, attrs, backend }) =>
        kernel({ inputs: inputs as unknown as Inputs, attrs: attrs ?? {}, backend: backend as TraceBackend }),
    });
  }
}
