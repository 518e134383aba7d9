import { UsageError } from '@retort/diagnostics';
import type { ColumnProfile } from './table-profile.ts';

/** The setting `source.labels` of `task-data`. */
export type LabelSettings =
  | { readonly kind: 'regression' }
  | { readonly kind: 'classes'; readonly values: readonly string[] };

/** More whole numbers than this are a scale, not classes. */
const MOST_NUMBERED_CLASSES = 20;

/**
 * What a label column holds, from all its values in training and validation: numbers to learn, or classes, in numerical or
 * alphabetical order.
 *
 * @throws UsageError INIT_LABELS for a column that can be neither
 */
export function labelSettings(columns: readonly ColumnProfile[]): LabelSettings {
  const [{ name } = { name: '' }] = columns;
  const sets = columns.map(({ values }) => values);
  const isNumeric = columns.every((column) => column.isNumeric);
  if (sets.some((values) => values === undefined)) {
    if (isNumeric) return { kind: 'regression' };
    throw notLabels(name, 'it has more than 200 different values');
  }
  const values = [...new Set(sets.flatMap((each) => [...(each as ReadonlyMap<string, number>).keys()]))];
  if (values.length < 2) throw notLabels(name, `it says "${values[0]}" in every row`);
  const hasFractions = isNumeric && values.some((value) => !Number.isInteger(Number(value)));
  if (isNumeric && (hasFractions || values.length > MOST_NUMBERED_CLASSES)) return { kind: 'regression' };
  return { kind: 'classes', values: values.sort(isNumeric ? (a, b) => Number(a) - Number(b) : byCode) };
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
