import { suggestion, UsageError } from '@retort/foundation/diagnostics';
import { repeatedColumn } from '@retort/stage-task-data/columns';
import type { ColumnProfile, TableProfile } from './survey/table-profile.ts';

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
const ALL_USUAL = new Set(Object.values(USUAL).flat());

/** The flag that names a column. */
export const COLUMN_FLAGS: Readonly<Record<ColumnRole, string>> = {
  textA: '--text-column',
  textB: '--text-b-column',
  label: '--label-column',
};

export function isUsualName(name: string): boolean {
  return ALL_USUAL.has(name.toLowerCase());
}

/** What a column is by its name, or by what is in it where only one can be meant. A second text is only guessed by its name. */
export function guessColumn(role: ColumnRole, table: TableProfile): string | undefined {
  const [named] = usuallyNamed(role, table);
  if (named !== undefined || role === 'textB') return named;
  const [only, ...others] = table.columns.filter((column) => looksLike[role](column, table.rows));
  return others.length === 0 ? only?.name : undefined;
}

/** Columns that are called as such a column usually is, the most usual first; one in small letters goes before others. */
export function usuallyNamed(role: ColumnRole, { columns }: TableProfile): string[] {
  const names = [...new Set(columns.map(({ name }) => name))];
  return USUAL[role].flatMap((usual) => {
    const called = names.filter((name) => name.toLowerCase() === usual);
    return called.sort((a, b) => Number(b === usual) - Number(a === usual));
  });
}

/** Texts of running words differ from row to row, classes come again and again. */
const looksLike = {
  textA: ({ holds, hasText, words, values, meanCharacters }: ColumnProfile, rows: number) =>
    holds === 'values' && hasText && words.length > 0 && (values?.length ?? rows) > rows / 2 && meanCharacters > 8,
  label: ({ holds, values, firstEmptyLine }: ColumnProfile, rows: number) =>
    holds === 'values' &&
    firstEmptyLine === undefined &&
    values !== undefined &&
    values.length > 1 &&
    values.length <= rows / 2,
};

/** What is wrong with a column that was named; undefined when nothing is. */
export function columnProblem(
  role: ColumnRole,
  name: string,
  tables: readonly TableProfile[],
  skipLabels: readonly (string | null)[],
): string | undefined {
  for (const { label, layout, columns } of tables) {
    const column = columns.find((each) => each.name === name);
    const names = columns.map((each) => each.name);
    if (column === undefined)
      return `${label} has no column "${name}" (${COLUMN_FLAGS[role]}).${suggestion(name, names)}${headerHint(layout, columns)}`;
    const repeated = repeatedColumn(name, names);
    if (repeated !== undefined) return `${label}: ${repeated}`;
    if (column.holds === 'others' || (role !== 'label' && column.holds === 'lists'))
      return `${label} has ${column.holds === 'lists' ? `lists in the column "${name}", such as those with ${column.examples.join(', ')}` : `values other than texts and numbers in the column "${name}"`}. ${role === 'label' ? 'A label is one value, or a list of them' : 'A text is one string'}: choose another column with ${COLUMN_FLAGS[role]}, or rewrite it.`;
    const isSkipped = role === 'label' && (skipLabels.includes('') || skipLabels.includes(null));
    if (column.firstEmptyLine !== undefined && column.holds === 'values' && !isSkipped)
      return `${label}:${column.firstEmptyLine} has no value in the column "${name}". Fill or remove such rows${role === 'label' ? ', or skip them with --skip-unlabelled' : ''}.`;
  }
  return undefined;
}

function headerHint({ header }: TableProfile['layout'], columns: readonly ColumnProfile[]): string {
  return header
    ? ''
    : ` The first row seems to hold values, so the columns are named 1 to ${columns.length}. If it names them, give --header true.`;
}

/** That columns were not given and are unclear, with what there is to choose from. */
export function columnsUnknown(roles: readonly ColumnRole[], { label, columns, layout }: TableProfile): string {
  const list = columns.map(({ name, examples }) => `${name} (${examples.join(', ')})`).join('; ');
  const wanted = roles.map((role) => (role === 'label' ? 'the label' : 'the text')).join(' and which ');
  const flags = roles.map((role) => COLUMN_FLAGS[role]).join(' and ');
  return `It is unclear which column of ${label} holds ${wanted}. Give ${flags}, one of: ${list}.${flagsHint(columns)}${headerHint(layout, columns)}`;
}

/** Several columns of 0 and 1 may be several labels. */
function flagsHint(columns: readonly ColumnProfile[]): string {
  const flags = columns.filter(
    ({ holds, values }) => holds === 'values' && values?.every(([value]) => /^(0|1|true|false)$/i.test(value)),
  );
  if (flags.length < 2) return '';
  const names = flags.map(({ name }) => `"${name}"`).join(', ');
  return ` If ${names} hold a 1 or 0 for each of several labels, write them as one column, such as [${flags.map((_, i) => i % 2).join(', ')}].`;
}

/**
 * Refuses tables that label each word of a text: lists of words beside lists of as many labels, or a word and its tag a row.
 *
 * @throws UsageError INIT_TOKEN_CLASSIFICATION
 */
export function refuseWordLabels(
  { textA, label }: { readonly textA: string | undefined; readonly label: string | undefined },
  { label: file, columns }: TableProfile,
): void {
  const words = columns.filter(
    (column) => column.holds === 'lists' && column.hasText && (textA ?? column.name) === column.name,
  );
  for (const text of words) {
    const tags = columns.find(
      (other) => other !== text && other.lists?.lengths === text.lists?.lengths && (label ?? other.name) === other.name,
    );
    if (tags !== undefined)
      throw wordLabels(
        `In ${file}, "${text.name}" holds lists of words, and "${tags.name}" holds a label for each word.`,
      );
  }
  const tagged = columns.find(({ name, values }) => name === label && values !== undefined && areTags(values));
  if (tagged !== undefined)
    throw wordLabels(`In ${file}, "${tagged.name}" holds tags of words, such as ${tagged.examples.join(', ')}.`);
}

/** Whether values are a tag, or one for each word of a text. */
function areTags(values: readonly (readonly [string, number])[]): boolean {
  const tags = values.flatMap(([value]) => value.split(/[\s,]+/));
  return tags.includes('O') && tags.every((tag) => TAG.test(tag));
}

/** Of the schemes IOB, IOBES and BILOU. */
const TAG = /^(O|[BIESLU]-.+)$/;

function wordLabels(found: string): UsageError {
  const message = `${found} Retort distils models that classify or score complete texts, not single words (token classification). Use a table with one label per row.`;
  return new UsageError('INIT_TOKEN_CLASSIFICATION', message);
}

export function columnOf({ columns }: TableProfile, name: string): ColumnProfile {
  return columns.find((column) => column.name === name) as ColumnProfile;
}
