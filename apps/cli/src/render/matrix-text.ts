import { printable } from '@retort/foundation/diagnostics';
import type { CellSummary, MatrixSummary, Spread } from '@retort/pipeline-runner';
import type { Colors } from './colors.ts';
import { type TextColumn, textTable } from './text-table.ts';
import { formatDecimal } from './units.ts';

/** The table says more than so many reports one after the other. */
export function isManyCells(matrix: MatrixSummary | undefined): boolean {
  return matrix !== undefined && matrix.cells.length > 1;
}

/** What came out of each cell, and mean, spread and count over the seeds where there are any. */
export function matrixText(matrix: MatrixSummary, colors: Colors): string {
  const count = matrix.cells.length;
  const cells = `${colors.bold(`Matrix of ${count} ${count === 1 ? 'cell' : 'cells'}`)}\n${cellsTables(matrix, colors)}`;
  return metricNames(matrix.groups.map(({ metrics }) => metrics)).length === 0
    ? cells
    : `${cells}\n\n${colors.bold('Over seeds: mean ± standard deviation (count)')}\n${groupsTables(matrix)}`;
}

function cellsTables({ axes, cells }: MatrixSummary, colors: Colors): string {
  const rowsOf = (metrics: readonly string[]) =>
    cells.map((cell) => [
      ...axes.map(({ name }) => valueText(cell.values[name])),
      statusText(cell, colors),
      ...metrics.map((metric) => (cell.metrics[metric] === undefined ? '–' : formatDecimal(cell.metrics[metric]))),
    ]);
  const keys = [...axes.map(({ name }) => name), 'status'];
  return tables(metricNames(cells.map(({ metrics }) => metrics)), { keys, rowsOf });
}

function groupsTables({ axes, groups }: MatrixSummary): string {
  const compared = axes.filter(({ isSeed }) => !isSeed).map(({ name }) => name);
  const rowsOf = (metrics: readonly string[]) =>
    groups.map((group) => [
      ...compared.map((name) => valueText(group.values[name])),
      ...metrics.map((metric) => spreadText(group.metrics[metric])),
    ]);
  return tables(metricNames(groups.map(({ metrics }) => metrics)), { keys: compared, rowsOf });
}

interface Rows {
  /** Titles of the columns before those of the metrics. */
  readonly keys: readonly string[];
  readonly rowsOf: (metrics: readonly string[]) => string[][];
}

/** One table; one for each stage or model that metrics are of, `evaluate.student`, where there are several: all beside each other fit no screen. */
function tables(metrics: readonly string[], { keys, rowsOf }: Rows): string {
  const owners = [...new Set(metrics.map(ownerOf))];
  const table = (some: readonly string[], titles: readonly string[]) =>
    textTable([...keys.map(left), ...titles.map(right)], rowsOf(some));
  if (owners.length < 2) return table(metrics, metrics);
  return owners
    .map((owner) => {
      const own = metrics.filter((metric) => ownerOf(metric) === owner);
      return `${printable(owner)}\n${table(
        own,
        own.map((metric) => metric.slice(owner.length + 1)),
      )}`;
    })
    .join('\n\n');
}

function ownerOf(metric: string): string {
  return metric.slice(0, Math.max(0, metric.lastIndexOf('.')));
}

function metricNames(all: readonly Readonly<Record<string, unknown>>[]): string[] {
  return [...new Set(all.flatMap((metrics) => Object.keys(metrics)))];
}

function spreadText(spread: Spread | undefined): string {
  if (spread === undefined) return '–';
  const { mean, standardDeviation, count } = spread;
  const deviation = standardDeviation === undefined ? '' : ` ± ${formatDecimal(standardDeviation)}`;
  return `${formatDecimal(mean)}${deviation} (${count})`;
}

function valueText(value: unknown): string {
  return printable(typeof value === 'string' ? value : JSON.stringify(value));
}

function statusText({ status }: CellSummary, colors: Colors): string {
  if (status === 'done') return colors.green(status);
  return status === 'failed' ? colors.red(status) : colors.yellow(status);
}

function left(title: string): TextColumn {
  return { title: printable(title), align: 'left' };
}

function right(title: string): TextColumn {
  return { title: printable(title), align: 'right' };
}
