import type { ExampleRow, ExampleSplit } from '@retort/columnar';
import { type Diagnostic, type DiagnosticLocation, shown } from '@retort/diagnostics';
import type { Cells } from './columns.ts';
import { isNoLabel, readLabels } from './labels.ts';
import type { TableSource } from './table-source.ts';

/** An example, everything that is wrong with its row, or that the row is left out. */
export type Reading =
  | { readonly example: ExampleRow; readonly problems?: undefined; readonly isLeftOut?: undefined }
  | { readonly problems: readonly Diagnostic[]; readonly example?: undefined; readonly isLeftOut?: undefined }
  | { readonly isLeftOut: true; readonly example?: undefined; readonly problems?: undefined };

export function toExample(
  cells: Cells,
  request: { source: TableSource; split: ExampleSplit; location: DiagnosticLocation },
): Reading {
  const { source, split, location } = request;
  const textA = readText(cells.textA, source.columns.textA, request);
  const textB = source.columns.textB === undefined ? undefined : readText(cells.textB, source.columns.textB, request);
  const isUnlabelled = !('label' in cells) || (split === 'test' && isNoLabel(cells.label));
  const { problems: labelProblems = [], ...labels } = isUnlabelled ? {} : readLabels(cells.label, { source, location });
  const problems = [...[textA, textB].filter((part) => typeof part === 'object'), ...labelProblems];
  if (problems.length > 0) return { problems };
  return { example: { textA: textA as string, textB: textB as string | undefined, ...labels, split } };
}

function readText(
  value: unknown,
  column: string,
  { source, location }: { source: TableSource; location: DiagnosticLocation },
): string | Diagnostic {
  if (typeof value !== 'string') {
    const message = `Expected a text in ${JSON.stringify(column)}, got ${shown(value)}.`;
    return { code: 'TASK_DATA_TEXT_TYPE', message, location };
  }
  const text = value.trim();
  return text === '' && !source.hasBadRows
    ? { code: 'TASK_DATA_TEXT_EMPTY', message: `The text in ${JSON.stringify(column)} is empty.`, location }
    : text;
}
