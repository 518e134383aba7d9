import { type OnnxConstant, type OnnxEnd, type OnnxGraph, type OnnxNode, valuesOf } from '@retort/engine/export';
import { StageError } from '@retort/foundation/diagnostics';

/** TensorFlow's name for a dtype, as a graph model spells it. */
type TensorFlowType = 'DT_FLOAT' | 'DT_INT32' | 'DT_BOOL';

export interface TensorFlowNode {
  readonly name: string;
  readonly op: string;
  readonly input: readonly string[];
  readonly attr: Readonly<Record<string, unknown>>;
}

/** A node of op `Const`: its values lie in the weight files. */
export interface TensorFlowWeight {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: 'float32' | 'int32';
  readonly bytes: Uint8Array;
}

export interface TensorFlowGraph {
  readonly nodes: readonly TensorFlowNode[];
  readonly weights: readonly TensorFlowWeight[];
  readonly inputs: readonly OnnxEnd[];
  readonly outputs: readonly OnnxEnd[];
}

/** Operators that do the same under another name. */
const RENAMED: Readonly<Record<string, string>> = {
  Add: 'AddV2',
  Sub: 'Sub',
  Mul: 'Mul',
  Div: 'RealDiv',
  Max: 'Maximum',
  Min: 'Minimum',
  Pow: 'Pow',
  Neg: 'Neg',
  Exp: 'Exp',
  Sqrt: 'Sqrt',
  Erf: 'Erf',
  Tanh: 'Tanh',
  Relu: 'Relu',
  Sigmoid: 'Sigmoid',
  Identity: 'Identity',
  Expand: 'BroadcastTo',
};

const REDUCTIONS: Readonly<Record<string, string>> = { ReduceMean: 'Mean', ReduceSum: 'Sum', ReduceMax: 'Max' };

/** ONNX's number of a dtype -> TensorFlow's. Whole numbers have 32 bits in TensorFlow.js. */
const CASTS: Readonly<Record<number, TensorFlowType>> = { 1: 'DT_FLOAT', 6: 'DT_INT32', 7: 'DT_INT32', 9: 'DT_BOOL' };

/**
 * The same graph in TensorFlow's operators, as far as an encoder needs them.
 *
 * @throws StageError EXPORT_TFJS_OPERATION for another operator
 */
export function toTensorFlow(graph: OnnxGraph): TensorFlowGraph {
  return new Translation(graph).translate();
}

class Translation {
  private readonly graph: OnnxGraph;
  private readonly nodes: TensorFlowNode[] = [];
  private readonly weights = new Map<string, TensorFlowWeight>();

  constructor(graph: OnnxGraph) {
    this.graph = graph;
  }

  translate(): TensorFlowGraph {
    const { inputs, outputs, nodes } = this.graph;
    for (const { name, shape } of inputs)
      this.push(name, 'Placeholder', [], { dtype: { type: 'DT_INT32' }, shape: { shape: tensorShape(shape) } });
    for (const node of nodes) this.translateNode(node);
    return { nodes: this.nodes, weights: [...this.weights.values()], inputs, outputs };
  }

  private translateNode(node: OnnxNode): void {
    const { type, attributes } = node;
    const [output] = node.outputs as [string];
    const inputs = () => node.inputs.map((name) => this.inputName(name));
    const renamed = Object.hasOwn(RENAMED, type) ? RENAMED[type] : undefined;
    if (renamed !== undefined) return this.push(output, renamed, inputs());
    const reduction = Object.hasOwn(REDUCTIONS, type) ? REDUCTIONS[type] : undefined;
    if (reduction !== undefined)
      return this.push(output, reduction, inputs(), { keep_dims: { b: attributes['keepdims'] !== 0 } });
    switch (type) {
      case 'Cast':
        return this.push(output, 'Cast', inputs(), { DstT: { type: CASTS[attributes['to'] as number] } });
      case 'Shape':
        return this.push(output, 'Shape', inputs(), { out_type: { type: 'DT_INT32' } });
      case 'Reshape':
        return this.push(output, 'Reshape', inputs());
      case 'Gather':
        return this.push(output, 'GatherV2', [...inputs(), this.number((attributes['axis'] ?? 0) as number)], {
          batch_dims: { i: '0' },
        });
      case 'Concat':
        return this.push(output, 'ConcatV2', [...inputs(), this.number(attributes['axis'] as number)], {
          N: { i: String(node.inputs.length) },
        });
      case 'Transpose':
        return this.push(output, 'Transpose', [...inputs(), this.numbers(attributes['perm'] as readonly number[])]);
      case 'Softmax':
        return this.push(output, 'Softmax', inputs());
      case 'Gemm':
        return this.push(output, 'MatMul', inputs(), {
          transpose_a: { b: attributes['transA'] === 1 },
          transpose_b: { b: attributes['transB'] === 1 },
        });
      case 'MatMul':
        return this.push(output, 'BatchMatMulV2', inputs(), { adj_x: { b: false }, adj_y: { b: false } });
      case 'Slice':
        return this.slice(node, output);
      default:
        throw new StageError(
          'EXPORT_TFJS_OPERATION',
          `The operation ${type} cannot be exported to TensorFlow.js. Leave "tfjs" out of the formats.`,
        );
    }
  }

  /** ONNX says where a slice ends, TensorFlow how long it is. The axes are all, in order. */
  private slice({ inputs }: OnnxNode, output: string): void {
    const [x, starts, ends] = inputs.map((name) => this.inputName(name)) as [string, string, string];
    this.push(`${output}/size`, 'Sub', [ends, starts]);
    this.push(output, 'Slice', [x, starts, safeName(`${output}/size`)]);
  }

  private inputName(name: string): string {
    const constant = this.graph.constants.get(name);
    if (constant !== undefined) this.weight(safeName(name), constant);
    return safeName(name);
  }

  private number(value: number): string {
    return this.weight(`number/${safeName(String(value))}`, { type: 'int32', shape: [], bytes: int32s([value]) });
  }

  private numbers(values: readonly number[]): string {
    const name = `numbers/${safeName(values.join('_'))}`;
    return this.weight(name, { type: 'int32', shape: [values.length], bytes: int32s(values) });
  }

  private weight(name: string, constant: OnnxConstant): string {
    if (this.weights.has(name)) return name;
    const isFloat = constant.type === 'float32';
    const bytes = isFloat || constant.type === 'int32' ? constant.bytes : int32s(valuesOf(constant) as number[]);
    this.weights.set(name, { name, shape: constant.shape, dtype: isFloat ? 'float32' : 'int32', bytes });
    const dtype: TensorFlowType = isFloat ? 'DT_FLOAT' : 'DT_INT32';
    this.push(name, 'Const', [], {
      dtype: { type: dtype },
      value: { tensor: { dtype, tensorShape: tensorShape(constant.shape) } },
    });
    return name;
  }

  private push(name: string, op: string, input: readonly string[], attr: Readonly<Record<string, unknown>> = {}): void {
    this.nodes.push({ name: safeName(name), op, input, attr });
  }
}

export function tensorShape(shape: readonly (number | string)[]): { dim: { size: string }[] } {
  return { dim: shape.map((size) => ({ size: typeof size === 'string' ? '-1' : String(size) })) };
}

function int32s(values: readonly number[]): Uint8Array {
  return new Uint8Array(Int32Array.from(values).buffer);
}

/** A node's name may hold letters, digits and few signs; these replacements keep different names different. */
function safeName(name: string): string {
  return name.replaceAll('-', 'minus').replace(/[^\w./]/g, '_');
}
