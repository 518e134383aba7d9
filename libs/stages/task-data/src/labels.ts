import {
  addTo,
  type Diagnostic,
  type DiagnosticLocation,
  inWords,
  type SettingAdvice,
  setTo,
  shown,
  suggestion,
} from '@retort/foundation/diagnostics';
import { labelColumns } from './columns.ts';
import type { MultiLabels, NumberLabels } from './config.generated.ts';
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
  if (labels.kind === 'classes') return readClass(value, labels.values, place);
  return place.source.columns.label === undefined
    ? readFlags(value as readonly unknown[], place)
    : readList(value, labels, place);
}

/** Whether there is nothing where a label could be. */
export function isNoLabel(value: unknown): boolean {
  return value === undefined || value === null || (typeof value === 'string' && value.trim() === '');
}

/** Whether the label, or one of several columns of them, is a value that the settings say is no label. */
export function isSkippedLabel(value: unknown, { columns, skipLabels }: TableSource): boolean {
  const cells: readonly unknown[] = columns.label === undefined && Array.isArray(value) ? value : [value];
  return cells.some((cell) =>
    skipLabels.includes(cell === undefined || cell === null ? null : (textOf(cell) as string)),
  );
}

function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value.trim();
  return ['number', 'bigint', 'boolean'].includes(typeof value) ? String(value) : undefined;
}

function readClass(value: unknown, values: readonly string[], place: Place): LabelReading {
  const index = values.indexOf(textOf(value) ?? '');
  if (index !== -1 && isExact(value)) return { label: index };
  if (!Array.isArray(value)) return { problems: [unknownLabel(value, values, place)] };
  const kind = setTo('labels.kind', 'multi-label');
  const message = `Expected one label in ${columnOf(place)}, got the list ${shown(value)}. Write a single label, or ${kind.words} if a row can have several.`;
  return { problems: [{ code: 'TASK_DATA_LABEL_TYPE', message, location: place.location, advice: [kind] }] };
}

/** A larger whole number of JSON has been rounded, perhaps to another label. */
function isExact(value: unknown): boolean {
  return !Number.isInteger(value) || Number.isSafeInteger(value);
}

/** A decimal number, never "0x10" or "Infinity". */
const DECIMAL = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i;

export function isDecimal(text: string): boolean {
  return DECIMAL.test(text);
}

function numberOf(value: unknown): number {
  const text = typeof value === 'boolean' ? undefined : textOf(value);
  return text !== undefined && isDecimal(text) ? Number(text) : Number.NaN;
}

function readNumber(value: unknown, { minimum, maximum }: NumberLabels, place: Place): LabelReading {
  const { location } = place;
  const number = numberOf(value);
  // Tables hold float32.
  if (!Number.isFinite(Math.fround(number))) {
    const expected = Number.isFinite(number) ? 'a number that float32 can hold' : 'a number';
    const advice = skipAdvice(value, place);
    const message = `Expected ${expected} in ${columnOf(place)}, got ${shown(value)}.${skipHint(advice)}`;
    return { problems: [{ code: 'TASK_DATA_LABEL_NUMBER', message, location, ...(advice.length > 0 && { advice }) }] };
  }
  const isInRange = number >= (minimum ?? number) && number <= (maximum ?? number);
  if (isInRange) return { label: number };
  const range =
    minimum === undefined
      ? `at most ${maximum}`
      : maximum === undefined
        ? `at least ${minimum}`
        : `${minimum} to ${maximum}`;
  const message = `Expected a number from ${range} in ${columnOf(place)}, got ${shown(value)}.`.replace(
    'from at',
    'of at',
  );
  return { problems: [{ code: 'TASK_DATA_LABEL_RANGE', message, location }] };
}

function readList(value: unknown, labels: MultiLabels, place: Place): LabelReading {
  const parts = Array.isArray(value) ? value : partsOf(textOf(value), labels);
  if (parts === undefined) {
    const message = `Expected labels in ${columnOf(place)}, got ${shown(value)}.`;
    return { problems: [{ code: 'TASK_DATA_LABEL_TYPE', message, location: place.location }] };
  }
  const bare = Array.isArray(value) ? value : partsOf(textOf(value), { ...labels, list: 'vector' });
  if (bare?.some(isFraction)) return { problems: [fractions(value, place)] };
  const vector = readVector(parts, labels);
  if (labels.list === 'vector') return vector ?? { problems: [noVector(value, labels, place)] };
  const names = readNames(parts, labels, { ...place, value });
  // Names are a vector too where labels are called 0 and 1: [1, 0] are two labels, or the first one.
  const isAmbiguous =
    vector !== undefined &&
    labels.list === undefined &&
    (names.problems !== undefined || String(names.labels) !== String(vector.labels));
  return isAmbiguous ? { problems: [ambiguous(value, place)] } : names;
}

/** The parts of a text, which may stand in brackets as Python writes a list of numbers. */
function partsOf(
  text: string | undefined,
  { list, separator }: Pick<MultiLabels, 'list' | 'separator'>,
): string[] | undefined {
  const inner = list === 'vector' && text?.startsWith('[') && text.endsWith(']') ? text.slice(1, -1) : text;
  const parts = inner?.split(separator).map((part) => part.trim());
  return list === 'vector' ? parts : parts?.filter((part) => part !== '');
}

/** Labels of a 1 or 0 for each of them; undefined for a list that is something else. */
function readVector(
  parts: readonly unknown[],
  { values }: MultiLabels,
): { labels: number[]; problems?: undefined } | undefined {
  if (parts.length !== values.length) return undefined;
  const flags = parts.map(flagOf);
  return flags.includes(undefined) ? undefined : { labels: [...flags.keys()].filter((label) => flags[label]) };
}

