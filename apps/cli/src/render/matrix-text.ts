import type { CellSummary, MatrixSummary, Spread } from '@retort/pipeline-runner';
import type { Colors } from './colors.ts';
import { printable } from './printable.ts';
import { type TextColumn, textTable } from './text-table.ts';
import { formatDecimal } from './units.ts';

/** The table says more than so many reports one after the other. */
export function isManyCells(matrix: MatrixSummary | undefined): boolean {
  return matrix !== undefined && matrix.cells.length > 1;
}

/** What came out of each cell, and mean, spread and count over the seeds where there are any. */
export function matrixText(matrix: MatrixSummary, colors: Colors): string {
  const count = matrix.cells.length;
  const cells = `${colors.bold(`Matrix of ${count} ${count === 1 ? 'cell' : 'cells'}`)}\n${cellsTable(matrix, colors)}`;
  return metricNames(matrix.groups.map(({ metrics }) => metrics)).length === 0
    ? cells
    : `${cells}\n\n${colors.bold('Over seeds: mean ± standard deviation (count)')}\n${groupsTable(matrix)}`;
}

function cellsTable({ axes, cells }: MatrixSummary, colors: Colors): string {
  const metrics = metricNames(cells.map((cell) => cell.metrics));
  const rows = cells.map((cell) => [
    ...axes.map(({ name }) => valueText(cell.values[name])),
    statusText(cell, colors),
    ...metrics.map((metric) => (cell.metrics[metric] === undefined ? '–' : formatDecimal(cell.metrics[metric]))),
  ]);
  return textTable([...axes.map(({ name }) => left(name)), left('status'), ...metrics.map(right)], rows);
}

function groupsTable({ axes, groups }: MatrixSummary): string {
  const metrics = metricNames(groups.map((group) => group.metrics));
  const compared = axes.filter(({ isSeed }) => !isSeed);
  const rows = groups.map((group) => [
    ...compared.map(({ name }) => valueText(group.values[name])),
    ...metrics.map((metric) => spreadText(group.metrics[metric])),
  ]);
  return textTable([...compared.map(({ name }) => left(name)), ...metrics.map(right)], rows);
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
