import { printable } from '@retort/foundation/diagnostics';
import type { ComparedRow, ComparedValue } from '@retort/pipeline-comparison';
import { columnNames, type NamedComparison, rowName } from './comparison-text.ts';

/**
 * RFC 4180, numbers in full: one line for each row, a column for each run. Of cells one line for each value, with a column
 * for each axis, as statistics programs and pivot tables want it.
 */
export function comparisonCsv(comparison: NamedComparison): string {
  const lines = comparison.cells === undefined ? linesOfRuns(comparison) : linesOfCells(comparison);
  return lines.map((line) => line.map(csvCell).join(',')).join('\r\n');
}

type Line = readonly ComparedValue[];

function linesOfRuns({ rows, runs, names }: NamedComparison): Line[] {
  return [
    ['section', 'stage', 'name', 'unit', ...runs.map((run, at) => run ?? names[at])],
    ...rows.map(({ section, stage, name, unit, values }) => [section, stage, name, unit, ...values]),
  ];
}

function linesOfCells({ rows, runs, names, cells = [], cellValues = [] }: NamedComparison): Line[] {
  const axes = [...new Set(cellValues.flatMap((values) => Object.keys(values ?? {})))];
  const columns = runs.map((run, at) => {
    const pipeline = String(names[at]).replace(/@.*$/s, '');
    return [run, pipeline, cells[at], ...axes.map((axis) => axisValue(cellValues[at]?.[axis]))];
  });
  return [
    ['run', 'pipeline', 'cell', ...axes.map((axis) => `axis ${axis}`), 'section', 'stage', 'name', 'unit', 'value'],
    ...rows.flatMap(({ section, stage, name, unit, values }) =>
      columns.flatMap((column, at) =>
        values[at] === undefined ? [] : [[...column, section, stage, name, unit, values[at]]],
      ),
    ),
  ];
}

function axisValue(value: unknown): ComparedValue {
  return typeof value === 'object' ? JSON.stringify(value) : (value as ComparedValue);
}

/** A cell that a spreadsheet would take for a formula is text: names come from files that somebody else wrote. */
function csvCell(value: ComparedValue): string {
  const text = String(value ?? '');
  const safe = typeof value === 'string' && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** A table of everything, for an issue or a page. */
export function comparisonMarkdown(comparison: NamedComparison): string {
  const head = ['', '', ...columnNames(comparison)];
  const lines = [head, head.map((_, at) => (at < 2 ? '---' : '---:')), ...comparison.rows.map(markdownCells)];
  return lines.map((cells) => `| ${cells.map(markdownCell).join(' | ')} |`).join('\n');
}

function markdownCells(row: ComparedRow): ComparedValue[] {
  return [row.section, row.unit === undefined ? rowName(row) : `${rowName(row)} (${row.unit})`, ...row.values];
}

function markdownCell(value: ComparedValue): string {
  return printable(String(value ?? ''))
    .replaceAll('\\', '\\\\')
    .replaceAll('|', '\\|');
}
