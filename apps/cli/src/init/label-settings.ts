import { UsageError } from '@retort/foundation/diagnostics';
import type { TaskKind } from '@retort/foundation/task';
import { isDecimal, isUsuallySkipped, vectorLength } from '@retort/stage-task-data/labels';
import { type ColumnProfile, MOST_CLASSES } from './survey/table-profile.ts';

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
  readonly kind?: TaskKind | undefined;
  /** Classes of the model, for what to call the places of vectors. */
  readonly modelLabels?: readonly string[] | undefined;
}

/** More whole numbers than this are a scale, not classes. */
const MOST_NUMBERED_CLASSES = 20;

/** A number as much of Europe writes it. */
const DECIMAL_COMMA = /^[+-]?\d+(,\d+)?$/;

/** The usual characters between labels of one text; the first that occurs counts. */
const SEPARATORS = [',', ';', '|', ' '];
/** Those that names of classes seldom have. */
const DIVIDERS = SEPARATORS.filter((each) => each !== ' ');

/** As Python and others print a list, tuple or set. */
const WRITTEN_LIST = /^(\[.*\]|\(.*\)|\{.*\})$/s;

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
  const isNumeric = areNumbers(request);
  if (kind === 'multi-label') return separatedSettings(name, values, request);
  if (
    kind !== 'classes' &&
    values?.every((value) => DECIMAL_COMMA.test(value)) &&
    values.some((value) => value.includes(','))
  )
    throw notLabels(
      name,
      `its numbers have commas, such as ${values[0]}; write them with points, or give --labels classes`,
    );
  if (values === undefined) {
    if (isNumeric && kind !== 'classes') return { kind: 'regression' };
    throw notLabels(name, `it has more than ${MOST_CLASSES} different values`);
  }
  if (kind === 'regression' && !isNumeric) throw notLabels(name, 'not all of its values are numbers');
  if (values.length < 2) throw notLabels(name, `it has "${values[0]}" in every row`);
  if (kind === 'regression' || (kind === undefined && isNumeric && isScale(values))) return { kind: 'regression' };
  const several = kind === undefined ? severalInText(name, values, request) : undefined;
  return several ?? { kind: 'classes', values: inOrder(values, isNumeric) };
}

function areNumbers({ columns, skipLabels }: LabelRequest): boolean {
  return columns.every(({ words }) => words.every((word) => skipLabels.includes(word)));
}

function isScale(numbers: readonly string[]): boolean {
  return numbers.length > MOST_NUMBERED_CLASSES || numbers.some((value) => !Number.isInteger(Number(value)));
}

/**
 * Several labels in one text, where every text is a vector of them.
 *
 * @throws UsageError INIT_LABELS for texts that might be one label or several, or a number or none
 */
function severalInText(name: string, texts: readonly string[], request: LabelRequest): LabelSettings | undefined {
  const vectors = vectorSettings(texts, request) ?? refuseLists(name, texts);
  if (vectors !== undefined) return vectors;
  const numbers = texts.filter((text) => !isUsuallySkipped(text));
  const skipped = texts.find(isUsuallySkipped);
  if (skipped !== undefined && numbers.length > 1 && numbers.every(isDecimal) && isScale(numbers))
    throw new UsageError(
      'INIT_LABELS',
      `The column "${name}" holds numbers, but also "${skipped}". If ${skipped} means that a row has no label, give --skip-label=${skipped}. If all values are classes, give --labels classes.`,
    );
  const joined = DIVIDERS.flatMap((divider) => {
    const parts = texts.map((text) => [...new Set(text.split(divider).map((part) => part.trim()))]);
    const isShared = new Set(parts.flat()).size < parts.flat().length;
    return isShared ? texts.filter((text) => text.includes(divider)) : [];
  })[0];
  if (joined === undefined) return undefined;
  throw new UsageError(
    'INIT_LABELS',
    `"${joined}" in the column "${name}" may be one label or several. Give --labels classes or --labels multi-label.`,
  );
}

/** A 1 or 0 for each label, written as text; undefined where not all texts are that. */
function vectorSettings(texts: readonly string[], request: LabelRequest): LabelSettings | undefined {
  for (const separator of SEPARATORS) {
    const [length, ...others] = new Set(texts.map((text) => vectorLength(text, separator)));
    if (length !== undefined && others.length === 0) return vector(length, request, separator);
  }
  return undefined;
}

function refuseLists(name: string, texts: readonly string[]): undefined {
  if (!texts.every((text) => WRITTEN_LIST.test(text))) return undefined;
  throw notLabels(
    name,
    `it holds lists written as text, such as ${texts[0]}; write JSON lists or names separated by commas, or give --labels classes if each is one label`,
  );
}

function vector(length: number, { modelLabels }: LabelRequest, separator?: string): LabelSettings {
  const names = modelLabels?.length === length ? modelLabels : Array.from({ length }, (_, i) => `label-${i + 1}`);
  const divided = separator !== undefined && separator !== SEPARATORS[0] && { separator };
  return { kind: 'multi-label', values: names, list: 'vector', ...divided };
}

function listSettings(name: string, request: LabelRequest): LabelSettings {
  const { columns, skipLabels, kind } = request;
  if (kind !== undefined && kind !== 'multi-label')
    throw notLabels(name, `its values are lists, which mean several labels per row, not ${kind}`);
  if (columns.some(({ holds }) => holds !== 'lists')) throw notLabels(name, 'only one of the tables has lists');
  const fractions = columns.find(({ lists }) => lists?.fractions !== undefined)?.lists?.fractions;
  if (fractions !== undefined)
    throw notLabels(
      name,
      `its lists hold fractions, such as ${fractions}, and soft labels are not supported; round them to 0 and 1, or write names of labels`,
    );
  const [length] = new Set(columns.map(({ lists }) => lists?.length));
  const isVector =
    length !== undefined && length > 1 && columns.every(({ lists }) => lists?.areFlags && lists.length === length);
  if (isVector) return vector(length, request);
  const values = valuesOf(columns, skipLabels);
  if (values === undefined) throw notLabels(name, `its lists have more than ${MOST_CLASSES} different values`);
  if (values.length > 1 && columns.every(({ lists }) => lists?.length === values.length))
    throw notLabels(
      name,
      `each list has as many members as there are labels (${values.join(', ')}), so every row has all labels; if you mean a 1 or 0 for each label, use no other number`,
    );
  const isNumeric = areNumbers(request);
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

function separatedSettings(name: string, texts: readonly string[] | undefined, request: LabelRequest): LabelSettings {
  if (texts === undefined) throw notLabels(name, `it has more than ${MOST_CLASSES} different values`);
  const vectors = vectorSettings(texts, request) ?? refuseLists(name, texts);
  if (vectors !== undefined) return vectors;
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
    `The column "${name}" cannot be used for labels: ${why}. Name another one with --label-column.`,
  );
}
