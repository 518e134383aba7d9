import type { HostTensors } from '@retort/engine';
import * as tf from '@tensorflow/tfjs-core';
import { type Floats, floats, ints, normal, positive } from './arrays.ts';

type Tensors = Readonly<Record<string, tf.Tensor>>;

/** One operation on tiny tensors: `a`, `b`, … are parameters, and gradients of them are compared. */
export interface OperationCase {
  readonly name: string;
  readonly parameters: Readonly<Record<string, Floats>>;
  readonly inputs?: HostTensors;
  readonly compute: (parameters: Tensors, inputs: Tensors) => tf.Tensor;
}

const one = (name: string, a: Floats, compute: (a: tf.Tensor) => tf.Tensor): OperationCase => ({
  name,
  parameters: { a },
  compute: (parameters) => compute(parameters['a'] as tf.Tensor),
});

const two = (
  name: string,
  [a, b]: readonly [Floats, Floats],
  compute: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor,
): OperationCase => ({
  name,
  parameters: { a, b },
  compute: (parameters) => compute(parameters['a'] as tf.Tensor, parameters['b'] as tf.Tensor),
});

const shapes = [
  [
    [2, 3],
    [2, 3],
  ],
  [[2, 3], [3]],
  [[3], [2, 3]],
  [
    [2, 1, 3],
    [4, 1],
  ],
  [[], [2, 3]],
  [[2, 3], []],
] as const;

/** tfjs cannot broadcast in these operations' gradients, so that broadcasting is tried with an operand that is an input. */
const withInput = (
  name: string,
  [a, b]: readonly [Floats, Floats],
  compute: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor,
): OperationCase => ({
  name,
  parameters: { scale: positive([1], 5) },
  inputs: { b, c: a },
  // The result is what is compared; the gradient goes through the scale.
  compute: ({ scale }, { b, c }) => tf.mul(compute(c as tf.Tensor, b as tf.Tensor), scale as tf.Tensor),
});

const COMPARISONS = ['greater', 'greaterEqual', 'less', 'lessEqual', 'equal'] as const;

const elementwiseOfTwo: OperationCase[] = shapes.flatMap(([left, right]) => {
  const title = (name: string) => `${name} of [${left}] and [${right}]`;
  const any = [normal(left, 1), normal(right, 2)] as const;
  const above = [positive(left, 1), positive(right, 2)] as const;
  return [
    two(title('add'), any, tf.add),
    two(title('sub'), any, tf.sub),
    two(title('mul'), any, tf.mul),
    two(title('div'), above, tf.div),
    two(title('pow'), above, tf.pow),
    ...(['maximum', 'minimum', 'squaredDifference'] as const).map((name) => withInput(title(name), any, tf[name])),
    ...COMPARISONS.map((name) => withInput(title(name), any, (a, b) => tf.cast(tf[name](a, b), 'float32'))),
  ];
});

const sameShapes: OperationCase[] = [
  ...(['maximum', 'minimum', 'squaredDifference'] as const).map((name) =>
    two(`${name}, both operands trained`, [normal([2, 3], 1), normal([2, 3], 2)], tf[name]),
  ),
  ...COMPARISONS.map(
    (name): OperationCase => ({
      name: `where ${name}`,
      parameters: { a: normal([2, 3], 1), b: normal([2, 3], 2) },
      inputs: { c: normal([2, 3], 3), d: normal([2, 3], 4) },
      compute: ({ a, b }, { c, d }) =>
        tf.where(tf[name](c as tf.Tensor, d as tf.Tensor), tf.square(a as tf.Tensor), b as tf.Tensor),
    }),
  ),
];