/** Of one row: a list of the wrong kind may have a million members. */
const MOST_PROBLEMS = 20;

function readNames(
  parts: readonly unknown[],
  { values }: MultiLabels,
  { value, ...place }: Place & { readonly value: unknown },
): LabelReading {
  const named = parts.map((part) => (isExact(part) ? values.indexOf(textOf(part) ?? '') : -1));
  if (named.includes(-1))
    return {
      problems: parts
        .filter((_, i) => named[i] === -1)
        .slice(0, MOST_PROBLEMS)
        .map((part) => unknownLabel(part, values, place)),
    };
  const labels = [...new Set(named)].sort((a, b) => a - b);
  // Text may say a word twice; numbers that come twice, and lists of data that do, were meant as something else.
  const isRepeated = labels.length < named.length && (Array.isArray(value) || parts.every(isFlag));
  return isRepeated ? { problems: [repeated(value, values, place)] } : { labels };
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
  const number = numberOf(cell);
  return number === 0 || number === 1 ? number === 1 : undefined;
}

function isFlag(cell: unknown): boolean {
  return flagOf(cell) !== undefined;
}

/** How many labels a text has a 1 or 0 for; undefined for a text that is no vector. */
export function vectorLength(text: string, separator: string): number | undefined {
  const parts = partsOf(text, { list: 'vector', separator }) as string[];
  return parts.length > 1 && parts.every(isFlag) ? parts.length : undefined;
}

/** How sure a label is, as lists of soft labels say it: neither a name nor a 1 or 0. A text such as "3.5" may be a name. */
export function isFraction(part: unknown): boolean {
  const number = numberOf(part);
  const mayBeName = typeof part !== 'number' && (number < 0 || number > 1);
  return Number.isFinite(number) && !Number.isInteger(number) && !mayBeName;
}

function columnOf({ source }: Place): string {
  return JSON.stringify(source.columns.label);
}

function ambiguous(value: unknown, place: Place): Diagnostic {
  const list = { words: 'set "labels.list" to "vector" or "names"', setting: 'labels.list' };
  const message = `${shown(value)} in ${columnOf(place)} could be names of labels, or a 1 or 0 for each label. Write names that are not numbers, or ${list.words}.`;
  return { code: 'TASK_DATA_LABEL_VECTOR', message, location: place.location, advice: [list] };
}

function noVector(value: unknown, { values }: MultiLabels, place: Place): Diagnostic {
  const list = setTo('labels.list', 'names');
  const message = `Expected a 1 or 0 for each of the ${values.length} labels in ${columnOf(place)}, got ${shown(value)}. Correct it, or ${list.words}.`;
  return { code: 'TASK_DATA_LABEL_VECTOR', message, location: place.location, advice: [list] };
}

function fractions(value: unknown, place: Place): Diagnostic {
  const message = `Expected names of labels, or a 1 or 0 for each, in ${columnOf(place)}, got the fractions ${shown(value)}. Soft labels are not supported. Round them to 0 and 1, or write the names of the labels that apply.`;
  return { code: 'TASK_DATA_LABEL_FRACTION', message, location: place.location };
}

function repeated(value: unknown, values: readonly string[], place: Place): Diagnostic {
  const message = `${shown(value)} in ${columnOf(place)} names a label twice. Remove the duplicate, or write a 1 or 0 for each of the ${values.length} labels.`;
  return { code: 'TASK_DATA_LABEL_REPEATED', message, location: place.location };
}

function unknownLabel(value: unknown, values: readonly string[], place: Place): Diagnostic {
  const { source, location } = place;
  if (!isExact(value)) {
    const message = `The label ${shown(value)} has more digits than a JSON number can hold. Write labels as text.`;
    return { code: 'TASK_DATA_LABEL_INEXACT', message, location };
  }
  const text = textOf(value);
  const skip = source.labels.kind === 'classes' ? skipAdvice(value, place) : [];
  const canAdd = source.layout === undefined && text !== undefined;
  const advice = skip.length > 0 || !canAdd ? skip : [addTo('labels.values', text)];
  const fix = skip.length > 0 ? skipHint(skip) : advice.length > 0 ? ` Correct it, or ${inWords(advice)}.` : '';
  const message = `Unknown label ${shown(value)} in ${columnOf(place)}.${hint(text ?? '', values)}${fix}`;
  return { code: 'TASK_DATA_LABEL_UNKNOWN', message, location, ...(advice.length > 0 && { advice }) };
}

/** Between labels as short as "0" and "1" nearness says nothing. */
function hint(text: string, values: readonly string[]): string {
  return text.length > 2 ? suggestion(text, values) : ` Known: ${values.slice(0, 12).join(', ')}.`;
}

const USUAL_SKIPPED: ReadonlySet<string | undefined> = new Set(['-', '', 'nan', 'none', 'null', 'n/a', undefined]);

/** Whether this is what tables usually write where a row has no gold label. */
export function isUsuallySkipped(text: string | undefined): boolean {
  return numberOf(text) === -1 || USUAL_SKIPPED.has(text?.toLowerCase());
}

function skipAdvice(value: unknown, { source }: Place): SettingAdvice[] {
  const text = textOf(value);
  return source.layout === undefined && !Array.isArray(value) && isUsuallySkipped(text)
    ? [addTo('source.skipLabels', text ?? null)]
    : [];
}

function skipHint(advice: readonly SettingAdvice[]): string {
  return advice.length === 0 ? '' : ` To leave out rows without a label, ${inWords(advice)}.`;
}
