import { formatBytes } from '@retort/foundation/diagnostics';
import type { ReportCell, ReportColumn, ReportTable } from '@retort/plugin-kit';

export function markdownTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(escape).join(' | ')} |`;
  return [line(header), line(header.map(() => '---')), ...rows.map(line)].join('\n');
}

/** A table of a report as people read it. */
export function reportTable({ title, columns, rows }: ReportTable): string {
  const cells = rows.map((row) => columns.map((column) => cellText(row[column.key] ?? null, column)));
  return `${title}:\n\n${markdownTable(
    columns.map((column) => column.title),
    cells,
  )}`;
}

function cellText(cell: ReportCell, column: ReportColumn): string {
  if (cell === null) return '';
  if (typeof cell === 'string') return cell;
  if (typeof cell === 'number') return numberText(cell, column);
  return `${numberText(cell.value, column)} (${numberText(cell.low, column)} to ${numberText(cell.high, column)})`;
}

function numberText(value: number, { format }: ReportColumn): string {
  switch (format) {
    case 'percent':
      return `${(value * 100).toFixed(1)} %`;
    case 'integer':
      return String(Math.round(value));
    case 'bytes':
      return formatBytes(value);
    case 'milliseconds':
      return `${value.toFixed(2)} ms`;
    default:
      return String(Number(value.toPrecision(4)));
  }
}

function escape(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}
