import { type Diagnostic, InvalidInputError } from '@retort/foundation/diagnostics';
import { scanTable, type TableFile, type TableLayout } from '@retort/stage-task-data/tables';
import { unreadable } from '@retort/texts/lines';
import { Profiler } from './profiler.ts';
import { bad, type LayoutChoice, settleLayout } from './settle-layout.ts';
import type { TableProfile } from './table-profile.ts';

export interface TablesQuestion {
  /** Of training and of validation. */
  readonly tables: readonly [TableFile, TableFile];
  readonly choice: LayoutChoice;
}

/** @throws InvalidInputError INIT_TABLE, INIT_TABLES_DIFFER, and those of the readers of `task-data` */
export async function surveyTables({ tables, choice }: TablesQuestion): Promise<[TableProfile, TableProfile]> {
  const layout = await settleLayout(tables, choice);
  return [await profileTable(tables[0], layout), await profileTable(tables[1], layout)];
}

/** Reads a whole table. */
async function profileTable(table: TableFile, layout: TableLayout): Promise<TableProfile> {
  const { path, label } = table;
  const profiler = new Profiler();
  const problems: Diagnostic[] = [];
  try {
    for await (const row of scanTable(table, layout)) {
      if (row.problem === undefined) profiler.add(row);
      else if (problems.push(row.problem) === MOST_PROBLEMS) break;
    }
  } catch (error) {
    throw unreadable(label, error);
  }
  if (problems.length > 0) throw new InvalidInputError(problems);
  if (profiler.rows === 0) throw bad(label, 'It has no rows.');
  const { rows, hasWiderRows } = profiler;
  return { path, label, layout, rows, columns: profiler.columns(layout.format === 'jsonl'), hasWiderRows };
}

const MOST_PROBLEMS = 20;
