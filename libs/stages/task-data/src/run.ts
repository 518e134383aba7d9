import { join } from 'node:path';
import { connected, type StageContext, type StageRun } from '@retort/plugin-kit';
import {
  createExamplesWriter,
  type ExampleRow,
  type ExamplesMetadata,
  type ExamplesWriter,
  finish,
} from '@retort/tables';
import { glueTask } from '@retort/tables/glue';
import type { GlueFiles, TableFiles } from './config.generated.ts';
import { taskFormats } from './formats/list.ts';
import type { taskData } from './index.ts';
import { readLabels } from './labels.ts';
import { connectedTables, type ExamplesPort, glueTables } from './split-tables.ts';
import { syntheticExamples } from './synthetic-examples.ts';
import { type CheckedTable, checkTables, tableExamples } from './table-examples.ts';
import { taskOf } from './task-of.ts';

/** Rows of one record batch. */
const BATCH_ROWS = 8192;

type Context = StageContext<typeof taskData>;
type Counts = Record<ExampleRow['split'], number>;

export const run: StageRun<typeof taskData> = async (context) => {
  const rows: Record<string, number> = {};
  const counts = noExamples();
  for (const { port, metadata, examples } of await outputsOf(context)) {
    const writer = await createExamplesWriter(join(connected(context.outputs, port).path, 'examples.arrow'), metadata);
    const portCounts = port === 'examples' ? counts : noExamples();
    const [written = 0] = await finish([writer], () =>
      writeExamples(context, { writer, examples, counts: portCounts }),
    );
    rows[port] = written;
  }
  return {
    rows,
    metrics: {
      trainExamples: counts.train,
      ...(counts.selection > 0 && { selectionExamples: counts.selection }),
      validationExamples: counts.validation,
      testExamples: counts.test,
    },
  };
};

function noExamples(): Counts {
  return { train: 0, selection: 0, validation: 0, test: 0 };
}

interface Output {
  readonly port: ExamplesPort;
  readonly metadata: ExamplesMetadata;
  readonly examples: AsyncIterable<ExampleRow> | Iterable<ExampleRow>;
}

async function outputsOf(context: Context): Promise<Output[]> {
  const { config, seed } = context;
  const { source } = config;
  if (source.kind !== 'synthetic') return tableOutputs(context, source);
  const metadata: ExamplesMetadata = {
    name: config.task ?? 'task',
    task: taskOf(source),
    ...selectionOf(context, 'examples'),
  };
  return [{ port: 'examples', metadata, examples: syntheticExamples(config, source, seed) }];
}

async function tableOutputs(context: Context, source: TableFiles | GlueFiles): Promise<Output[]> {
  const found = source.kind === 'glue' ? await glueTables(context, source) : connectedTables(context, source);
  if (source.kind === 'files') warnOfHeader(context, source);
  const tables = await checkTables(found, context);
  const name = context.config.task ?? (source.kind === 'glue' ? glueTask(source.preset).title : 'task');
  return [...new Set(tables.map(({ port }) => port))].map((port) => ({
    port,
    metadata: {
      name,
      task: taskOf(source),
      ...glueOrigin(source, port),
      ...selectionOf(context, port),
      ...(tables.some((table) => table.port === port && table.isUnlabelled) && { isTestUnlabelled: true }),
    },
    examples: examplesOf(
      tables.filter((table) => table.port === port),
      context,
    ),
  }));
}

/** A label for a name: the first row may be one of the others, and nobody would miss it. */
function warnOfHeader({ warn }: Context, source: TableFiles): void {
  const { columns, format, header } = source;
  const hasHeader = header && taskFormats.get(format).uses?.includes('header');
  if (!hasHeader || columns.label === undefined) return;
  if (readLabels(columns.label, { source, location: {} }).problems !== undefined) return;
  warn(
    `The header calls the label column ${JSON.stringify(columns.label)}, which could be a label. If the tables have no header, set "source.header" to false and give columns by number: "1", "2" and so on.`,
  );
}

function glueOrigin(source: TableFiles | GlueFiles, port: ExamplesPort): Pick<ExamplesMetadata, 'glue'> {
  if (source.kind === 'files') return {};
  return { glue: { task: source.preset, ...(port === 'mismatched' && { isMismatched: true }) } };
}

function selectionOf({ config }: Context, port: ExamplesPort): Pick<ExamplesMetadata, 'hasSelection'> {
  return config.selection !== undefined && port === 'examples' ? { hasSelection: true } : {};
}

async function* examplesOf(tables: readonly CheckedTable[], context: Context): AsyncGenerator<ExampleRow> {
  for (const table of tables) yield* tableExamples(table, context);
}

interface Writing {
  readonly writer: ExamplesWriter;
  readonly examples: Output['examples'];
  readonly counts: Counts;
}

async function writeExamples(context: Context, { writer, examples, counts }: Writing): Promise<void> {
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
