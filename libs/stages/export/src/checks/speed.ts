import { RandomStream, streamKey } from '@retort/foundation/random';
import type { ReportTable, StageContext } from '@retort/plugin-kit';
import { latencySummary } from '@retort/training/metrics';
import type { exportModel } from '../index.ts';
import type { Rows, Source, WrittenFormat } from '../source.ts';
import { paddedRows } from './batches.ts';

const BATCH_SIZES = [1, 32];
const WARM_UPS = 3;

/** Percentiles of the time of one call, for the formats that are made to be fast. Undefined when it is turned off. */
export async function speedTable(
  context: StageContext<typeof exportModel>,
  source: Source,
  formats: readonly WrittenFormat[],
): Promise<ReportTable | undefined> {
  const { runs } = context.config.latency;
  const timed = formats.filter(({ format }) => format.isFast);
  if (runs === 0 || timed.length === 0) return undefined;
  const rows = [];
  for (const { format, run } of timed) {
    for (const batchSize of BATCH_SIZES) {
      const times = await timesOf(context, run, timedBatches(context, source, batchSize));
      const { p50, p90, p99 } = latencySummary(times);
      rows.push({ format: format.title, batchSize, p50, p90, p99 });
    }
  }
  return {
    title: `Latency of one call (ONNX Runtime, ${context.threads} threads, ${runs} calls each)`,
    columns: [
      { key: 'format', title: 'format' },
      { key: 'batchSize', title: 'rows', format: 'integer' },
      { key: 'p50', title: 'median', format: 'milliseconds' },
      { key: 'p90', title: '90 %', format: 'milliseconds' },
      { key: 'p99', title: '99 %', format: 'milliseconds' },
    ],
    rows,
  };
}

function timedBatches({ config, seed }: StageContext<typeof exportModel>, source: Source, batchSize: number): Rows[] {
  const random = new RandomStream(streamKey(seed, 'export', 'latency', String(batchSize)));
  const { tokens, model } = source;
  return Array.from({ length: config.latency.runs }, () => {
    const rows = Array.from({ length: batchSize }, () => random.below(tokens.rowCount));
    return paddedRows(tokens, rows, { extra: 0, maxPositions: model.config.maxPositions });
  });
}

async function timesOf(
  context: StageContext<typeof exportModel>,
  run: WrittenFormat['run'],
  batches: readonly Rows[],
): Promise<number[]> {
  for (const batch of batches.slice(0, WARM_UPS)) await run(batch);
  const times: number[] = [];
  for (const batch of batches) {
    context.throwIfInterrupted();
    const start = performance.now();
    await run(batch);
    times.push(performance.now() - start);
  }
  return times;
}
