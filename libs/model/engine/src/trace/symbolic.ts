import { RetortError } from '@retort/foundation/diagnostics';
import type { GraphEnd, Recorded, RecordedNode } from './graph-recorder.ts';
import {
  type Attribute,
  constantOf,
  type OnnxConstant,
  type OnnxEnd,
  type OnnxGraph,
  type OnnxNode,
  valuesOf,
} from './onnx-model.ts';

/** One recording of a program at given sizes. */
export interface SizedRecording extends Recorded {
  /** Sizes of the dimensions that have names. */
  readonly sizes: Sizes;
  readonly outputs: readonly { readonly title: string; readonly value: GraphEnd }[];
}

/** An input of the program, and how it is called in the graph. */
export interface NamedInput {
  /** Name of its value in the recordings. */
  readonly value: string;
  readonly name: string;
  /** A size that differs from call to call has a name. */
  readonly dimensions: readonly (number | string)[];
  /** As the program has it, or int64, which is narrowed. */
  readonly type: OnnxEnd['type'];
}

export interface MergeOptions {
  readonly inputs: readonly NamedInput[];
  /** Whether operators of ONNX Runtime alone become ones that every runtime has. */
  readonly isPortable: boolean;
}

/**
 * One graph for all sizes, from two recordings at different ones. Where the two agree, a number is a number; where they
 * differ, it is one of the named sizes or made of them (`sizeExpression`), and is computed from the shapes of the inputs when
 * the graph runs.
 *
 * @throws RetortError TRACE_NOT_SYMBOLIC when the program does something else at another size
 */
export function mergeRecordings(first: SizedRecording, second: SizedRecording, options: MergeOptions): OnnxGraph {
  return new SymbolicGraph(first, second, options).merge();
}

type Pair = readonly [string, string];

class SymbolicGraph {
  private readonly nodes: OnnxNode[] = [];
  private readonly constants = new Map<string, OnnxConstant>();
  /** Values of the first recording and of the second -> value of this graph. */
  private readonly names = new Map<string, string>();
  /** Size or product of sizes -> value of this graph, int64 [1]. */
  private readonly sizeValues = new Map<string, string>();
  private readonly first: SizedRecording;
  private readonly second: SizedRecording;
  private readonly inputs: readonly NamedInput[];
  private readonly isPortable: boolean;

  constructor(first: SizedRecording, second: SizedRecording, { inputs, isPortable }: MergeOptions) {
    this.first = first;
    this.second = second;
    this.inputs = inputs;
    this.isPortable = isPortable;
  }

  merge(): OnnxGraph {
    for (const { value, name, type } of this.inputs)
      this.names.set(pairKey([value, value]), type === 'int64' ? this.add('Cast', [name], { to: 6 }) : name);
    if (this.first.nodes.length !== this.second.nodes.length) throw notSymbolic('the number of its operations');
    for (const [i, node] of this.first.nodes.entries()) this.mergeNode(node, this.second.nodes[i] as RecordedNode);
    const outputs = this.first.outputs.map(({ title, value }, i): OnnxEnd => {
      const other = (this.second.outputs[i] as (typeof this.second.outputs)[number]).value;
      this.nodes.push(node('Identity', [this.nameOf([value.name, other.name])], title));
      return {
        name: title,
        type: value.type,
        shape: value.shape.map((size, axis) => this.dimension(size, other.shape[axis] as number)),
      };
    });
    return {
      nodes: this.nodes,
      constants: this.constants,
      inputs: this.inputs.map(({ name, dimensions, type }) => ({ name, type, shape: dimensions })),
      outputs,
    };
  }

  private mergeNode(a: RecordedNode, b: RecordedNode): void {
    if (a.type !== b.type || JSON.stringify(a.attributes) !== JSON.stringify(b.attributes))
      throw notSymbolic(`the operation ${a.type}`);
    const inputs = a.inputs.map((input, i) => this.inputOf(a, i, [input, b.inputs[i] as string]));
    const output = this.isPortable ? this.portable(a, inputs) : this.add(a.type, inputs, a.attributes, a.domain);
    this.names.set(pairKey([a.output, b.output]), output);
  }

