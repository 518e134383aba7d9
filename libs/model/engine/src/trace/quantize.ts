import { constantOf, type OnnxConstant, type OnnxGraph, type OnnxNode, valuesOf } from './onnx-model.ts';

/**
 * Largest whole number of a quantized weight. Seven bits: with eight, the sums of two products that processors without
 * VNNI make in 16 bits can overflow, and a model would answer differently from machine to machine.
 */
const WEIGHT_LIMIT = 63;
/** Table entries are only looked up. */
const TABLE_LIMIT = 127;
/** Weights are read and written in bands of so many rows: one of the two goes across memory. */
const BAND_ROWS = 64;
/** Smaller tables are not worth two more nodes. */
const TABLE_VALUES = 4096;

/**
 * The graph with int8 weights: dynamic quantization. Products with a constant matrix (`Gemm`, `MatMul`) quantize what
 * comes in while they run, one scale for all of it, and have a scale for each column of the weight; embedding tables have
 * one for each row. Everything else stays float32. Pure: the same graph gives the same bytes.
 *
 * @param tables leaves embedding tables as they are when false: they make a file smaller, not a pass faster
 * @param quantized weights that were quantized before, by name; filled. For several graphs over the same weights.
 */
export function quantizeDynamically(
  graph: OnnxGraph,
  { tables = true, quantized = new Map() }: { tables?: boolean; quantized?: QuantizedWeights } = {},
): OnnxGraph {
  return new Quantizer(graph, { tables, quantized }).quantize();
}

/** Name of a weight, and whether it is read transposed, to what became of it. */
export type QuantizedWeights = Map<string, Quantized>;

class Quantizer {
  private readonly graph: OnnxGraph;
  private readonly nodes: OnnxNode[] = [];
  private readonly constants: Map<string, OnnxConstant>;
  /** Value -> its quantized form: several products read the same value. */
  private readonly quantized = new Map<string, readonly [string, string, string]>();
  private readonly tables: boolean;
  private readonly weights: QuantizedWeights;

  constructor(graph: OnnxGraph, { tables, quantized }: { tables: boolean; quantized: QuantizedWeights }) {
    this.tables = tables;
    this.weights = quantized;
    this.graph = graph;
    this.constants = new Map(graph.constants);
  }

  quantize(): OnnxGraph {
    for (const node of this.graph.nodes) {
      if (this.isProduct(node)) this.quantizeProduct(node);
      else if (this.tables && this.isTable(node)) this.quantizeTable(node);
      else this.nodes.push(node);
    }
    const read = new Set(this.nodes.flatMap((node) => node.inputs));
    const constants = new Map([...this.constants].filter(([name]) => read.has(name)));
    return { ...this.graph, nodes: this.nodes, constants };
  }

  private weightOf({ inputs }: OnnxNode, position: number): OnnxConstant | undefined {
    const constant = this.graph.constants.get(inputs[position] as string);
    return constant?.type === 'float32' && constant.shape.length === 2 ? constant : undefined;
  }

  private isProduct(node: OnnxNode): boolean {
    const isPlain = node.type === 'MatMul' || (node.type === 'Gemm' && !node.attributes['transA'] && !node.inputs[2]);
    return isPlain && this.weightOf(node, 1) !== undefined;
  }

  private isTable(node: OnnxNode): boolean {
    if (node.type !== 'Gather' || (node.attributes['axis'] ?? 0) !== 0) return false;
    return (this.weightOf(node, 0)?.bytes.length ?? 0) >= 4 * TABLE_VALUES;
  }

  private quantizeProduct(node: OnnxNode): void {
    const [input, weight] = node.inputs as [string, string];
    const [output] = node.outputs as [string];
    const { values, scales, shape } = this.columnsOf(node, weight);
    const columns = shape[1] as number;
    const matrix = this.constant(`${weight}.int8`, constantOf('int8', shape, values));
    const zero = this.constant(`${weight}.zero`, constantOf('int8', [columns], new Int8Array(columns)));
    const scale = this.constant(`${weight}.scale`, constantOf('float32', [columns], scales));
    const [whole, inputScale, inputZero] = this.quantizedInput(input);
    this.add('MatMulInteger', [whole, matrix, inputZero, zero], `${output}.sum`);
    this.add('Cast', [`${output}.sum`], `${output}.float`, { to: 1 });
    this.add('Mul', [inputScale, scale], `${output}.scale`);
    this.add('Mul', [`${output}.float`, `${output}.scale`], output);
  }

