import type { ExampleRow } from '@retort/columnar';
import { InvalidInputError } from '@retort/diagnostics';
import type { StageContext } from '@retort/stage-kit';
import type { TaskDataConfig } from './config.generated.ts';
import { ProblemList } from './problem-list.ts';
import { readRows } from './rows.ts';
import { sampler } from './sampling.ts';
import type { SplitTable } from './split-tables.ts';
import { type Reading, toExample } from './to-example.ts';

/** A table that was read through once and found to be right. */
export interface CheckedTable extends SplitTable {
  readonly examples: number;
  /** Only a test table may be. */
  readonly isUnlabelled: boolean;
}

/**
 * Finds everything that is wrong with all tables, and counts them: nothing is written of a bad table, and a sample is of
 * all of it.
 *
 * @throws InvalidInputError with the problems of all tables
 */
export async function checkTables(
  tables: readonly SplitTable[],
  context: StageContext<TaskDataConfig>,
): Promise<CheckedTable[]> {
  const problems = new ProblemList();
  const checked: CheckedTable[] = [];
  for (const table of tables) checked.push({ ...table, ...(await checkTable(table, problems, context)) });
  problems.throwIfAny();
  return checked;
}

/** The examples of a table, as many as the settings ask for. */
export async function* tableExamples(
  table: CheckedTable,
  { config, seed }: StageContext<TaskDataConfig>,
): AsyncGenerator<ExampleRow> {
  const { split, examples: total, port } = table;
  const limit = { train: config.maxTrain, validation: config.maxValidation, test: undefined }[split];
  const drawn = port === 'examples' ? split : `${port}-${split}`;
  const sample = config.sample === 'rest' && split !== 'train' ? 'random' : config.sample;
  if (sample === 'rest' && (limit as number) >= total) throw nothingLeft(table, limit as number);
  const stays = sampler({ total, limit, sample, seed, split: drawn });
  for await (const { example } of readExamples(table)) if (example && stays()) yield example;
}

function nothingLeft({ file, examples }: CheckedTable, limit: number): InvalidInputError {
  const message = `"sample" is "rest", but ${file.label} has ${examples} training examples, of which "maxTrain" draws ${limit}: none is left. Lower "maxTrain".`;
  return new InvalidInputError([{ code: 'TASK_DATA_NOTHING_LEFT', message, location: { file: file.label } }]);
}

async function checkTable(
  table: SplitTable,
  problems: ProblemList,
  { throwIfInterrupted, warn }: StageContext<TaskDataConfig>,
): Promise<Pick<CheckedTable, 'examples' | 'isUnlabelled'>> {
  const location = { file: table.file.label };
  const counts = { rows: 0, examples: 0, unlabelled: 0, leftOut: 0 };
  try {
    for await (const { example, problems: found = [], isLeftOut } of readExamples(table)) {
      if (counts.rows++ % 4096 === 0) throwIfInterrupted();
      for (const problem of found) problems.add(problem);
      if (isLeftOut) counts.leftOut += 1;
      if (!example) continue;
      counts.examples += 1;
      if (isUnlabelled(example)) counts.unlabelled += 1;
    }
  } catch (error) {
    addAll(problems, error);
    return { examples: 0, isUnlabelled: false };
  }
  if (counts.rows === 0) problems.add({ code: 'DATA_EMPTY', message: 'There are no rows.', location });
  if (counts.unlabelled > 0 && counts.unlabelled < counts.examples) {
    const message = `${counts.unlabelled} of ${counts.examples} test rows have no label. Give all of them a label, or none.`;
    problems.add({ code: 'TASK_DATA_LABELS_PARTLY', message, location });
  }
  if (counts.leftOut > 0)
    warn(
      `${counts.leftOut} of ${counts.rows} rows of ${table.file.label} lack columns or a gold label and are left out.`,
    );
  return { examples: counts.examples, isUnlabelled: counts.unlabelled > 0 };
}

function isUnlabelled({ label, labels }: ExampleRow): boolean {
  return label === undefined && labels === undefined;
}

/** Problems of a file that could not be read at all join the others. */
function addAll(problems: ProblemList, error: unknown): void {
  if (!(error instanceof InvalidInputError)) throw error;
  for (const problem of error.diagnostics) problems.add(problem);
}

async function* readExamples({ split, file, source }: SplitTable): AsyncGenerator<Reading> {
  const mayLeaveOut = source.hasBadRows && split !== 'test';
  for await (const { line, cells, problem } of readRows({ file, source, needsLabels: split !== 'test' })) {
    if (mayLeaveOut && (problem?.code === 'TASK_DATA_COLUMN_COUNT' || cells?.label === NO_GOLD_LABEL))
      yield { isLeftOut: true };
    else
      yield problem
        ? { problems: [problem] }
        : toExample(cells, { source, split, location: { file: file.label, line } });
  }
}

/** What MNLI has where annotators did not agree. */
const NO_GOLD_LABEL = '-';
