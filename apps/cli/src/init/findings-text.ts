import { resolveLayerMapping } from '@retort/distillation/layer-mapping';
import { printable } from '@retort/foundation/diagnostics';
import { isUsuallySkipped } from '@retort/stage-task-data/labels';
import type { Colors } from '../render/colors.ts';
import { formatCount } from '../render/units.ts';
import { wrapped } from '../render/wrapped.ts';
import { type DraftInput, rowLength } from './draft-pipeline.ts';
import { studentSize, teacherSize } from './student-geometry.ts';
import type { ColumnProfile, TableProfile } from './survey/table-profile.ts';
import { COLUMN_FLAGS, type ColumnRole, columnOf, usuallyNamed } from './table-columns.ts';
import type { TrainingPlan } from './training-plan.ts';

const WIDTH = 80;
const LABEL_WIDTH = 12;
const SHOWN_LABELS = 8;
const COLUMN_ROLES = Object.keys(COLUMN_FLAGS) as ColumnRole[];

export interface Findings extends Omit<DraftInput, 'name' | 'folder' | 'schema' | 'seeds'> {
  readonly tables: readonly [TableProfile, TableProfile];
}

/** What was found in tables and model, then what was chosen and why, in 80 columns. */
export function findingsText(findings: Findings, colors: Colors): string {
  return [
    colors.bold('Found'),
    ...facts([
      ['data', dataText(findings)],
      ['columns', columnsText(findings)],
      ['labels', labelsText(findings)],
      ['lengths', lengthText(findings)],
      ['model', modelText(findings)],
      ...warningsOf(findings).map((warning) => ['warning', warning] as const),
    ]),
    colors.bold('Chosen'),
    ...facts([
      ['teacher', teacherText(findings)],
      ['student', studentText(findings)],
      ['layers', layersText(findings)],
    ]),
  ].join('\n');
}

function facts(entries: readonly (readonly [string, string])[]): string[] {
  return entries.flatMap(([label, text]) =>
    wrapped(printable(text), WIDTH - LABEL_WIDTH).map(
      (line, i) => `  ${(i === 0 ? label : '').padEnd(LABEL_WIDTH - 2)}${line}`,
    ),
  );
}

const FORMATS: Readonly<Record<string, string>> = {
  csv: 'CSV',
  tsv: 'TSV',
  jsonl: 'JSON lines',
  parquet: 'Parquet',
  arrow: 'Arrow',
};
const DELIMITERS: Readonly<Record<string, string>> = { ';': 'semicolons', '\t': 'tabs', '|': 'bars' };

function dataText({ tables: [train], rows: { examples } }: Findings): string {
  const { format, delimiter, quoting, header } = train.layout;
  const notes = [
    ...(delimiter === undefined ? [] : [`columns separated by ${DELIMITERS[delimiter] ?? delimiter}`]),
    ...(quoting === undefined ? [] : [quoting ? 'with quotes around values' : 'with quotes as part of values']),
  ];
  const counts = `${formatCount(examples.train)} training rows, ${formatCount(examples.validation)} validation rows`;
  const names = header
    ? ''
    : '. The first row is read as data, so the columns are numbered. If it names them, give --header true';
  return `${[FORMATS[format] ?? format, ...notes].join(', ')}; ${counts}${names}`;
}

function columnsText({ tables: [train], source: { columns } }: Findings): string {
  const shown = (name: string) => `"${name}" (${columnOf(train, name).examples[0]})`;
  const texts = [columns.textA, ...(columns.textB === undefined ? [] : [columns.textB])];
  const read = Object.values(columns);
  const others = COLUMN_ROLES.map((role) => ({
    flag: COLUMN_FLAGS[role],
    names: usuallyNamed(role, train).filter((name) => !read.includes(name)),
  })).filter(({ names }) => names.length > 0);
  const left = others.map(({ flag, names }) => `${names.map((name) => `"${name}"`).join(', ')} (${flag})`);
  return `text ${texts.map(shown).join(' and ')}, label "${columns.label}"${left.length === 0 ? '' : `. Ignored: ${left.join(', ')}`}`;
}

