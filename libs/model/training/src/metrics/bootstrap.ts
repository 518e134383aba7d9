import { RandomStream, streamKey } from '@retort/foundation/random';
import type { Interval } from './interval.ts';
import { quantile } from './quantile.ts';
import { type Metric, rowCount, type Scored, type Values } from './values.ts';

export interface BootstrapOptions {
  readonly metric: Metric;
  readonly seed: number;
  /** Number of resamples; 1,000 by default. */
  readonly resamples?: number;
  /** Share of resampled scores inside the interval; 0.95 by default. */
  readonly confidence?: number;
  /** Numbers per row that are drawn together, such as the labels of a multi-label task; 1 by default. */
  readonly width?: number;
}

/**
 * A score with its percentile bootstrap interval: rows are drawn with replacement, as many as there are, and scored.
 *
 * It says how much another test set of this size would change the score, not how much another training seed would.
 * Resamples without a score (a correlation of constants) are left out; with none left both ends are NaN.
 */
export function bootstrapInterval(scored: Scored, options: BootstrapOptions): Interval {
  const { metric, width = 1 } = options;
  const resample = resampler(rowCount(scored) / width, options.seed);
  const sample = { labels: scratchOf(scored.labels, width), predictions: scratchOf(scored.predictions, width) };
  const scores = resampledScores(options, () => {
    const rows = resample();
    return metric({ labels: sample.labels(rows), predictions: sample.predictions(rows) });
  });
  return { value: metric(scored), ...interval(scores, options.confidence) };
}

export interface Paired {
  readonly labels: Values;
  /** Two systems' predictions on the same rows. */
  readonly system: Values;
  readonly baseline: Values;
}

export interface PairedDifference {
  /** Score of the system less score of the baseline. Within noise where the interval contains 0. */
  readonly difference: Interval;
  /** Share of resamples on which the system scores higher than the baseline; equal scores count half. */
  readonly shareHigher: number;
}

/**
 * How much better one system scores than another on the same rows. Both are scored on each resample, so that rows that
 * are easy or hard for both cancel: narrower than comparing two intervals.
 */
export function pairedBootstrap({ labels, system, baseline }: Paired, options: BootstrapOptions): PairedDifference {
  const { metric, width = 1 } = options;
  const count = rowCount({ labels, predictions: system }) / width;
  rowCount({ labels, predictions: baseline });
  const resample = resampler(count, options.seed);
  const sample = {
    labels: scratchOf(labels, width),
    system: scratchOf(system, width),
    baseline: scratchOf(baseline, width),
  };
  const differences = resampledScores(options, () => {
    const rows = resample();
    const gold = sample.labels(rows);
    return (
      metric({ labels: gold, predictions: sample.system(rows) }) -
      metric({ labels: gold, predictions: sample.baseline(rows) })
    );
  });
  const value = metric({ labels, predictions: system }) - metric({ labels, predictions: baseline });
  return {
    difference: { value, ...interval(differences, options.confidence) },
    shareHigher: shareAboveZero(differences),
  };
}

/** Draws row numbers with replacement, into one array that is used again and again. */
function resampler(count: number, seed: number): () => Uint32Array {
  const stream = new RandomStream(streamKey(seed, 'bootstrap'));
  const rows = new Uint32Array(count);
  return () => {
    for (let i = 0; i < count; i++) rows[i] = stream.below(count);
    return rows;
  };
}

/** Picks values of the drawn rows, into one array that is used again and again. */
function scratchOf(values: Values, width: number): (rows: Uint32Array) => Float64Array {
  const picked = new Float64Array(values.length);
  return (rows) => {
    let at = 0;
    for (const row of rows) for (let i = row * width; i < (row + 1) * width; i++) picked[at++] = values[i] as number;
    return picked;
  };
}

function resampledScores({ resamples = 1000 }: BootstrapOptions, score: () => number): Float64Array {
  return Float64Array.from({ length: resamples }, score)
    .filter((value) => !Number.isNaN(value))
    .sort();
}

function interval(sorted: Float64Array, confidence = 0.95): { low: number; high: number } {
  return { low: quantile(sorted, (1 - confidence) / 2), high: quantile(sorted, (1 + confidence) / 2) };
}

function shareAboveZero(differences: Float64Array): number {
  return differences.reduce((sum, value) => sum + (1 + Math.sign(value)) / 2, 0) / differences.length;
}