  /** Of several free axes in a new shape one can be left to be found out. */
  private inputOf(node: RecordedNode, position: number, pair: Pair): string {
    const constants = this.constantPair(pair);
    if (node.type !== 'Reshape' || position !== 1 || constants === undefined) return this.nameOf(pair);
    const [a, b] = constants.map((constant) => [...valuesOf(constant)]) as [number[], number[]];
    const free = a.flatMap((size, axis) => (size === b[axis] ? [] : [axis]));
    if (free.length !== 1 || a.includes(0)) return this.nameOf(pair);
    const shape = a.map((size, axis) => (axis === free[0] ? -1 : size));
    return this.constant(`reshape ${shape.join()}`, constantOf('int64', [shape.length], shape));
  }

  private nameOf(pair: Pair): string {
    const known = this.names.get(pairKey(pair));
    if (known !== undefined) return known;
    const constants = this.constantPair(pair);
    if (constants === undefined) throw notSymbolic('which values it computes with');
    const name = this.mergeConstants(pair, constants);
    this.names.set(pairKey(pair), name);
    return name;
  }

  private constantPair([a, b]: Pair): readonly [OnnxConstant, OnnxConstant] | undefined {
    const constants = [this.first.constants.get(a), this.second.constants.get(b)];
    return constants.includes(undefined) ? undefined : (constants as unknown as readonly [OnnxConstant, OnnxConstant]);
  }

  private mergeConstants([name]: Pair, [a, b]: readonly [OnnxConstant, OnnxConstant]): string {
    if (a.shape.join() !== b.shape.join() || a.type !== b.type) throw notSymbolic('the shape of a constant');
    if (areSameBytes(a.bytes, b.bytes)) return this.constant(name.replace(/^p:/, ''), a);
    if (a.type !== 'int64' || a.shape.length !== 1) throw notSymbolic('the values of a constant');
    const [left, right] = [[...valuesOf(a)], [...valuesOf(b)]];
    const parts = left.map((size, i) => this.sizeValue(this.dimension(size, right[i] as number)));
    return parts.length === 1 ? (parts[0] as string) : this.add('Concat', parts, { axis: 0 });
  }

  private dimension(first: number, second: number): number | string {
    return sizeExpression([first, second], [this.first.sizes, this.second.sizes]);
  }

  private sizeValue(size: number | string): string {
    if (typeof size === 'number') return this.constant(`size ${size}`, constantOf('int64', [1], [size]));
    const known = this.sizeValues.get(size);
    if (known !== undefined) return known;
    const { operator, parts } = partsOf(size);
    const value =
      operator === undefined
        ? this.inputSize(size)
        : this.add(
            operator === '*' ? 'Mul' : 'Sub',
            parts.map((part) => this.sizeValue(part)),
          );
    this.sizeValues.set(size, value);
    return value;
  }

  private inputSize(dimension: string): string {
    const input = this.inputs.find(({ dimensions }) => dimensions.includes(dimension)) as NamedInput;
    const shape = this.add('Shape', [input.name]);
    const axis = input.dimensions.indexOf(dimension);
    return this.add('Gather', [shape, this.constant(`axis ${axis}`, constantOf('int64', [1], [axis]))], { axis: 0 });
  }

  /** `FusedMatMul` is ONNX Runtime's own; there it is made again of what replaces it. */
  private portable({ type, domain, attributes, inputs: recorded }: RecordedNode, inputs: readonly string[]): string {
    if (domain === '') return this.add(type, inputs, attributes);
    if (type !== 'FusedMatMul') throw notSymbolic(`the operator ${domain}.${type}, which other runtimes do not have`);
    const [left, right] = ['transA', 'transB'].map((flag, i) =>
      attributes[flag] === 1 ? this.swapped(recorded[i] as string, inputs[i] as string) : (inputs[i] as string),
    ) as [string, string];
    return this.add('MatMul', [left, right]);
  }

