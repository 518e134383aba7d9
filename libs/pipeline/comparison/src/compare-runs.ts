import { inputEntries, inputLabel } from '@retort/foundation/inputs';
import { compareKeyDocuments, plainStageId } from '@retort/pipeline-graph';
import type { ManifestStage } from '@retort/pipeline-runner';
import { type ComparedStage, compareWork, inputsOf, isShared } from './compared-work.ts';
import { agreementRows, type EngineAgreement, engineAgreement } from './engine-agreement.ts';
import { manifestOfCell, stagesOfCell } from './manifest-of-cell.ts';
import type { Comparable, ComparedCell } from './planned-run.ts';
import { DEFAULT_TOLERANCES, type Tolerance } from './tolerances.ts';

/** Undefined where a run has no such value. */
export type ComparedValue = string | number | boolean | undefined;

/** One thing that columns are compared in: a value for each, in the order in which they were named. */
export interface ComparedRow {
  readonly section: 'run' | 'setting' | 'metric' | 'agreement' | 'seconds' | 'bytes' | 'work';
  /** Missing for what is of the run as a whole. */
  readonly stage?: string;
  readonly name: string;
  readonly values: readonly ComparedValue[];
  readonly unit?: 'seconds' | 'bytes';
}

export interface ComparedRun {
  readonly manifest: Comparable;
  /** One cell of its matrix, instead of the run as a whole: its stages are then called as in the pipeline file. */
  readonly cell?: ComparedCell;
  /** Seconds that a stage's work took when it was executed, which may have been in an earlier run. By stage. */
  readonly secondsOfWork: Readonly<Record<string, number>>;
}

export interface RunComparison {
  /** Ids, one for each column: the same one several times where cells of one run are compared, none for what was planned. */
  readonly runs: readonly (string | undefined)[];
  /** Ids of the cells, undefined for a run as a whole; missing where all are. */
  readonly cells?: readonly (string | undefined)[];
  readonly rows: readonly ComparedRow[];
  readonly stages: readonly ComparedStage[];
  /** Stages with the same work in every column that has them, and that at least two columns have: computed once. */
  readonly shared: readonly string[];
  /** Missing where all runs are of one engine. */
  readonly agreement?: EngineAgreement;
}

/** Puts runs, planned pipelines, or cells of them, side by side. Settings only where they differ; metrics, times and bytes always. */
export function compareRuns(
  given: readonly ComparedRun[],
  tolerance: Tolerance = DEFAULT_TOLERANCES.metrics,
): RunComparison {
  const runs = given.map(inItsCell);
  const manifests = runs.map(({ manifest }) => manifest);
  const ids = stageIds(manifests);
  const stages = compareWork(ids, manifests);
  const settings = stages.flatMap((stage) => settingRows(stage, manifests));
  const metrics = ids.flatMap((id) => metricRows(id, manifests));
  const agreement = engineAgreement(manifests, settings, tolerance);
  return {
    runs: manifests.map(({ run }) => run),
    ...(runs.some(({ cell }) => cell !== undefined) && { cells: runs.map(({ cell }) => cell?.id) }),
    rows: [
      ...runRows(runs),
      ...settings,
      ...metrics,
      ...(agreement === undefined ? [] : agreementRows(agreement, metrics)),
      ...ids.map((id) => secondsRow(id, runs)),
      ...ids.map((id) => bytesRow(id, manifests)),
      ...stages.map(({ id, works }) => ({ section: 'work' as const, stage: id, name: 'key', values: works })),
    ],
    stages,
    shared: stages.filter(isShared).map(({ id }) => id),
    ...(agreement !== undefined && { agreement }),
  };
}

function inItsCell(run: ComparedRun): ComparedRun {
  const { manifest, cell, secondsOfWork } = run;
  if (cell === undefined) return run;
  const seconds = stagesOfCell(manifest, cell.id).flatMap((id) =>
    secondsOfWork[id] === undefined ? [] : [[plainStageId(id), secondsOfWork[id]] as const],
  );
  return { cell, manifest: manifestOfCell(manifest, cell.id), secondsOfWork: Object.fromEntries(seconds) };
}

function stageIds(manifests: readonly Comparable[]): string[] {
  return [...new Set(manifests.flatMap(({ stages }) => stages.map(({ id }) => id)))];
}

function stageOf({ stages }: Comparable, id: string): ManifestStage | undefined {
  return stages.find((stage) => stage.id === id);
}

