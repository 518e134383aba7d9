import { InvalidInputError } from '@retort/foundation/diagnostics';
import { askApart } from '../apart.ts';
import type { Surveyed } from './survey/main.ts';
import type { RowsFound, RowsQuestion } from './survey/survey-rows.ts';
import type { TablesQuestion } from './survey/survey-tables.ts';
import type { TableProfile } from './survey/table-profile.ts';

/** What is in the tables, column by column. */
export function surveyTables(question: TablesQuestion, installation: string): Promise<[TableProfile, TableProfile]> {
  return survey('tables', question, installation);
}

/** What the stages will make of their rows. */
export function surveyRows(question: RowsQuestion, installation: string): Promise<RowsFound> {
  return survey('rows', question, installation);
}

/** @throws InvalidInputError as the program that is asked */
async function survey<Found>(kind: string, question: unknown, installation: string): Promise<Found> {
  const answer = await askApart<Surveyed>('init/survey/main.ts', { kind, question }, installation);
  if ('problems' in answer) throw new InvalidInputError(answer.problems);
  return answer.found as Found;
}
