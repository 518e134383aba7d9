// Programs as graphs that leave this project. Apart from the engines: most stages need none of it.
export { exportForward, type ForwardExport } from './trace/export-forward.ts';
export {
  type Attribute,
  type OnnxConstant,
  type OnnxEnd,
  type OnnxGraph,
  type OnnxNode,
  valuesOf,
  writeOnnxModel,
} from './trace/onnx-model.ts';
export { quantizeDynamically } from './trace/quantize.ts';