  private columnsOf(node: OnnxNode, weight: string): Quantized {
    const isTransposed = node.attributes['transB'] === 1;
    const name = `${weight}${isTransposed ? ' transposed' : ''}`;
    const known = this.weights.get(name);
    if (known !== undefined) return known;
    const made = quantizeColumns(this.weightOf(node, 1) as OnnxConstant, { isTransposed });
    this.weights.set(name, made);
    return made;
  }

  private quantizedInput(name: string): readonly [string, string, string] {
    const known = this.quantized.get(name);
    if (known !== undefined) return known;
    const outputs = [`${name}.uint8`, `${name}.uint8.scale`, `${name}.uint8.zero`] as const;
    this.nodes.push({ type: 'DynamicQuantizeLinear', domain: '', inputs: [name], outputs, attributes: {} });
    this.quantized.set(name, outputs);
    return outputs;
  }

  private quantizeTable(node: OnnxNode): void {
    const [table, indices] = node.inputs as [string, string];
    const [output] = node.outputs as [string];
    const { values, scales, shape } = quantizeRows(this.weightOf(node, 0) as OnnxConstant);
    const rows = this.constant(`${table}.int8`, constantOf('int8', shape, values));
    const scale = this.constant(`${table}.scale`, constantOf('float32', [shape[0] as number, 1], scales));
    this.add('Gather', [rows, indices], `${output}.int8`, { axis: 0 });
    this.add('Cast', [`${output}.int8`], `${output}.float`, { to: 1 });
    this.add('Gather', [scale, indices], `${output}.scale`, { axis: 0 });
    this.add('Mul', [`${output}.float`, `${output}.scale`], output);
  }

  private constant(name: string, constant: OnnxConstant): string {
    this.constants.set(name, constant);
    return name;
  }

  private add(type: string, inputs: readonly string[], output: string, attributes: OnnxNode['attributes'] = {}): void {
    this.nodes.push({ type, domain: '', inputs, outputs: [output], attributes });
  }
}

interface Quantized {
  readonly values: Int8Array;
  readonly scales: Float32Array;
  readonly shape: readonly number[];
}

/** A weight [I, O], or [O, I] when it is transposed, as int8 [I, O] with a scale for each of the O columns. */
function quantizeColumns(weight: OnnxConstant, { isTransposed }: { isTransposed: boolean }): Quantized {
  const values = valuesOf(weight) as Float32Array;
  const [rows, columns] = (isTransposed ? [...weight.shape].reverse() : weight.shape) as [number, number];
  const [rowStride, columnStride] = isTransposed ? [1, rows] : [columns, 1];
  const largest = new Float32Array(columns);
  for (let first = 0; first < rows; first += BAND_ROWS)
    for (let column = 0; column < columns; column++) {
      const end = Math.min(rows, first + BAND_ROWS);
      let most = largest[column] as number;
      for (let row = first; row < end; row++) {
        const size = Math.abs(values[row * rowStride + column * columnStride] as number);
        if (size > most) most = size;
      }
      largest[column] = most;
    }
  const scales = largest.map((most) => most / WEIGHT_LIMIT || 1);
  const result = new Int8Array(rows * columns);
  for (let first = 0; first < rows; first += BAND_ROWS)
    for (let column = 0; column < columns; column++) {
      const end = Math.min(rows, first + BAND_ROWS);
      const scale = scales[column] as number;
      for (let row = first; row < end; row++)
        result[row * columns + column] = rounded((values[row * rowStride + column * columnStride] as number) / scale);
    }
  return { values: result, scales, shape: [rows, columns] };
}

/** Halves up, as Math.round does, which takes three times as long. They part only where a quotient of float32 never is. */
const rounded = (value: number) => Math.floor(value + 0.5);

function quantizeRows(table: OnnxConstant): Quantized {
  const values = valuesOf(table) as Float32Array;
  const [rows, columns] = table.shape as [number, number];
  const result = new Int8Array(values.length);
  const scales = new Float32Array(rows);
  for (let row = 0; row < rows; row++) {
    const from = row * columns;
    let largest = 0;
    for (let i = from; i < from + columns; i++) largest = Math.max(largest, Math.abs(values[i] as number));
    const scale = Math.fround(largest / TABLE_LIMIT) || 1;
    scales[row] = scale;
    for (let i = from; i < from + columns; i++) result[i] = rounded((values[i] as number) / scale);
  }
  return { values: result, scales, shape: table.shape };
}
