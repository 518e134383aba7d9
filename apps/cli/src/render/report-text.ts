import { printable } from '@retort/foundation/diagnostics';
import type { Report, ReportCell, ReportColumn, ReportTable } from '@retort/plugin-kit';
import type { Colors } from './colors.ts';
import { type TextColumn, textTable } from './text-table.ts';
import { formatBytes, formatCount, formatDecimal } from './units.ts';

/** A stage's report as text: title, tables, then what to make of them. Undefined for one that says nothing, such as of a speed that is not measured. */
export function reportText(report: Report, colors: Colors): string | undefined {
  if (report.tables.length === 0 && report.notes.length === 0) return undefined;
  const tables = report.tables.map((table) => `${colors.bold(printable(table.title))}\n${tableText(table)}`);
  const notes = report.notes.map((note) => printable(note));
  return [
    colors.bold(colors.cyan(printable(report.title))),
    ...tables,
    ...(notes.length > 0 ? [notes.join('\n')] : []),
  ].join('\n\n');
}

function tableText({ columns, rows }: ReportTable): string {
  const titles: TextColumn[] = columns.map((column) => ({
    title: printable(column.title),
    align: isNumeric(column) ? 'right' : 'left',
  }));
  return textTable(
    titles,
    rows.map((row) => columns.map((column) => cellText(row[column.key], column))),
  );
}

function isNumeric({ format }: ReportColumn): boolean {
  return format !== undefined && format !== 'text';
}

function cellText(cell: ReportCell | undefined, column: ReportColumn): string {
  if (cell === undefined || cell === null) return '–';
  if (typeof cell === 'string') return printable(cell);
  if (typeof cell === 'number') return numberText(cell, column);
  return `${numberText(cell.value, column)} [${numberText(cell.low, column)}, ${numberText(cell.high, column)}]`;
}

function numberText(value: number, { format }: ReportColumn): string {
  if (!Number.isFinite(value)) return String(value);
  switch (format) {
    case 'integer':
      return formatCount(value);
    case 'percent':
      return `${(100 * value).toFixed(1)} %`;
    case 'bytes':
      return formatBytes(value);
    case 'milliseconds':
      return `${value.toFixed(value < 10 ? 2 : 1)} ms`;
    default:
      return formatDecimal(value);
  }
}
