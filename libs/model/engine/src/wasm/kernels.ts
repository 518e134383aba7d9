import {
  BatchMatMul,
  backend_util,
  Cast,
  findBackend,
  getKernel,
  getKernelsForBackend,
  type KernelBackend,
  type KernelConfig,
  type KernelFunc,
  Mean,
  type NamedAttrMap,
  OneHot,
  registerKernel,
  Sum,
  type TensorInfo,
  Transpose,
  UnsortedSegmentSum,
  unregisterKernel,
  util,
} from '@tensorflow/tfjs-core';
import { sumInDoubles } from './sum-in-doubles.ts';

const BACKEND = 'wasm';

/** What kernels need of a backend; both that of WebAssembly and the one in plain JavaScript are like this. */
interface HostBackend extends KernelBackend {
  readSync(dataId: object): backend_util.TypedArray;
  makeTensorInfo?(shape: number[], dtype: string, values: backend_util.TypedArray): TensorInfo;
}

let registered = false;

/**
 * Makes tfjs's WebAssembly backend fit to train with, once: what it lacks is computed in plain JavaScript, sums are exact
 * enough, and products take the fast path.
 */
export function registerWasmKernels(): void {
  if (registered) return;
  registered = true;
  for (const { kernelName } of getKernelsForBackend('cpu'))
    if (getKernel(kernelName, BACKEND) === undefined) replace(kernelName, onCpu(kernelName));
  // The backend's own rounds floats to integers, and keeps numbers other than 0 and 1 as truth.
  replace(OneHot, onCpu(OneHot));
  replace(Cast, castWithTruth(kernelOf(Cast)));
  replace(UnsortedSegmentSum, sumOfRows);
  replace(Sum, sum);
  replace(Mean, mean);
  replace(BatchMatMul, productWithoutTransposition(kernelOf(BatchMatMul)));
}

function replace(kernelName: string, kernelFunc: KernelFunc): void {
  const own = getKernel(kernelName, BACKEND);
  if (own !== undefined) unregisterKernel(kernelName, BACKEND);
  // What the backend's own kernel set up is what `productWithoutTransposition` goes on calling.
  registerKernel({ ...own, kernelName, backendName: BACKEND, kernelFunc });
}

function kernelOf(name: string): KernelFunc {
  return (getKernel(name, BACKEND) as KernelConfig).kernelFunc;
}

/** The kernel of tfjs's cpu backend, on copies. */
function onCpu(kernelName: string): KernelFunc {
  const { kernelFunc } = getKernel(kernelName, 'cpu') as KernelConfig;
  return ({ inputs, attrs, backend }) => {
    const wasm = backend as HostBackend;
    const cpu = findBackend('cpu') as HostBackend & Required<Pick<HostBackend, 'makeTensorInfo'>>;
    const copies = Object.entries(inputs as Record<string, TensorInfo>).map(([name, { dataId, shape, dtype }]) => {
      return [name, cpu.makeTensorInfo(shape, dtype, wasm.readSync(dataId))] as const;
    });
    const results = [kernelFunc({ inputs: Object.fromEntries(copies), attrs: attrs ?? {}, backend: cpu })].flat();
    const outputs = results.map(({ dataId, shape, dtype }) => output(wasm, shape, dtype, cpu.readSync(dataId)));
    for (const { dataId } of [...copies.map(([, copy]) => copy), ...results]) cpu.disposeData(dataId);
    return outputs.length === 1 ? (outputs[0] as TensorInfo) : outputs;
  };
}

function castWithTruth(kernelFunc: KernelFunc): KernelFunc {
  const castOnCpu = onCpu(Cast);
  return (call) => (call.attrs?.['dtype'] === 'bool' ? castOnCpu(call) : kernelFunc(call));
}

/** The gradient of a gather. The backend has none, and that of the cpu backend takes rows times segments. */
const sumOfRows: KernelFunc = ({ inputs, attrs, backend }) => {
  const { x, segmentIds } = inputs as { x: TensorInfo; segmentIds: TensorInfo };
  const { numSegments } = attrs as { numSegments: number };
  const wasm = backend as HostBackend;
  const [rows, ids] = [wasm.readSync(x.dataId), wasm.readSync(segmentIds.dataId)];
  const rowShape = x.shape.slice(segmentIds.shape.length);
  const width = util.sizeFromShape(rowShape);
  const sums = util.makeZerosTypedArray(numSegments * width, x.dtype) as Float32Array | Int32Array;
  for (let row = 0; row < ids.length; row++) {
    const to = (ids[row] as number) * width;
    for (let i = 0; i < width; i++) sums[to + i] = (sums[to + i] as number) + (rows[row * width + i] as number);
  }
  return output(wasm, [numSegments, ...rowShape], x.dtype, sums);
};

/** The backend's own adds float32 one after the other: a mean over 786,000 elements was off by 3.3e-4 (measured). */
const sum: KernelFunc = ({ inputs, attrs, backend }) => reduce(inputs, attrs, backend, () => 1);
const mean: KernelFunc = ({ inputs, attrs, backend }) =>
  reduce(inputs, attrs, backend, (count) => 1 / count, 'float32');

function reduce(
  inputs: object,
  attrs: NamedAttrMap | undefined,
  backend: unknown,
  factorOf: (count: number) => number,
  dtype?: 'float32',
): TensorInfo {
  const { x } = inputs as { x: TensorInfo };
  const { axis, keepDims } = (attrs ?? {}) as { axis?: number | number[]; keepDims?: boolean };
  const axes = util.parseAxisParam(axis as number[], x.shape).sort((a, b) => a - b);
  const [rest, reduced] = backend_util.computeOutAndReduceShapes(x.shape, axes);
  const wasm = backend as HostBackend;
  const factor = factorOf(util.sizeFromShape(reduced));
  const sums = sumInDoubles(wasm.readSync(x.dataId), x.shape, axes).map((value) => value * factor);
  const type = dtype ?? (x.dtype === 'bool' ? 'int32' : x.dtype);
  const values = type === 'int32' ? Int32Array.from(sums) : Float32Array.from(sums);
  return output(wasm, keepDims ? backend_util.expandShapeToKeepDim(rest, axes) : rest, type, values);
}

/** Only products of two matrices as they are take XNNPACK; transposed ones take a naive loop, 15 times slower (measured). */
function productWithoutTransposition(kernelFunc: KernelFunc): KernelFunc {
  const transpose = kernelOf(Transpose);
  return ({ inputs, attrs, backend }) => {
    const { a, b } = inputs as { a: TensorInfo; b: TensorInfo };
    const isMatrix = a.shape.length === 2 && b.shape.length === 2;
    const { transposeA, transposeB } = attrs as { transposeA: boolean; transposeB: boolean };
    if (!isMatrix || !(transposeA || transposeB)) return kernelFunc({ inputs, attrs: attrs ?? {}, backend });
    const turn = (x: TensorInfo) => transpose({ inputs: { x }, attrs: { perm: [1, 0] }, backend }) as TensorInfo;
    const [left, right] = [transposeA ? turn(a) : a, transposeB ? turn(b) : b];
    const plain = { transposeA: false, transposeB: false };
    const result = kernelFunc({ inputs: { a: left, b: right }, attrs: plain, backend });
    for (const made of [left, right]) if (made !== a && made !== b) (backend as HostBackend).disposeData(made.dataId);
    return result;
  };
}

function output(
  backend: HostBackend,
  shape: number[],
  dtype: TensorInfo['dtype'],
  values: backend_util.TypedArray,
): TensorInfo {
  return { dataId: backend.write(values, shape, dtype), shape, dtype };
}
