import type { ExampleRow, ExampleSplit } from '@retort/columnar';
import { InvalidInputError } from '@retort/diagnostics';
import type { StageContext } from '@retort/stage-kit';
import type { TableFiles, TaskDataConfig } from './config.generated.ts';
import { ProblemList } from './problem-list.ts';
import type { TableFile } from './records.ts';
import { readRows } from './rows.ts';
import { sampler } from './sampling.ts';
import { type Reading, toExample } from './to-example.ts';

interface SplitFile {
  readonly split: ExampleSplit;
  readonly file: TableFile;
}

/**
 * Examples of all tables. Each is read twice: first to find everything that is wrong with it and to count it, so that
 * nothing is written of a bad table and a sample is of all of it.
 *
 * @throws InvalidInputError with the problems of all tables
 */
export async function* tableExamples(
  context: StageContext<TaskDataConfig>,
  source: TableFiles,
): AsyncGenerator<ExampleRow> {
  const { config, seed } = context;
  const limits = { train: config.maxTrain, validation: config.maxValidation, test: undefined };
  const tables = splitFiles(context);
  const totals = await checkTables(tables, source, context);
  for (const [i, { split, file }] of tables.entries()) {
    const stays = sampler({ total: totals[i] as number, limit: limits[split], sample: config.sample, seed, split });
    for await (const { example } of readExamples({ split, file }, source)) if (example && stays()) yield example;
  }
}

function splitFiles({ inputs }: StageContext<TaskDataConfig>): SplitFile[] {
  return (['train', 'validation', 'test'] as const).flatMap((split) => {
    const input = inputs[split];
    return input ? [{ split, file: { path: input.path, label: input.label } }] : [];
  });
}

/** @returns examples of each table */
async function checkTables(
  tables: readonly SplitFile[],
  source: TableFiles,
  { throwIfInterrupted }: StageContext<TaskDataConfig>,
): Promise<number[]> {
  const problems = new ProblemList();
  const totals: number[] = [];
  for (const table of tables) {
    const total = await checkTable(table, { source, problems, throwIfInterrupted });
    totals.push(total);
  }
  problems.throwIfAny();
  return totals;
}

interface Checking {
  readonly source: TableFiles;
  readonly problems: ProblemList;
  readonly throwIfInterrupted: () => void;
}

async function checkTable(table: SplitFile, { source, problems, throwIfInterrupted }: Checking): Promise<number> {
  let examples = 0;
  let rows = 0;
  try {
    for await (const reading of readExamples(table, source)) {
      if (rows++ % 4096 === 0) throwIfInterrupted();
      if (reading.example) examples += 1;
      else for (const problem of reading.problems) problems.add(problem);
    }
  } catch (error) {
    addAll(problems, error);
    return examples;
  }
  if (rows === 0)
    problems.add({ code: 'DATA_EMPTY', message: 'There are no rows.', location: { file: table.file.label } });
  return examples;
}

/** Problems of a file that could not be read at all join the others. */
function addAll(problems: ProblemList, error: unknown): void {
  if (!(error instanceof InvalidInputError)) throw error;
  for (const problem of error.diagnostics) problems.add(problem);
}

async function* readExamples({ split, file }: SplitFile, source: TableFiles): AsyncGenerator<Reading> {
  for await (const { line, cells, problem } of readRows({ file, source, needsLabels: split !== 'test' })) {
    yield problem ? { problems: [problem] } : toExample(cells, { source, split, location: { file: file.label, line } });
  }
}
