import { RetortError } from '@retort/foundation/diagnostics';
import { quantile } from './quantile.ts';
import type { Values } from './values.ts';

/** In the unit of the measurements. Percentiles are interpolated as `quantile` says. */
export interface LatencySummary {
  readonly count: number;
  readonly mean: number;
  readonly minimum: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly maximum: number;
}

/** Summary of repeated measurements. Leave warm-up out before: the first runs compile. p99 of under 100 says little. */
export function latencySummary(measurements: Values): LatencySummary {
  if (measurements.length === 0)
    throw new RetortError('EVALUATION_NO_ROWS', 'A latency summary needs a measurement, got none.');
  const sorted = Float64Array.from(measurements).sort();
  return {
    count: sorted.length,
    mean: sorted.reduce((sum, value) => sum + value, 0) / sorted.length,
    minimum: quantile(sorted, 0),
    p50: quantile(sorted, 0.5),
    p90: quantile(sorted, 0.9),
    p99: quantile(sorted, 0.99),
    maximum: quantile(sorted, 1),
  };
}