const signs = normal([3, 4]);
const withValues = (name: string, compute: (a: tf.Tensor, values: tf.Tensor) => tf.Tensor): OperationCase => ({
  name,
  parameters: { a: normal([3, 4], 2) },
  inputs: { values: signs },
  compute: (parameters, inputs) => compute(parameters['a'] as tf.Tensor, inputs['values'] as tf.Tensor),
});
const elementwiseOfOne: OperationCase[] = [
  ...(['neg', 'exp', 'square', 'abs', 'sign', 'erf', 'tanh', 'sigmoid', 'relu', 'step'] as const).map((name) =>
    one(name, signs, (a) => tf[name](a)),
  ),
  ...(['log', 'sqrt', 'rsqrt', 'reciprocal'] as const).map((name) => one(name, positive([3, 4]), (a) => tf[name](a))),
  one('step with another value below 0', signs, (a) => tf.mul(tf.step(a, -0.5), a)),
  withValues('logical operations', (a, values) => {
    const [above, below] = [tf.greater(values, 0.5), tf.less(values, -0.5)];
    const chosen = tf.logicalAnd(tf.logicalNot(above), tf.logicalOr(below, tf.greater(values, 0)));
    return tf.mul(tf.cast(chosen, 'float32'), a);
  }),
  withValues('cast of truth and of integers', (a, values) =>
    tf.mul(
      tf.cast(tf.cast(tf.mul(values, 3), 'int32'), 'float32'),
      tf.mul(a, tf.cast(tf.greater(values, 0), 'float32')),
    ),
  ),
  one('cast to the type that is there', signs, (a) => tf.square(tf.cast(a, 'float32'))),
  one('cast of constants', signs, (a) =>
    tf.mul(
      a,
      tf.add(
        tf.cast(tf.cast(tf.fill([3, 4], 1.75), 'int32'), 'float32'),
        tf.cast(tf.cast(tf.fill([3, 4], 2.5), 'bool'), 'float32'),
      ),
    ),
  ),
];

const uniform: OperationCase[] = [
  one('products and sums with constants of one value', normal([3]), (a) => {
    const wide = tf.mul(tf.ones([2, 3]), a);
    return tf.add(tf.zeros([2, 3]), tf.sub(tf.div(tf.mul(wide, 2), tf.ones([2, 3])), tf.zeros([2, 3])));
  }),
  one('a pending broadcast read by every kind of operation', normal([3]), (a) => {
    const wide = tf.mul(a, tf.ones([2, 3]));
    const product = tf.matMul(wide as tf.Tensor2D, wide as tf.Tensor2D, false, true);
    return tf.add(tf.sum(tf.softmax(tf.tanh(wide))), tf.add(tf.max(tf.transpose(wide)), product));
  }),
  one('zerosLike and onesLike', normal([2, 3]), (a) => tf.add(tf.mul(a, tf.onesLike(a)), tf.zerosLike(a))),
  one('a clone', normal([2, 3]), (a) => tf.square(tf.clone(a))),
  one('broadcastTo', normal([2, 1, 3]), (a) => tf.broadcastTo(a, [2, 4, 3])),
  one('broadcastTo twice', normal([1, 3]), (a) => tf.broadcastTo(tf.broadcastTo(a, [2, 3]), [4, 2, 3])),
];

