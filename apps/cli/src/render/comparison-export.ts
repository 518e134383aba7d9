import type { ComparedRow, ComparedValue } from '@retort/run-comparison';
import { columnNames, type NamedComparison, rowName } from './comparison-text.ts';
import { printable } from './printable.ts';

/** RFC 4180: one line for each row, a column for each run, numbers in full. */
export function comparisonCsv({ rows, runs }: NamedComparison): string {
  const lines = [
    ['section', 'stage', 'name', 'unit', ...runs],
    ...rows.map(({ section, stage, name, unit, values }) => [section, stage, name, unit, ...values]),
  ];
  return lines.map((line) => line.map(csvCell).join(',')).join('\r\n');
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
