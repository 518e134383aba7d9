import { printable } from '@retort/foundation/diagnostics';
import type { ComparedRow, ComparedValue, RunComparison } from '@retort/pipeline-comparison';
import { agreementText } from './agreement-text.ts';
import type { Colors } from './colors.ts';
import { textTable } from './text-table.ts';
import { formatBytes, formatDecimal, formatDuration } from './units.ts';
import { valueText } from './value-text.ts';

export interface NamedComparison extends RunComparison {
  /** Pipeline, variant and cell of each column. */
  readonly names: readonly string[];
  /** Name of the axis -> value, for each column that is a cell; missing where none is. */
  readonly cellValues?: readonly (Readonly<Record<string, unknown>> | undefined)[];
}

const MOST_COLUMNS = 6;

const SECTIONS: readonly { readonly section: ComparedRow['section']; readonly title: string }[] = [
  { section: 'run', title: 'Runs' },
  { section: 'setting', title: 'Settings that differ' },
  { section: 'metric', title: 'Losses and scores' },
  { section: 'seconds', title: 'Compute time of each stage' },
  { section: 'bytes', title: 'Output sizes' },
  { section: 'work', title: 'Work of each stage, equal numbers for the same work, with its key' },
];

/** Columns side by side, a table for each kind of thing, then the work that they share. */
export function comparisonText(comparison: NamedComparison, colors: Colors): string {
  const known = comparison.rows.filter(({ values }) => values.some((value) => value !== undefined));
  const tables = SECTIONS.flatMap(({ section, title }) => {
    const all = known.filter((row) => row.section === section);
    const rows = section === 'run' && isOneRun(comparison) ? all.filter(isOfCell) : all;
    return rows.length === 0 ? [] : [`${colors.bold(title)}\n${sectionTable(rows, comparison)}`];
  });
  const { agreement } = comparison;
  const agreed = agreement === undefined ? [] : [agreementText(agreement, colors)];
  return [...oneRunText(comparison, colors), ...tables, ...agreed, sharedText(comparison, colors)].join('\n\n');
}

/** Cells of one run: what the run is has to be said once only. */
function oneRunText(comparison: NamedComparison, colors: Colors): string[] {
  const { runs, names, rows } = comparison;
  if (!isOneRun(comparison)) return [];
  const known = rows.filter((row) => row.section === 'run' && !isDifferent(row) && row.values[0] !== undefined);
  const facts = known.map((row) => `${row.name} ${cellText(row.values[0], row)}`);
  return [`${colors.bold(`${names.length} cells of run ${printable(String(runs[0]))}`)}\n${facts.join(', ')}`];
}

/** Titles have the values of a cell; of the rest what differs is of the cells too. */
function isOfCell(row: ComparedRow): boolean {
  return row.name !== 'cell' && row.name !== 'variant' && isDifferent(row);
}

function isOneRun({ runs, cells }: NamedComparison): boolean {
  return cells !== undefined && new Set(runs).size === 1 && runs[0] !== undefined;
}

function isDifferent({ values }: ComparedRow): boolean {
  return new Set(values).size > 1;
}

/** Cells can be many: a few beside each other, then the next below. */
function sectionTable(rows: readonly ComparedRow[], comparison: NamedComparison): string {
  const titles = columnTitles(comparison);
  const lines = rows.map((row) => ({
    name: printable(rowName(row)),
    cells: row.section === 'work' ? workCells(row, comparison) : row.values.map((value) => cellText(value, row)),
    note: row.section === 'work' ? workNote(row, comparison) : differenceText(row),
  }));
  const noteColumn = rows[0]?.section === 'work' ? { title: 'why' } : { title: 'difference', align: 'right' as const };
  const blocks = Array.from({ length: Math.ceil(titles.length / MOST_COLUMNS) }, (_, at) => {
    const some = <T>(list: readonly T[]) => list.slice(at * MOST_COLUMNS, (at + 1) * MOST_COLUMNS);
    const columns = [
      { title: '' },
      ...some(titles).map((title) => ({ title, align: 'right' as const })),
      ...(lines.some(({ note }) => note !== '') ? [noteColumn] : []),
    ];
    return textTable(
      columns,
      lines.map(({ name, cells, note }) => [name, ...some(cells), note].slice(0, columns.length)),
    );
  });
  return blocks.join('\n\n');
}

function workCells({ stage, values }: ComparedRow, { stages }: NamedComparison): string[] {
  const keys = stages.find(({ id }) => id === stage)?.keys;
  return values.map((work, at) =>
    work === undefined ? valueText(work) : `${work} ${keys?.[at]?.slice(0, 12) ?? '(not yet known)'}`,
  );
}

/** Why a stage's work differs, and where else it is done. */
function workNote({ stage }: ComparedRow, { rows, stages }: NamedComparison): string {
  const settings = rows.filter((row) => row.section === 'setting' && row.stage === stage).length;
  const { differentInputs = [], sameAs = [] } = stages.find(({ id }) => id === stage) ?? {};
  const parts = [
    ...(settings === 0 ? [] : [`${settings} ${settings === 1 ? 'setting' : 'settings'}`]),
    ...(differentInputs.length === 0 ? [] : [`different ${differentInputs.map(printable).join(', ')}`]),
    ...(sameAs.length === 0 ? [] : [`same work as ${sameAs.map(printable).join(', ')}`]),
  ];
  return parts.join('; ');
}

/** Pipelines, variants and cells where these tell the columns apart, else run ids, with the cells. */
export function columnNames({ names, runs, cells = [] }: NamedComparison): readonly string[] {
  if (new Set(names).size === names.length) return names;
  return runs.map((run, at) =>
    run === undefined || cells[at] === undefined ? (run ?? names[at] ?? '') : `${run}@${cells[at]}`,
  );
}

/** A line for each value that tells a cell from others: ids of cells are long. */
function columnTitles(comparison: NamedComparison): string[] {
  const { cells = [] } = comparison;
  if (!isOneRun(comparison))
    return columnNames(comparison).map((name, at) => (cells[at] === undefined ? printable(name) : inLines(name)));
  const parts = cells.map((cell) => (cell ?? '').split(','));
  const common = new Set(parts[0]?.filter((part) => parts.every((each) => each.includes(part))));
  return parts.map((each) => {
    const own = each.filter((part) => !common.has(part));
    return (own.length === 0 ? each : own).map(printable).join('\n');
  });
}

/** `grid@seed=1,weight=0` on three lines. */
function inLines(name: string): string {
  const at = name.indexOf('@') + 1;
  return [name.slice(0, at), ...name.slice(at).split(',')].map(printable).join('\n');
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