function runRows(runs: readonly ComparedRun[]): ComparedRow[] {
  const row = (
    name: string,
    read: (manifest: Comparable, cell: ComparedCell | undefined) => ComparedValue,
    unit?: 'seconds',
  ): ComparedRow => ({
    section: 'run',
    name,
    values: runs.map(({ manifest, cell }) => read(manifest, cell)),
    ...(unit !== undefined && { unit }),
  });
  return [
    row('pipeline', ({ pipeline }) => pipeline.name),
    row('variant', ({ pipeline }, cell) => pipeline.variant ?? variantOf(cell)),
    ...(runs.some(({ cell }) => cell !== undefined) ? [row('cell', (_, cell) => cell?.id)] : []),
    row('status', ({ status }, cell) => cell?.status ?? status),
    row('started', ({ startedAt }) => startedAt),
    row('took', ({ seconds }) => seconds, 'seconds'),
    row('engine', ({ engine }) => engine),
    row('processor', ({ hardware }) => hardware?.processor),
    row('node', ({ versions }) => versions?.['node']),
  ];
}

/** Of a cell on an axis of variants. */
function variantOf(cell: ComparedCell | undefined): ComparedValue {
  const variant = cell?.values['variant'];
  return typeof variant === 'string' ? variant : undefined;
}

/** What decides a stage. An input from another stage counts by its name: if its bytes differ, that stage differs. */
function settingRows(stage: ComparedStage, manifests: readonly Comparable[]): ComparedRow[] {
  const { id } = stage;
  const documents = manifests.map((manifest) => decisiveOf(manifest, id, isShared(stage)));
  const known = documents.filter((document) => document !== undefined);
  const paths = new Set(
    known.slice(1).flatMap((other) => compareKeyDocuments(known[0], other).map(({ path }) => path)),
  );
  return [...paths].sort().map((path) => ({
    section: 'setting',
    stage: id,
    name: path,
    values: documents.map((document) => valueAt(document, path)),
  }));
}

/** @param isSameWork stages that do the same work under other names may feed it */
function decisiveOf(manifest: Comparable, id: string, isSameWork: boolean): object | undefined {
  const { keyDocument } = stageOf(manifest, id) ?? {};
  const described = manifest.pipeline.stages.find((stage) => stage.id === id);
  const sources = inputEntries(isSameWork ? {} : inputsOf(manifest, id)).map(([name, source, at]) => [
    inputLabel(name, at),
    source.kind === 'path' ? source.digest : `${source.stage}.${source.port}`,
  ]);
  const inputs = sources.length > 0 && { inputs: Object.fromEntries(sources) };
  if (keyDocument === undefined) return described && { with: described.with, seed: described.seed, ...inputs };
  const { inputs: _bytes, outputs: _outputs, ...decisive } = keyDocument;
  return { ...decisive, ...inputs };
}

/** Difference from the empty document lists every leaf with its path. */
function valueAt(document: unknown, path: string): ComparedValue {
  const value = compareKeyDocuments({}, document ?? {}).find((leaf) => leaf.path === path)?.after;
  return typeof value === 'object' ? JSON.stringify(value) : (value as ComparedValue);
}

function metricRows(id: string, manifests: readonly Comparable[]): ComparedRow[] {
  const metrics = manifests.map((manifest) => stageOf(manifest, id)?.metrics ?? {});
  const names = [...new Set(metrics.flatMap((each) => Object.keys(each)))];
  return names.map((name) => ({ section: 'metric', stage: id, name, values: metrics.map((each) => each[name]) }));
}

function secondsRow(id: string, runs: readonly ComparedRun[]): ComparedRow {
  const values = runs.map(({ manifest, secondsOfWork }) => {
    const { status, seconds } = stageOf(manifest, id) ?? {};
    return status === 'cached' ? secondsOfWork[id] : status === 'ran' ? seconds : undefined;
  });
  return { section: 'seconds', stage: id, name: 'work', values, unit: 'seconds' };
}

function bytesRow(id: string, manifests: readonly Comparable[]): ComparedRow {
  const values = manifests.map((manifest) => {
    const outputs = Object.values(stageOf(manifest, id)?.outputs ?? {});
    return outputs.length === 0 ? undefined : outputs.reduce((sum, { bytes }) => sum + bytes, 0);
  });
  return { section: 'bytes', stage: id, name: 'outputs', values, unit: 'bytes' };
}
