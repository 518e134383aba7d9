import { type Diagnostic, type DiagnosticLocation, shown } from '@retort/foundation/diagnostics';
import type { ExampleRow, ExampleSplit } from '@retort/tables';
import type { Cells } from './columns.ts';
import { isNoLabel, isSkippedLabel, readLabels } from './labels.ts';
import type { TableSource } from './table-source.ts';

/**
 * Why an example has no label: its value is one that `skipLabels` lists, there is none, or a text with room for several
 * labels is empty, which is no label or none of them.
 */
export type Unlabelled = 'skipped' | 'missing' | 'empty';

/** An example, everything that is wrong with its row, or why the row is left out. */
export type Reading =
  | { readonly example: ExampleRow; readonly unlabelled?: Unlabelled | undefined }
  | { readonly problems: readonly Diagnostic[] }
  | { readonly leftOut: 'columns' | 'label' };

export function toExample(
  cells: Cells,
  request: { source: TableSource; split: ExampleSplit; location: DiagnosticLocation },
): Reading {
  const { source, split, location } = request;
  const unlabelled = whyUnlabelled(cells, request);
  if (unlabelled === 'skipped' && split !== 'test') return { leftOut: 'label' };
  const textA = readText(cells.textA, source.columns.textA, request);
  const textB = source.columns.textB === undefined ? undefined : readText(cells.textB, source.columns.textB, request);
  const { problems: labelProblems = [], ...labels } =
    unlabelled === undefined ? readLabels(cells.label, { source, location }) : {};
  const problems = [...[textA, textB].filter((part) => typeof part === 'object'), ...labelProblems];
  if (problems.length > 0) return { problems };
  return { example: { textA: textA as string, textB: textB as string | undefined, ...labels, split }, unlabelled };
}

function whyUnlabelled(
  cells: Cells,
  { source, split }: { source: TableSource; split: ExampleSplit },
): Unlabelled | undefined {
  if (!('label' in cells)) return source.skipLabels.includes(null) ? 'skipped' : 'missing';
  if (isSkippedLabel(cells.label, source)) return 'skipped';
  if (split !== 'test' || !isNoLabel(cells.label)) return undefined;
  return source.labels.kind === 'multi-label' && typeof cells.label === 'string' ? 'empty' : 'missing';
}

function readText(
  value: unknown,
  column: string,
  { source, location }: { source: TableSource; location: DiagnosticLocation },
): string | Diagnostic {
  if (typeof value !== 'string') {
    const message = `Expected text in ${JSON.stringify(column)}, got ${shown(value)}.`;
    return { code: 'TASK_DATA_TEXT_TYPE', message, location };
  }
  const text = value.trim();
  return text === '' && !source.hasBadRows
    ? { code: 'TASK_DATA_TEXT_EMPTY', message: `The text in ${JSON.stringify(column)} is empty.`, location }
    : text;
}
