import { type Diagnostic, type DiagnosticLocation, shown, suggestion } from '@retort/diagnostics';
import type { MultiLabels, NumberLabels } from './config.generated.ts';
import { labelColumns } from './columns.ts';
import type { TableSource } from './table-source.ts';

/** What a row is labelled with, as `ExampleRow` has it, or everything that is wrong with its labels. */
export type LabelReading =
  | { readonly label?: number; readonly labels?: readonly number[]; readonly problems?: undefined }
  | { readonly problems: readonly Diagnostic[] };

interface Place {
  readonly source: TableSource;
  readonly location: DiagnosticLocation;
}

export function readLabels(value: unknown, place: Place): LabelReading {
  const { labels } = place.source;
  if (labels.kind === 'regression') return readNumber(value, labels, place);
  if (labels.kind === 'classes') {
    const index = labels.values.indexOf(textOf(value) ?? '');
    return index === -1 ? { problems: [unknownLabel(value, labels.values, place)] } : { label: index };
  }
  return place.source.columns.label === undefined
    ? readFlags(value as readonly unknown[], place)
    : readList(value, labels, place);
}

/** Whether there is nothing where a label could be. */
export function isNoLabel(value: unknown): boolean {
  return value === undefined || value === null || (typeof value === 'string' && value.trim() === '');
}

function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value.trim();
  return ['number', 'bigint', 'boolean'].includes(typeof value) ? String(value) : undefined;
}

function readNumber(value: unknown, { minimum, maximum }: NumberLabels, { source, location }: Place): LabelReading {
  const text = textOf(value);
  const number = text === undefined || text === '' || typeof value === 'boolean' ? Number.NaN : Number(text);
  const column = JSON.stringify(source.columns.label);
  if (!Number.isFinite(number)) {
    const message = `Expected a number in ${column}, got ${shown(value)}.`;
    return { problems: [{ code: 'TASK_DATA_LABEL_NUMBER', message, location }] };
  }
  const isInRange = number >= (minimum ?? number) && number <= (maximum ?? number);
  if (isInRange) return { label: number };
  const range =
    minimum === undefined
      ? `at most ${maximum}`
      : maximum === undefined
        ? `at least ${minimum}`
        : `${minimum} to ${maximum}`;
  const message = `Expected a number from ${range} in ${column}, got ${shown(value)}.`.replace('from at', 'of at');
  return { problems: [{ code: 'TASK_DATA_LABEL_RANGE', message, location }] };
}

function readList(value: unknown, { values, separator }: MultiLabels, place: Place): LabelReading {
  const parts = Array.isArray(value) ? value.map(textOf) : textOf(value)?.split(separator);
  if (parts === undefined) {
    const message = `Expected labels in ${JSON.stringify(place.source.columns.label)}, got ${shown(value)}.`;
    return { problems: [{ code: 'TASK_DATA_LABEL_TYPE', message, location: place.location }] };
  }
  const wanted = parts.map((part) => part?.trim() ?? '').filter((part) => part !== '');
  const unknown = wanted.filter((part) => !values.includes(part));
  if (unknown.length > 0) return { problems: unknown.map((part) => unknownLabel(part, values, place)) };
  return { labels: [...values.keys()].filter((label) => wanted.includes(values[label] as string)) };
}

function readFlags(cells: readonly unknown[], { source, location }: Place): LabelReading {
  const flags = cells.map(flagOf);
  const problems = labelColumns(source).flatMap((column, i) =>
    flags[i] === undefined
      ? [
          {
            code: 'TASK_DATA_LABEL_FLAG',
            message: `Expected 0 or 1 in ${JSON.stringify(column)}, got ${shown(cells[i])}.`,
            location,
          },
        ]
      : [],
  );
  return problems.length > 0 ? { problems } : { labels: [...flags.keys()].filter((label) => flags[label]) };
}

function flagOf(cell: unknown): boolean | undefined {
  const text = textOf(cell)?.toLowerCase();
  if (text === 'true' || text === 'false') return text === 'true';
  const number = text === undefined || text === '' ? Number.NaN : Number(text);
  return number === 0 || number === 1 ? number === 1 : undefined;
}

function unknownLabel(value: unknown, values: readonly string[], { source, location }: Place): Diagnostic {
  const list = source.layout === undefined ? 'those that "labels.values" lists' : `those of ${source.layout}`;
  const message = `The label ${shown(value)} is none of ${list}.${hint(textOf(value) ?? '', values)}`;
  return { code: 'TASK_DATA_LABEL_UNKNOWN', message, location };
}

/** Between labels as short as "0" and "1" nearness says nothing. */
function hint(text: string, values: readonly string[]): string {
  return text.length > 2 ? suggestion(text, values) : ` Known: ${values.slice(0, 12).join(', ')}.`;
}