  private swapped(recorded: string, name: string): string {
    const rank = this.first.described.get(recorded)?.shape.length ?? this.first.constants.get(recorded)?.shape.length;
    if (rank === undefined) throw notSymbolic('a matrix of which nothing is known');
    const perm = Array.from({ length: rank }, (_, axis) => axis);
    [perm[rank - 2], perm[rank - 1]] = [rank - 1, rank - 2];
    return this.add('Transpose', [name], { perm });
  }

  private constant(name: string, constant: OnnxConstant): string {
    this.constants.set(name, constant);
    return name;
  }

  private add(
    type: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>> = {},
    domain = '',
  ): string {
    const output = `v${this.nodes.length}`;
    this.nodes.push({ ...node(type, inputs, output, attributes), domain });
    return output;
  }
}

/** Sizes of one recording or of one batch, by name. */
export type Sizes = Readonly<Record<string, number>>;

/**
 * What a size is that is `first` at some sizes and `second` at others: a number, the name of a size, a product of two
 * (`batch*sequence`), a multiple of one (`12*sequence`), or what one leaves of a number or a number of it
 * (`512-sequence`, `sequence-1`).
 *
 * @throws RetortError TRACE_NOT_SYMBOLIC when it is none of these, or may be two
 */
export function sizeExpression(
  [first, second]: readonly [number, number],
  sizes: readonly [Sizes, Sizes],
): number | string {
  if (first === second) return first;
  const fitting = possibleExpressions(first, sizes[0]).filter((text) => sizeAt(text, sizes[1]) === second);
  if (fitting.length === 1) return fitting[0] as string;
  const either = fitting.length === 0 ? '' : `, which may be ${fitting.join(' or ')},`;
  throw notSymbolic(`a size that is ${first} and ${second}${either}`);
}

function possibleExpressions(size: number, sizes: Sizes): string[] {
  const named = Object.entries(sizes);
  const products = named.flatMap(([a, x], i) =>
    named.slice(i + 1).flatMap(([b, y]) => (x * y === size ? [`${a}*${b}`] : [])),
  );
  const ofOne = named.flatMap(([name, value]) => [
    ...(value === size ? [name] : []),
    ...(value < size && size % value === 0 ? [`${size / value}*${name}`] : []),
    ...(value > size ? [`${name}-${value - size}`] : []),
    `${size + value}-${name}`,
  ]);
  return [...products, ...ofOne];
}

/** What an expression is at given sizes. */
export function sizeAt(expression: number | string, sizes: Sizes): number {
  if (typeof expression === 'number') return expression;
  const { operator, parts } = partsOf(expression);
  const values = parts.map((part) => (typeof part === 'number' ? part : (sizes[part] as number)));
  return values.reduce((a, b) => (operator === '-' ? a - b : a * b));
}

function partsOf(expression: string): { operator?: '*' | '-'; parts: (number | string)[] } {
  const operator = /[*-]/.exec(expression)?.[0] as '*' | '-' | undefined;
  const texts = operator === undefined ? [expression] : expression.split(operator);
  const parts = texts.map((text) => (/^\d+$/.test(text) ? Number(text) : text));
  return { ...(operator && { operator }), parts };
}

function node(
  type: string,
  inputs: readonly string[],
  output: string,
  attributes: Readonly<Record<string, Attribute>> = {},
): OnnxNode {
  return { type, domain: '', inputs, outputs: [output], attributes };
}

const pairKey = ([a, b]: Pair) => `${a} ${b}`;

/** Weights are the same memory in both recordings: hundreds of MB that need not be read. */
function areSameBytes(a: Uint8Array, b: Uint8Array): boolean {
  const isSameMemory = a.buffer === b.buffer && a.byteOffset === b.byteOffset && a.length === b.length;
  return isSameMemory || Buffer.compare(a, b) === 0;
}

export function notSymbolic(what: string): RetortError {
  return new RetortError(
    'TRACE_NOT_SYMBOLIC',
    `The program cannot be written for all sizes, because ${what} depends on them.`,
  );
}