const shape: OperationCase[] = [
  ...([[4, 6], [24], [2, -1, 2], [2, 3, 4]] as const).map((target) =>
    one(`reshape [2,3,4] to [${target}]`, normal([2, 3, 4]), (a) => tf.reshape(a, [...target])),
  ),
  ...([0, 1, -1] as const).map((axis) =>
    one(`expandDims at ${axis}, then squeeze`, normal([2, 3]), (a) => {
      const wide = tf.expandDims(a, axis);
      return tf.add(tf.squeeze(tf.square(wide)), tf.sum(wide));
    }),
  ),
  ...(
    [
      [0, 1, 2],
      [2, 0, 1],
      [1, 0, 2],
      [0, 2, 1],
    ] as const
  ).map((permutation) =>
    one(`transpose by [${permutation}]`, normal([2, 3, 4]), (a) => tf.transpose(a, [...permutation])),
  ),
  one('transpose to heads and back', normal([2, 3, 4]), (a) => {
    const heads = tf.transpose(tf.reshape(a, [2, 3, 2, 2]), [0, 2, 1, 3]);
    return tf.reshape(tf.transpose(tf.square(heads), [0, 2, 1, 3]), [6, 4]);
  }),
  one('slice, whose gradient pads', normal([3, 4]), (a) => tf.slice(a, [1, 1], [2, -1])),
  one('slice of everything', normal([3, 4]), (a) => tf.slice(a, [0, 0], [3, 4])),
  one('two slices that overlap', normal([5, 2]), (a) =>
    tf.mul(tf.slice(a, [0, 0], [3, 2]), tf.slice(a, [2, 0], [3, 2])),
  ),
  one('pad with a value', normal([2, 3]), (a) =>
    tf.pad(
      a,
      [
        [1, 0],
        [0, 2],
      ],
      0.5,
    ),
  ),
  ...([0, 1, -1] as const).map((axis) =>
    two(`concat along ${axis}`, [normal([2, 3], 1), normal([2, 3], 2)], (a, b) =>
      tf.concat([a, tf.square(b), a], axis),
    ),
  ),
  two('concat of different sizes', [normal([2, 1], 1), normal([2, 3], 2)], (a, b) => tf.concat([a, b], 1)),
  ...([0, 1, 2] as const).map((axis) =>
    two(`stack along ${axis}`, [normal([2, 3], 1), normal([2, 3], 2)], (a, b) => tf.stack([a, b, a], axis)),
  ),
  ...([0, 1, -1] as const).map((axis) =>
    one(`unstack along ${axis}`, normal([3, 3]), (a) => {
      const [first, second, third] = tf.unstack(a, axis) as [tf.Tensor, tf.Tensor, tf.Tensor];
      return tf.sub(tf.mul(first, second), third);
    }),
  ),
  one('split into equal parts', normal([2, 6]), (a) => {
    const [first, second, third] = tf.split(a, 3, 1) as [tf.Tensor, tf.Tensor, tf.Tensor];
    return tf.sub(tf.mul(first, second), third);
  }),
  one('split into parts of given sizes', normal([5, 2]), (a) => {
    const [first, second] = tf.split(a, [2, 3], 0) as [tf.Tensor, tf.Tensor];
    return tf.concat([tf.square(second), first], 0);
  }),
  one('tile', normal([2, 3]), (a) => tf.tile(a, [2, 3])),
];

const axesOfThree = [undefined, 0, 1, -1, [0, 2], [1, 2], [0, 1, 2]] as const;
const reductions: OperationCase[] = (['sum', 'mean', 'max', 'min'] as const).flatMap((name) =>
  axesOfThree.flatMap((axes) =>
    [false, true].map((keepDims) =>
      one(`${name} over ${axes ?? 'all'}${keepDims ? ', keeping axes' : ''}`, normal([2, 3, 4]), (a) =>
        tf[name](a, axes as number | number[] | undefined, keepDims),
      ),
    ),
  ),
);

const integerReductions: OperationCase[] = [
  {
    name: 'sum and mean of integers and of truth',
    parameters: { a: normal([2, 2]) },
    inputs: { counts: ints([2, 2], [1, 2, 3, 5]) },
    compute: ({ a }, { counts }) => {
      const [values, numbers] = [a, counts] as [tf.Tensor, tf.Tensor];
      const factor = tf.add(tf.cast(tf.sum(numbers, 0), 'float32'), tf.mean(numbers, 0));
      return tf.mul(values, tf.add(factor, tf.cast(tf.sum(tf.greater(numbers, 1)), 'float32')));
    },
  },
];

const softmaxes: OperationCase[] = [
  one('softmax of 2 axes', normal([3, 5]), (a) => tf.softmax(a)),
  {
    name: 'softmax of 4 axes, with masked scores',
    parameters: { a: normal([2, 2, 3, 3]) },
    inputs: { bias: floats([2, 1, 1, 3], (i) => (i === 2 ? -10_000 : 0)) },
    compute: ({ a }, { bias }) => tf.softmax(tf.add(a as tf.Tensor, bias as tf.Tensor)),
  },
  one('logSoftmax', normal([3, 5]), (a) => tf.logSoftmax(a)),
];

