import { createEngine, type HostTensor } from '@retort/engine';
import { parametersOf } from '@retort/families';
import { isSameTask, outputsOfTask, type Task, taskText } from '@retort/foundation/task';
import type { ReportTable, StageContext } from '@retort/plugin-kit';
import { rowLengths } from '@retort/training';
import { accuracy, pearsonCorrelation, predictedOf } from '@retort/training/metrics';
import { outputName, shippedProgram } from '../forward.ts';
import type { exportModel } from '../index.ts';
import type { Rows, Source, WrittenFormat } from '../source.ts';
import { paddedRows } from './batches.ts';

const BATCH = 32;

export interface Scores {
  readonly table: ReportTable;
}

/** Accuracy, or Pearson for regression, of source and formats on all rows; undefined without labels or without a head. */
export async function scores(
  context: StageContext<typeof exportModel>,
  source: Source,
  formats: readonly WrittenFormat[],
): Promise<Scores | undefined> {
  const { tokens, model } = source;
  const { labels } = tokens;
  const { task } = tokens.metadata;
  if (labels === undefined || task === undefined || outputName(model) !== 'logits') return undefined;
  if (task.kind === 'multi-label') {
    context.warn('The rows can have several labels each, so the formats are compared and timed, but not scored.');
    return undefined;
  }
  if (!isSameTask(task, model.config.task)) {
    context.warn(
      `The tokens are labelled with ${taskText(task)}, but the model answers with ${taskText(model.config.task as Task)}, so the formats are not scored.`,
    );
    return undefined;
  }
  const pass = (await createEngine(context.engine, { threads: context.threads })).forward(
    shippedProgram(model),
    parametersOf(model.values),
  );
  const runs: readonly { readonly title: string; readonly run: WrittenFormat['run'] }[] = [
    { title: 'source, on the engine', run: async (rows) => (await pass.run(rows))['logits'] as HostTensor },
    ...formats.filter(({ format }) => format.isFast).map(({ format, run }) => ({ title: format.title, run })),
  ];
  const isRegression = task.kind === 'regression';
  const outputs = outputsOfTask(task);
  const batches = allRows(source);
  const rows = [];
  for (const { title, run } of runs) {
    const logits = new Float32Array(tokens.rowCount * outputs);
    for (const { rows, inputs } of batches) {
      context.throwIfInterrupted();
      const { data } = await run(inputs);
      for (const [i, row] of rows.entries()) logits.set(data.subarray(i * outputs, (i + 1) * outputs), row * outputs);
    }
    const score = (isRegression ? pearsonCorrelation : accuracy)({ labels, predictions: predictedOf(logits, task) });
    rows.push({ format: title, score });
  }
  await pass.dispose();
  return {
    table: {
      title: `Scores on ${tokens.rowCount} rows`,
      columns: [
        { key: 'format', title: 'format' },
        { key: 'score', title: isRegression ? 'Pearson' : 'accuracy', format: isRegression ? 'decimal' : 'percent' },
      ],
      rows,
    },
  };
}

/** Every row once, those of similar length together; the engine compiles few shapes. */
function allRows({ tokens, model }: Source): { rows: number[]; inputs: Rows }[] {
  const lengths = rowLengths(tokens);
  const order = Array.from(lengths.keys()).sort((a, b) => (lengths[a] as number) - (lengths[b] as number) || a - b);
  return Array.from({ length: Math.ceil(order.length / BATCH) }, (_, i) => {
    const rows = order.slice(i * BATCH, (i + 1) * BATCH);
    const longest = lengths[rows.at(-1) as number] as number;
    const extra = (8 - (longest % 8)) % 8;
    return { rows, inputs: paddedRows(tokens, rows, { extra, maxPositions: model.config.maxPositions }) };
  });
}
