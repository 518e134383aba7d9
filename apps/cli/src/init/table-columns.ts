import { suggestion } from '@retort/diagnostics';
import type { ColumnProfile, TableProfile } from './table-profile.ts';

export interface ChosenColumns {
  readonly textA: string;
  readonly textB?: string;
  readonly label: string;
}

export type ColumnRole = keyof ChosenColumns;

/** Names that such columns usually have; the first that is there counts. */
const USUAL: Readonly<Record<ColumnRole, readonly string[]>> = {
  textA: ['sentence', 'sentence1', 'text', 'premise', 'question1', 'question', 'review', 'content', 'query'],
  textB: ['sentence2', 'hypothesis', 'question2', 'text2', 'answer', 'passage'],
  label: ['label', 'labels', 'gold_label', 'class', 'category', 'target', 'sentiment', 'score', 'intent'],
};

/** The flag that names a column. */
export const COLUMN_FLAGS: Readonly<Record<ColumnRole, string>> = {
  textA: '--text-column',
  textB: '--text-b-column',
  label: '--label-column',
};

/** What a column is by its name; undefined where that tells nothing. A second text is only guessed beside a first one. */
export function guessColumn(role: ColumnRole, { columns }: TableProfile): string | undefined {
  const byLower = new Map(columns.map(({ name }) => [name.toLowerCase(), name]));
  return USUAL[role].flatMap((usual) => byLower.get(usual) ?? [])[0];
}

/** What is wrong with a column that was named; undefined when nothing is. */
export function columnProblem(role: ColumnRole, name: string, tables: readonly TableProfile[]): string | undefined {
  for (const { path, columns } of tables) {
    const column = columns.find((each) => each.name === name);
    const names = columns.map((each) => each.name);
    if (column === undefined)
      return `${path} has no column "${name}" (${COLUMN_FLAGS[role]}).${suggestion(name, names)}`;
    if (column.firstEmptyLine !== undefined)
      return `${path}:${column.firstEmptyLine} has nothing in the column "${name}". Fill or remove such rows.`;
  }
  return undefined;
}

export function columnOf({ columns }: TableProfile, name: string): ColumnProfile {
  return columns.find((column) => column.name === name) as ColumnProfile;
}
