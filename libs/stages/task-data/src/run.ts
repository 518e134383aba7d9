import { join } from 'node:path';
import { createExamplesWriter, type ExampleRow, type ExamplesWriter, finish } from '@retort/columnar';
import type { StageContext, StageRun } from '@retort/stage-kit';
import { AGENT_LABELS } from '@retort/synthetic-text';
import type { TaskDataConfig } from './config.generated.ts';
import { labelNames } from './label-names.ts';
import { syntheticExamples } from './synthetic-examples.ts';
import { tableExamples } from './table-examples.ts';

/** Rows of one record batch. */
const BATCH_ROWS = 8192;

export const run: StageRun<TaskDataConfig> = async (context) => {
  const { config, seed, outputs } = context;
  const { source, task } = config;
  const labels = source.kind === 'synthetic' ? AGENT_LABELS : labelNames(source.labels);
  const examples =
    source.kind === 'synthetic' ? syntheticExamples(config, source, seed) : tableExamples(context, source);
  const counts = { train: 0, validation: 0, test: 0 };
  const writer = await createExamplesWriter(join(outputs['examples']!.path, 'examples.arrow'), { task, labels });
  const [rows = 0] = await finish([writer], () => writeExamples(context, { writer, examples, counts }));
  return {
    rows: { examples: rows },
    metrics: { trainExamples: counts.train, validationExamples: counts.validation, testExamples: counts.test },
  };
};

interface Writing {
  readonly writer: ExamplesWriter;
  readonly examples: AsyncIterable<ExampleRow> | Iterable<ExampleRow>;
  readonly counts: Record<ExampleRow['split'], number>;
}

async function writeExamples(
  context: StageContext<TaskDataConfig>,
  { writer, examples, counts }: Writing,
): Promise<void> {
  let pending: ExampleRow[] = [];
  let done = 0;
  const flush = async () => {
    context.throwIfInterrupted();
    await writer.append(pending);
    done += pending.length;
    pending = [];
    context.progress({ done, unit: 'examples' });
  };
  for await (const example of examples) {
    counts[example.split] += 1;
    if (pending.push(example) === BATCH_ROWS) await flush();
  }
  await flush();
}
