import { type Diagnostic, InvalidInputError, theSetting } from '@retort/foundation/diagnostics';
import type { StageContext } from '@retort/plugin-kit';
import type { ExampleRow } from '@retort/tables';
import { readRows } from './formats/list.ts';
import type { taskData } from './index.ts';
import { ProblemList } from './problem-list.ts';
import { sampler } from './sampling.ts';
import { selection } from './selection.ts';
import type { SplitTable } from './split-tables.ts';
import { type Reading, toExample, type Unlabelled } from './to-example.ts';

/** What reading tables needs of the context of a stage. */
type TableContext = Pick<StageContext<typeof taskData>, 'config' | 'seed' | 'throwIfInterrupted' | 'warn'>;

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
export async function checkTables(tables: readonly SplitTable[], context: TableContext): Promise<CheckedTable[]> {
  const problems = new ProblemList();
  const checked: CheckedTable[] = [];
  for (const table of tables) checked.push({ ...table, ...(await checkTable(table, problems, context)) });
  problems.throwIfAny();
  return checked;
}

/** The examples of a table, as many as the settings ask for. */
export async function* tableExamples(table: CheckedTable, { config, seed }: TableContext): AsyncGenerator<ExampleRow> {
  const { split, examples: total, port } = table;
  const limit = split === 'train' ? config.maxTrain : split === 'validation' ? config.maxValidation : undefined;
  const drawn = port === 'examples' ? split : `${port}-${split}`;
  const sample = config.sample === 'rest' && split !== 'train' ? 'random' : config.sample;
  if (sample === 'rest' && (limit as number) >= total) throw nothingLeft(table, limit as number);
  const stays = sampler({ total, limit, sample, seed, split: drawn });
  const isSetApart = split === 'train' ? selection(config.selection, seed) : () => false;
  for await (const reading of readExamples(table)) {
    const example = exampleOf(reading, table);
    if (example && stays()) yield isSetApart(example) ? { ...example, split: 'selection' } : example;
  }
}

function nothingLeft({ file, examples }: CheckedTable, limit: number): InvalidInputError {
  const message = `"sample" is "rest", but "maxTrain" takes ${limit} of the ${examples} training examples in ${file.label}, so none is left. Lower "maxTrain".`;
  return new InvalidInputError([{ code: 'TASK_DATA_NOTHING_LEFT', message, location: { file: file.label } }]);
}

async function checkTable(
  table: SplitTable,
  problems: ProblemList,
  { throwIfInterrupted, warn }: TableContext,
): Promise<Pick<CheckedTable, 'examples' | 'isUnlabelled'>> {
  const counts: Counts = { rows: 0, wrong: 0, labelled: 0, skipped: 0, missing: 0, empty: 0, columns: 0, label: 0 };
  try {
    for await (const reading of readExamples(table)) {
      if (counts.rows++ % 4096 === 0) throwIfInterrupted();
      if ('problems' in reading) for (const problem of reading.problems) problems.add(problem);
      counts[kindOf(reading)] += 1;
    }
  } catch (error) {
    addAll(problems, error);
    return { examples: 0, isUnlabelled: false };
  }
  for (const problem of countProblems(counts, table)) problems.add(problem);
  const isUnlabelled = counts.labelled === 0;
  const leftOut = counts.columns + counts.label + (isUnlabelled ? 0 : counts.skipped);
  if (leftOut > 0)
    warn(`${leftOut} of ${counts.rows} rows of ${table.file.label} ${whyLeftOut(table)} and are left out.`);
  return { examples: counts.rows - counts.wrong - leftOut, isUnlabelled: isUnlabelled && counts.rows > 0 };
}

/** Rows of a table by what they came to. */
type Counts = Record<'rows' | 'wrong' | 'labelled' | Unlabelled | 'columns' | 'label', number>;

function kindOf(reading: Reading): Exclude<keyof Counts, 'rows'> {
  if ('problems' in reading) return 'wrong';
  return 'leftOut' in reading ? reading.leftOut : (reading.unlabelled ?? 'labelled');
}

function* countProblems(
  { rows, labelled, missing, columns, label }: Counts,
  { file, split }: SplitTable,
): Generator<Diagnostic> {
  const location = { file: file.label };
  if (rows === 0) yield { code: 'DATA_EMPTY', message: 'There are no rows.', location };
  if (rows > 0 && rows === columns + label) {
    const setting = theSetting('source.skipLabels');
    const message = `All ${rows} rows are left out, so ${split} has none. Check the label column and ${setting.words}.`;
    yield { code: 'DATA_EMPTY', message, location, advice: [setting] };
  }
  if (labelled > 0 && missing > 0) {
    const message = `${missing} of ${labelled + missing} test rows have no label. Give every row a label, or none.`;
    yield { code: 'TASK_DATA_LABELS_PARTLY', message, location };
  }
}

function whyLeftOut({ source: { hasBadRows, skipLabels } }: SplitTable): string {
  if (hasBadRows) return 'lack columns or a gold label';
  return `have no label (${skipLabels.map((value) => JSON.stringify(value)).join(', ')})`;
}

/** The example of a row, as far as there is one, once it is known whether its table has labels at all. */
function exampleOf(reading: Reading, { isUnlabelled }: CheckedTable): ExampleRow | undefined {
  if (!('example' in reading)) return undefined;
  const { example, unlabelled } = reading;
  if (unlabelled === undefined || isUnlabelled) return example;
  return unlabelled === 'empty' ? { ...example, labels: [] } : undefined;
}

/** Problems of a file that could not be read at all join the others. */
function addAll(problems: ProblemList, error: unknown): void {
  if (!(error instanceof InvalidInputError)) throw error;
  for (const problem of error.diagnostics) problems.add(problem);
}

async function* readExamples({ split, file, source }: SplitTable): AsyncGenerator<Reading> {
  const mayLeaveOut = source.hasBadRows && split !== 'test';
  for await (const { line, cells, problem } of readRows({ file, source, needsLabels: split !== 'test' })) {
    if (mayLeaveOut && problem?.code === 'TASK_DATA_COLUMN_COUNT') yield { leftOut: 'columns' };
    else
      yield problem
        ? { problems: [problem] }
        : toExample(cells, { source, split, location: { file: file.label, line } });
  }
}