const transpositions = [
  [false, false],
  [true, false],
  [false, true],
  [true, true],
] as const;
const products: OperationCase[] = [[], [2], [2, 2]].flatMap((batch) =>
  transpositions.map(([transposeA, transposeB]) => {
    const left = [...batch, ...(transposeA ? [4, 3] : [3, 4])];
    const right = [...batch, ...(transposeB ? [2, 4] : [4, 2])];
    return two(
      `matMul of [${left}] and [${right}]${transposeA ? ', left transposed' : ''}${transposeB ? ', right transposed' : ''}`,
      [normal(left, 1), normal(right, 2)],
      (a, b) => tf.matMul(a, b, transposeA, transposeB),
    );
  }),
);

const ids = ints([2, 3], [4, 0, 4, 2, 2, 1]);
const withIds = (name: string, a: Floats, compute: (a: tf.Tensor, ids: tf.Tensor2D) => tf.Tensor): OperationCase => ({
  name,
  parameters: { a },
  inputs: { ids },
  compute: (parameters, inputs) => compute(parameters['a'] as tf.Tensor, inputs['ids'] as tf.Tensor2D),
});

const indexing: OperationCase[] = [
  withIds('gather of rows', normal([5, 3]), (a, ids) => tf.gather(a, ids)),
  withIds('gather of rows by one axis of ids', normal([5, 3]), (a, ids) =>
    tf.gather(a, tf.reshape(ids, [6]) as tf.Tensor1D),
  ),
  withIds('gather of numbers', normal([5]), (a, ids) => tf.gather(a, ids)),
  withIds('gather of rows of two axes', normal([5, 2, 3]), (a, ids) => tf.gather(a, ids)),
  withIds('gather along axis 1', normal([2, 5, 3]), (a, ids) => tf.gather(a, ids, 1)),
  withIds('gather along the last axis', normal([2, 5]), (a, ids) => tf.gather(a, ids, 1)),
  withIds('a table read twice', normal([5, 3]), (a, ids) =>
    tf.add(tf.gather(a, ids), tf.gather(a, tf.sub(tf.scalar(4, 'int32'), ids) as tf.Tensor2D)),
  ),
  withIds('a table read as rows and as a matrix (tied embedding)', normal([5, 3]), (a, ids) =>
    tf.matMul(tf.reshape(tf.gather(a, ids), [6, 3]) as tf.Tensor2D, a as tf.Tensor2D, false, true),
  ),
  withIds('a table that other parameters are added to', normal([5, 3]), (a, ids) =>
    tf.gather(tf.mul(a, tf.exp(a)), ids),
  ),
  withIds('unsortedSegmentSum', normal([6, 2]), (a, ids) =>
    tf.square(tf.unsortedSegmentSum(a, tf.reshape(ids, [6]) as tf.Tensor1D, 5)),
  ),
  withIds('oneHot', normal([2, 3, 5]), (a, ids) => tf.sum(tf.mul(a, tf.oneHot(ids, 5)), -1)),
  withIds('oneHot with other values, as floats', normal([2, 3, 5]), (a, ids) =>
    tf.mul(a, tf.oneHot(ids, 5, 2, -0.5, 'float32')),
  ),
];

const shared: OperationCase[] = [
  two('two parameters with one gradient', [normal([2, 3], 1), normal([2, 3], 2)], (a, b) => tf.tanh(tf.add(a, b))),
  two('a parameter that the loss does not reach', [normal([2, 3], 1), normal([2], 2)], (a) => tf.square(a)),
  one('a parameter that is itself the result', normal([2, 3]), (a) => a),
];

export const OPERATIONS: readonly OperationCase[] = [
  ...elementwiseOfTwo,
  ...sameShapes,
  ...elementwiseOfOne,
  ...uniform,
  ...shape,
  ...reductions,
  ...integerReductions,
  ...softmaxes,
  ...products,
  ...indexing,
  ...shared,
];