function labelsText({ tables: [train], source: { columns, labels }, rows: { examples } }: Findings): string {
  const column = columnOf(train, columns.label);
  if (labels.kind === 'regression')
    return `numbers from ${column.range?.[0]} to ${column.range?.[1]}${classesHint(column)}`;
  const isSeveral = labels.kind === 'multi-label';
  const counts = new Map(isSeveral && (column.holds === 'values' || labels.list === 'vector') ? [] : column.values);
  const shown = labels.values.slice(0, SHOWN_LABELS).map((value) => {
    const rows = counts.get(value);
    return rows === undefined ? value : `${value} ${formatCount(rows)} (${percent(rows / examples.train)})`;
  });
  const more = labels.values.length > SHOWN_LABELS ? [`${labels.values.length - SHOWN_LABELS} more`] : [];
  const kind = isSeveral
    ? labels.list === 'vector'
      ? 'labels, a 1 or 0 for each in this order'
      : 'labels, several per row'
    : 'classes';
  return `${labels.values.length} ${kind}: ${[...shown, ...more].join(', ')}${skippedHint(column, labels.values)}`;
}

/** Whole numbers are a scale or the numbers of classes, which only a person knows. */
function classesHint({ values }: ColumnProfile): string {
  const areWhole = values?.every(([value]) => Number.isInteger(Number(value)));
  return areWhole ? ', learned as a scale. If they are class numbers, give --labels classes' : '';
}

/** Whether what tables often write where a row has no label means that here, only a person knows. */
function skippedHint({ holds }: ColumnProfile, values: readonly string[]): string {
  const found = values.find(isUsuallySkipped);
  return found === undefined || holds !== 'values'
    ? ''
    : `. If ${found} means that a row has no label, give --skip-label=${found}`;
}

function lengthText(findings: Findings): string {
  const { lengths } = findings.rows;
  const length = rowLength(findings);
  const share = lengths.longer.find((each) => each.length === length)?.share ?? 0;
  const cut = share === 0 ? 'no row is truncated' : `${percent(share)} of the rows are truncated`;
  return `median ${lengths.median} tokens, 95th percentile ${lengths.percentile95}, longest ${lengths.longest}. At most ${length} tokens per row: ${cut}`;
}

function modelText({ model }: Findings): string {
  const { architecture, vocabularySize } = model;
  const { layers, hiddenSize, heads, maxPositions } = architecture;
  return `${layers} layers x ${hiddenSize}, ${heads} heads, ${maxPositions} positions, ${formatCount(vocabularySize)} tokens: ${million(teacherSize(model))} parameters`;
}

/** Of the model as it is used: without its head where it is fine-tuned first. */
function warningsOf({ teacher, model: { head, warnings } }: Findings): readonly string[] {
  return teacher.kind === 'ready' && 'warnings' in head ? head.warnings : warnings;
}

function teacherText({ teacher, training }: Findings): string {
  const floor = 'The run stops before distillation if the teacher is no better than always giving the same answer.';
  if (teacher.kind === 'ready' || training.teacher === undefined)
    return `the model as it is, because its head already answers this task. ${floor}`;
  return `the model, which is fine-tuned first because ${teacher.why}. ${trainingText(training.teacher)} ${floor}`;
}

function studentText(findings: Findings): string {
  const { student, model, training } = findings;
  const maxPositions = rowLength(findings);
  const [own, whole] = [studentSize(student, { teacher: model, maxPositions }), teacherSize(model)];
  const size = `${student.layers} layers x ${student.hiddenSize}, ${maxPositions} positions: ${million(own)} parameters, ${percent(own / whole)} of the teacher`;
  return `${size}. Each of two phases: ${trainingText(training.student)}`;
}

function trainingText({ epochs, learningRate, steps, why }: TrainingPlan): string {
  return `${epochs} epochs (${formatCount(steps)} steps), learning rate ${learningRate}. ${why}`;
}

function layersText({ layerMapping, student, model: { architecture } }: Findings): string {
  const request = { choice: layerMapping, studentLayers: student.layers, teacherLayers: architecture.layers };
  const [, ...layers] = resolveLayerMapping(request);
  const text = `student layers learn from teacher layers ${layers.join(', ')} of ${architecture.layers}`;
  return layerMapping.kind === 'uniform'
    ? text
    : `${text} (as evenly spaced as possible: ${architecture.layers} is not a multiple of ${student.layers})`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

function million(count: number): string {
  return count < 1e6 ? formatCount(count) : `${(count / 1e6).toFixed(1)} M`;
}
