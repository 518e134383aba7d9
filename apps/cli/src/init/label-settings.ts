import { UsageError } from '@retort/diagnostics';
import { type ColumnProfile, MOST_CLASSES } from './survey/table-profile.ts';

export const LABEL_KINDS = ['classes', 'multi-label', 'regression'] as const;
export type LabelKind = (typeof LABEL_KINDS)[number];

/** The setting `source.labels` of `task-data`. */
export type LabelSettings =
  | { readonly kind: 'regression' }
  | { readonly kind: 'classes'; readonly values: readonly string[] }
  | {
      readonly kind: 'multi-label';
      readonly values: readonly string[];
      readonly list?: 'names' | 'vector';
      readonly separator?: string;
    };

export interface LabelRequest {
  /** The label column in training and in validation. */
  readonly columns: readonly ColumnProfile[];
  /** Values that are no label. */
  readonly skipLabels: readonly (string | null)[];
  /** What a person says that they are. */
  readonly kind?: LabelKind | undefined;
  /** Classes of the model, for what to call the places of vectors. */
  readonly modelLabels?: readonly string[] | undefined;
}

/** More whole numbers than this are a scale, not classes. */
const MOST_NUMBERED_CLASSES = 20;

/** A number as much of Europe writes it. */
const DECIMAL_COMMA = /^[+-]?\d+(,\d+)?$/;

/** The usual characters between labels of one text; the first that occurs counts. */
const SEPARATORS = [',', ';', '|', ' '];

/**
 * What a label column holds, from all its values in training and validation: numbers to learn, classes, or several labels a
 * row, in numerical or alphabetical order.
 *
 * @throws UsageError INIT_LABELS for a column that can be none of them
 */
export function labelSettings(request: LabelRequest): LabelSettings {
  const { columns, skipLabels, kind } = request;
  const [{ name } = { name: '' }] = columns;
  if (columns.some(({ holds }) => holds === 'lists')) return listSettings(name, request);
  const values = valuesOf(columns, skipLabels);
  const isNumeric = columns.every((column) => column.isNumeric);
  if (kind === 'multi-label') return separatedSettings(name, values);
  if (
    kind !== 'classes' &&
    values?.every((value) => DECIMAL_COMMA.test(value)) &&
    values.some((value) => value.includes(','))
  )
    throw notLabels(
      name,
      `its numbers have commas, such as ${values[0]}; write them with points, or say --labels classes`,
    );
  if (values === undefined) {
    if (isNumeric && kind !== 'classes') return { kind: 'regression' };
    throw notLabels(name, `it has more than ${MOST_CLASSES} different values`);
  }
  if (kind === 'regression' && !isNumeric) throw notLabels(name, 'not all of its values are numbers');
  if (values.length < 2) throw notLabels(name, `it says "${values[0]}" in every row`);
  const hasFractions = isNumeric && values.some((value) => !Number.isInteger(Number(value)));
  const isScale = isNumeric && (hasFractions || values.length > MOST_NUMBERED_CLASSES);
  if (kind === 'regression' || (kind === undefined && isScale)) return { kind: 'regression' };
  return { kind: 'classes', values: inOrder(values, isNumeric) };
}

function listSettings(name: string, { columns, skipLabels, kind, modelLabels }: LabelRequest): LabelSettings {
  if (kind !== undefined && kind !== 'multi-label')
    throw notLabels(name, `its values are lists, which are several labels a row, not ${kind}`);
  if (columns.some(({ holds }) => holds !== 'lists')) throw notLabels(name, 'only one of the tables has lists in it');
  const [length] = new Set(columns.map(({ lists }) => lists?.length));
  const isVector =
    length !== undefined && length > 1 && columns.every(({ lists }) => lists?.areFlags && lists.length === length);
  if (isVector) {
    const names = modelLabels?.length === length ? modelLabels : Array.from({ length }, (_, i) => `label-${i + 1}`);
    return { kind: 'multi-label', values: names, list: 'vector' };
  }
  const values = valuesOf(columns, skipLabels);
  if (values === undefined) throw notLabels(name, `its lists have more than ${MOST_CLASSES} different values`);
  const isNumeric = columns.every((column) => column.isNumeric);
  const areFlags = columns.every(({ lists }) => lists?.areFlags);
  // Lists need none, but one that is part of a label would be refused.
  const separator = SEPARATORS.find((each) => !values.some((value) => value.includes(each))) ?? '\n';
  return {
    kind: 'multi-label',
    values: inOrder(values, isNumeric),
    ...(areFlags && { list: 'names' as const }),
    ...(separator !== SEPARATORS[0] && { separator }),
  };
}

function separatedSettings(name: string, texts: readonly string[] | undefined): LabelSettings {
  if (texts === undefined) throw notLabels(name, `it has more than ${MOST_CLASSES} different values`);
  const separator = SEPARATORS.find((each) => texts.some((text) => text.includes(each))) ?? ',';
  const parts = texts.flatMap((text) => text.split(separator).map((part) => part.trim()));
  const values = [...new Set(parts)].filter((part) => part !== '');
  return { kind: 'multi-label', values: inOrder(values, false), separator };
}

/** Every value that is a label; undefined for too many to be classes. */
function valuesOf(columns: readonly ColumnProfile[], skipped: readonly (string | null)[]): string[] | undefined {
  if (columns.some(({ values }) => values === undefined)) return undefined;
  const all = columns.flatMap(({ values = [] }) => values.map(([value]) => value));
  return [...new Set(all)].filter((value) => value !== '' && !skipped.includes(value));
}

function inOrder(values: readonly string[], isNumeric: boolean): string[] {
  return [...values].sort(isNumeric ? (a, b) => Number(a) - Number(b) : byCode);
}

/** The same order on every machine. */
function byCode(a: string, b: string): number {
  return a < b ? -1 : 1;
}

function notLabels(name: string, why: string): UsageError {
  return new UsageError(
    'INIT_LABELS',
    `The column "${name}" can hold no labels: ${why}. Name another with --label-column.`,
  );
}
