import { hash32, RandomStream, streamKey } from '@retort/foundation/random';
import { outputsOfTask, type Task } from '@retort/foundation/task';
import { type LabelValues, labelWidth, type TokenRows } from '@retort/tables';

/** 2 ^ 18 weights for each output; features that share one are as rare as errors in the labels. */
const BUCKETS = 0x40000;

/** How much a row's loss counts beside the squared weights: scikit-learn's default `C`, not tuned for any task. */
const ROW_WEIGHT = 1;

/** Learning ends when a pass over the rows moves their dual variables by less than this on average. */
const LEAST_MOVE = 1e-5;

/** About two seconds; SST-2 has 34 passes. Where there would be fewer than `LEAST_EPOCHS`, a random part of the rows is learned from. */
const MOST_UPDATES = 1e8;
const LEAST_EPOCHS = 10;

/** Set features of rows: those of row i are `buckets[offsets[i] … offsets[i + 1]]`, each once. */
interface Features {
  readonly buckets: Int32Array;
  readonly offsets: Int32Array;
}

/**
 * What one learns from knowing which tokens and which pairs of neighbours occur in a text: regularized logistic regression on
 * hashed features, one classifier for each output; for numbers ridge regression. A model that reads text has to be better.
 * The same numbers for the same rows, in whatever order they are scored.
 *
 * Stochastic dual coordinate ascent: Shalev-Shwartz and Zhang, 2013, section 6.
 *
 * @param train rows with labels
 * @returns logits float32 [rows, outputs]; for a regression the numbers
 */
export function bagOfWordsLogits(train: TokenRows, rows: TokenRows, task: Task): Float32Array {
  const outputs = outputsOfTask(task);
  const [known, asked] = [featuresOf(train), featuresOf(rows)];
  const plan = learningPlan(known, train.rowCount, outputs);
  const logits = new Float32Array(rows.rowCount * outputs);
  for (let output = 0; output < outputs; output++) {
    const targets = targetsOf(train.labels as LabelValues, { task, output, rows: train.rowCount });
    const weights = fit(known, { targets, ...plan, step: STEPS[task.kind] });
    for (let row = 0; row < rows.rowCount; row++)
      logits[row * outputs + output] = targets.offset + sumOf(weights, asked, row) * targets.scale;
  }
  return logits;
}

/** A row's tokens, and its pairs of neighbours, special tokens included: the first and last word of a text are pairs with them. */
function featuresOf({ tokenIds, offsets, rowCount }: TokenRows): Features {
  const buckets = new Int32Array(2 * tokenIds.length);
  const ends = new Int32Array(rowCount + 1);
  const seenIn = new Int32Array(BUCKETS).fill(-1);
  let size = 0;
  for (let row = 0; row < rowCount; row++) {
    const add = (key: number, id: number) => {
      const bucket = hash32(key, id) % BUCKETS;
      if (seenIn[bucket] === row) return;
      seenIn[bucket] = row;
      buckets[size++] = bucket;
    };
    for (let i = offsets[row] as number; i < (offsets[row + 1] as number); i++) {
      const id = tokenIds[i] as number;
      add(0, id);
      if (i > (offsets[row] as number)) add(1 + (tokenIds[i - 1] as number), id);
    }
    ends[row + 1] = size;
  }
  return { buckets: buckets.subarray(0, size), offsets: ends };
}

/** Which rows are learned from, in which order, and how often. */
function learningPlan({ buckets }: Features, rowCount: number, outputs: number): { order: Int32Array; epochs: number } {
  const order = new RandomStream(streamKey(0, 'bag of words')).shuffle(
    Int32Array.from({ length: rowCount }, (_, row) => row),
  );
  const epochs = MOST_UPDATES / Math.max(1, buckets.length * outputs);
  const rows = Math.ceil(rowCount * Math.min(1, epochs / LEAST_EPOCHS));
  return { order: order.subarray(0, rows), epochs: Math.max(LEAST_EPOCHS, Math.floor(epochs)) };
}

interface Targets {
  /** Of classes 1 and -1; of numbers these, standardized. */
  readonly values: Float32Array;
  /** A score times `scale`, plus `offset`, is in the units of the labels. */
  readonly scale: number;
  readonly offset: number;
}

function targetsOf(labels: LabelValues, { task, output, rows }: { task: Task; output: number; rows: number }): Targets {
  if (task.kind === 'regression') return standardized(labels);
  const isHeld =
    task.kind === 'multi-label'
      ? (row: number) => labels[row * labelWidth(task) + output] === 1
      : (row: number) => labels[row] === output;
  return { values: Float32Array.from({ length: rows }, (_, row) => (isHeld(row) ? 1 : -1)), scale: 1, offset: 0 };
}

function standardized(labels: LabelValues): Targets {
  const meanOf = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
  const offset = meanOf(Float64Array.from(labels));
  const scale = Math.sqrt(meanOf(Float64Array.from(labels, (value) => (value - offset) ** 2))) || 1;
  return { values: Float32Array.from(labels, (value) => (value - offset) / scale), scale, offset };
}

/** By how much a row's dual variable moves. */
type Step = (row: {
  readonly target: number;
  readonly score: number;
  readonly dual: number;
  readonly size: number;
}) => number;

const logisticStep: Step = ({ target, score, dual, size }) =>
  ((ROW_WEIGHT * target) / (1 + Math.exp(target * score)) - dual) * (4 / (4 + ROW_WEIGHT * size));

const STEPS: Readonly<Record<Task['kind'], Step>> = {
  classes: logisticStep,
  'multi-label': logisticStep,
  regression: ({ target, score, dual, size }) => (target - score - dual / ROW_WEIGHT) / (size + 1 / ROW_WEIGHT),
};

function fit(
  features: Features,
  { targets, order, epochs, step }: { targets: Targets; order: Int32Array; epochs: number; step: Step },
): Float64Array {
  const weights = new Float64Array(BUCKETS);
  const duals = new Float64Array(targets.values.length);
  const { buckets, offsets } = features;
  for (let epoch = 0; epoch < epochs; epoch++) {
    let moved = 0;
    for (const row of order) {
      const [start, end] = [offsets[row] as number, offsets[row + 1] as number];
      const [target, dual] = [targets.values[row] as number, duals[row] as number];
      const move = step({ target, score: sumOf(weights, features, row), dual, size: end - start });
      duals[row] = dual + move;
      moved += Math.abs(move);
      for (let i = start; i < end; i++) {
        const bucket = buckets[i] as number;
        weights[bucket] = (weights[bucket] as number) + move;
      }
    }
    if (moved < LEAST_MOVE * order.length) break;
  }
  return weights;
}

function sumOf(weights: Float64Array, { buckets, offsets }: Features, row: number): number {
  let sum = 0;
  for (let i = offsets[row] as number; i < (offsets[row + 1] as number); i++)
    sum += weights[buckets[i] as number] as number;
  return sum;
}
