import type { ComparedRow, ComparedValue, RunComparison } from '@retort/run-comparison';
import type { Colors } from './colors.ts';
import { printable } from './printable.ts';
import { textTable } from './text-table.ts';
import { formatBytes, formatDecimal, formatDuration } from './units.ts';
import { valueText } from './value-text.ts';

export interface NamedComparison extends RunComparison {
  /** Pipeline and variant of each run. */
  readonly names: readonly string[];
}

const SECTIONS: readonly { readonly section: ComparedRow['section']; readonly title: string }[] = [
  { section: 'run', title: 'Runs' },
  { section: 'setting', title: 'Settings that differ' },
  { section: 'metric', title: 'Losses and scores' },
  { section: 'seconds', title: 'Time of each stage, when its work was done' },
  { section: 'bytes', title: 'Size of outputs' },
];

/** Runs side by side, a table for each kind of thing, then the work that they share. */
export function comparisonText(comparison: NamedComparison, colors: Colors): string {
  const tables = SECTIONS.flatMap(({ section, title }) => {
    const rows = comparison.rows.filter((row) => row.section === section);
    return rows.length === 0 ? [] : [`${colors.bold(title)}\n${sectionTable(rows, comparison)}`];
  });
  return [...tables, sharedText(comparison, colors)].join('\n\n');
}

function sectionTable(rows: readonly ComparedRow[], comparison: NamedComparison): string {
  const hasDifference = rows.some((row) => differenceOf(row) !== undefined);
  const columns = [
    { title: '' },
    ...columnNames(comparison).map((title) => ({ title: printable(title), align: 'right' as const })),
    ...(hasDifference ? [{ title: 'difference', align: 'right' as const }] : []),
  ];
  return textTable(
    columns,
    rows.map((row) => [
      printable(rowName(row)),
      ...row.values.map((value) => cellText(value, row)),
      ...(hasDifference ? [differenceText(row)] : []),
    ]),
  );
}

/** Pipelines and variants where these tell the runs apart, else run ids. */
export function columnNames({ names, runs }: NamedComparison): readonly string[] {
  return new Set(names).size === names.length ? names : runs;
}

export function rowName({ section, stage, name }: ComparedRow): string {
  if (stage === undefined) return name;
  return section === 'seconds' || section === 'bytes' || section === 'work' ? stage : `${stage} ${name}`;
}

function cellText(value: ComparedValue, { unit, section }: ComparedRow): string {
  if (typeof value !== 'number') return valueText(value);
  if (unit === 'seconds') return formatDuration(value);
  if (unit === 'bytes') return formatBytes(value);
  return section === 'metric' ? formatDecimal(value) : String(value);
}

/** Second less first, of two numbers. */
function differenceOf({ values, section }: ComparedRow): number | undefined {
  const [first, second, ...more] = values;
  if (section !== 'metric' || more.length > 0 || typeof first !== 'number' || typeof second !== 'number')
    return undefined;
  return second - first;
}

function differenceText(row: ComparedRow): string {
  const difference = differenceOf(row);
  if (difference === undefined) return '';
  return difference === 0 ? '0' : `${difference > 0 ? '+' : '−'}${formatDecimal(Math.abs(difference))}`;
}

function sharedText({ rows, shared }: NamedComparison, colors: Colors): string {
  const all = rows.filter(({ section }) => section === 'work').length;
  const head = `${colors.bold('Shared work')}  ${shared.length} of ${all} stages`;
  return shared.length === 0 ? head : `${head}: ${shared.map(printable).join(', ')}`;
}
