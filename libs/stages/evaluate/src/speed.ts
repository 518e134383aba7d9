import { RandomStream, streamKey } from '@retort/foundation/random';
import type { ReportTable, StageContext } from '@retort/plugin-kit';
import type { Tokens } from '@retort/tables';
import { padTokens, rowLengths } from '@retort/training';
import { latencySummary } from '@retort/training/metrics';
import type { evaluate } from './index.ts';
import { classifier, type EvaluatedModel, forwardPass, MODEL_TITLES } from './models.ts';

/** Widths of single sentences: few, since each is compiled. */
const WIDTHS = 4;

/** Latency of one sentence at a time, padded to one of few widths, on the engine and the cores that this run has. */
export async function speedTable(
  context: StageContext<typeof evaluate>,
  tokens: Tokens,
  models: readonly EvaluatedModel[],
): Promise<ReportTable> {
  const { rows: count } = context.config.latency;
  const random = new RandomStream(streamKey(context.seed, 'latency'));
  const lengths = rowLengths(tokens);
  const longest = lengths.reduce((most, length) => Math.max(most, length), 1);
  const step = Math.ceil(longest / WIDTHS);
  const batches = Array.from({ length: count }, () => random.below(tokens.rowCount)).map((row) => ({
    rows: Int32Array.of(row),
    rowCount: 1,
    width: Math.ceil((lengths[row] as number) / step) * step,
  }));
  const rows = [];
  for (const entry of models.filter(({ input }) => input !== 'initialStudent')) {
    const pass = await forwardPass(context, entry.model, classifier(entry.model));
    const inputs = batches.map((batch) => padTokens(tokens, batch));
    for (const input of inputs) await pass.run(input);
    const times: number[] = [];
    for (const input of inputs) {
      context.throwIfInterrupted();
      const start = performance.now();
      await pass.run(input);
      times.push(performance.now() - start);
    }
    await pass.dispose();
    const { p50, p90, p99 } = latencySummary(times);
    rows.push({ model: MODEL_TITLES[entry.input], p50, p90, p99 });
  }
  const teacher = rows.find(({ model }) => model === MODEL_TITLES.teacher);
  return {
    title: `Latency of one sentence (${context.engine}, ${context.threads} threads, ${count} sentences)`,
    columns: [
      { key: 'model', title: 'model' },
      { key: 'p50', title: 'median', format: 'milliseconds' },
      { key: 'p90', title: '90 %', format: 'milliseconds' },
      { key: 'p99', title: '99 %', format: 'milliseconds' },
      ...(teacher ? [{ key: 'times', title: 'times as fast', format: 'decimal' } as const] : []),
    ],
    rows: rows.map((row) => ({ ...row, ...(teacher ? { times: teacher.p50 / row.p50 } : {}) })),
  };
}
