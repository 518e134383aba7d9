import type { ExampleRow, ExampleSplit } from '@retort/columnar';
import { type Diagnostic, type DiagnosticLocation, suggestion } from '@retort/diagnostics';
import type { TableFiles } from './config.generated.ts';
import type { Cells } from './rows.ts';

/** An example, or everything that is wrong with its row. */
export type Reading =
  | { readonly example: ExampleRow; readonly problems?: undefined }
  | { readonly example?: undefined; readonly problems: readonly Diagnostic[] };

export function toExample(
  cells: Cells,
  request: { source: TableFiles; split: ExampleSplit; location: DiagnosticLocation },
): Reading {
  const { source, split, location } = request;
  const textA = readText(cells.textA, source.columns.textA, location);
  const textB = source.columns.textB === undefined ? undefined : readText(cells.textB, source.columns.textB, location);
  const label = 'label' in cells ? readLabel(cells.label, source, location) : undefined;
  const problems = [textA, textB, label].filter((part) => typeof part === 'object');
  if (problems.length > 0) return { problems };
  return {
    example: { textA: textA as string, textB: textB as string | undefined, label: label as number | undefined, split },
  };
}

function readText(value: unknown, column: string, location: DiagnosticLocation): string | Diagnostic {
  if (typeof value !== 'string') {
    return {
      code: 'TASK_DATA_TEXT_TYPE',
      message: `Expected a text in ${JSON.stringify(column)}, got ${shown(value)}.`,
      location,
    };
  }
  const text = value.trim();
  return text === ''
    ? { code: 'TASK_DATA_TEXT_EMPTY', message: `The text in ${JSON.stringify(column)} is empty.`, location }
    : text;
}

function readLabel(value: unknown, { labels, columns }: TableFiles, location: DiagnosticLocation): number | Diagnostic {
  const text =
    typeof value === 'string'
      ? value.trim()
      : typeof value === 'number' || typeof value === 'boolean'
        ? String(value)
        : undefined;
  if (labels.kind === 'regression') {
    const number = text === undefined || text === '' ? Number.NaN : Number(text);
    if (Number.isFinite(number)) return number;
    return {
      code: 'TASK_DATA_LABEL_NUMBER',
      message: `Expected a number in ${JSON.stringify(columns.label)}, got ${shown(value)}.`,
      location,
    };
  }
  const index = labels.values.indexOf(text ?? '');
  if (index !== -1) return index;
  const message = `The label ${shown(value)} is none of those that "labels.values" lists.${hint(text ?? '', labels.values)}`;
  return { code: 'TASK_DATA_LABEL_UNKNOWN', message, location };
}

/** Between labels as short as "0" and "1" nearness says nothing. */
function hint(text: string, values: readonly string[]): string {
  return text.length > 2 ? suggestion(text, values) : ` Known: ${values.slice(0, 12).join(', ')}.`;
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
