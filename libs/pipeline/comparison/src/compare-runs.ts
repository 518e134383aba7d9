import { compareKeyDocuments, plainStageId } from '@retort/pipeline-graph';
import type { CellSummary, ManifestStage, RunManifest } from '@retort/pipeline-runner';
import { agreementRows, type EngineAgreement, engineAgreement } from './engine-agreement.ts';
import { manifestOfCell, stagesOfCell } from './manifest-of-cell.ts';
import { DEFAULT_TOLERANCES, type Tolerance } from './tolerances.ts';

/** Undefined where a run has no such value. */
export type ComparedValue = string | number | boolean | undefined;

/** One thing that runs are compared in: a value for each run, in the order in which the runs were named. */
export interface ComparedRow {
  readonly section: 'run' | 'setting' | 'metric' | 'agreement' | 'seconds' | 'bytes' | 'work';
  /** Missing for what is of the run as a whole. */
  readonly stage?: string;
  readonly name: string;
  readonly values: readonly ComparedValue[];
  readonly unit?: 'seconds' | 'bytes';
}

export interface ComparedRun {
  readonly manifest: RunManifest;
  /** One cell of its matrix, instead of the run as a whole: its stages are then called as in the pipeline file. */
  readonly cell?: CellSummary;
  /** Seconds that a stage's work took when it was executed, which may have been in an earlier run. By stage. */
  readonly secondsOfWork: Readonly<Record<string, number>>;
}

export interface RunComparison {
  /** Ids, one for each column: the same one several times where cells of one run are compared. */
  readonly runs: readonly string[];
  /** Ids of the cells, undefined for a run as a whole; missing where all are. */
  readonly cells?: readonly (string | undefined)[];
  readonly rows: readonly ComparedRow[];
  /** Stages whose key is the same in every run that has them, and that at least two runs have: computed once. */
  readonly shared: readonly string[];
  /** Missing where all runs are of one engine. */
  readonly agreement?: EngineAgreement;
}

/** Puts runs, or cells of them, side by side. Settings only where they differ; metrics, times and bytes always. */
export function compareRuns(
  given: readonly ComparedRun[],
  tolerance: Tolerance = DEFAULT_TOLERANCES.metrics,
): RunComparison {
  const runs = given.map(inItsCell);
  const manifests = runs.map(({ manifest }) => manifest);
  const ids = stageIds(manifests);
  const settings = ids.flatMap((id) => settingRows(id, manifests));
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
      ...ids.map((id) => workRow(id, manifests)),
    ],
    shared: ids.filter((id) => isShared(id, manifests)),
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

function stageIds(manifests: readonly RunManifest[]): string[] {
  return [...new Set(manifests.flatMap(({ stages }) => stages.map(({ id }) => id)))];
}

function stageOf({ stages }: RunManifest, id: string): ManifestStage | undefined {
  return stages.find((stage) => stage.id === id);
}

function runRows(runs: readonly ComparedRun[]): ComparedRow[] {
  const row = (
    name: string,
    read: (manifest: RunManifest, cell: CellSummary | undefined) => ComparedValue,
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
    row('processor', ({ hardware }) => hardware.processor),
    row('node', ({ versions }) => versions['node']),
  ];
}

/** Of a cell on an axis of variants. */
function variantOf(cell: CellSummary | undefined): ComparedValue {
  const variant = cell?.values['variant'];
  return typeof variant === 'string' ? variant : undefined;
}

/** What decides a stage, less the bytes of its inputs: those differ because another stage does. */
function settingRows(id: string, manifests: readonly RunManifest[]): ComparedRow[] {
  const documents = manifests.map((manifest) => {
    const { keyDocument } = stageOf(manifest, id) ?? {};
    const described = manifest.pipeline.stages.find((stage) => stage.id === id);
    if (keyDocument === undefined) return described && { with: described.with, seed: described.seed };
    const { inputs: _inputs, outputs: _outputs, ...decisive } = keyDocument;
    return decisive;
  });
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

/** Difference from the empty document lists every leaf with its path. */
function valueAt(document: unknown, path: string): ComparedValue {
  const value = compareKeyDocuments({}, document ?? {}).find((leaf) => leaf.path === path)?.after;
  return typeof value === 'object' ? JSON.stringify(value) : (value as ComparedValue);
}

function metricRows(id: string, manifests: readonly RunManifest[]): ComparedRow[] {
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

function bytesRow(id: string, manifests: readonly RunManifest[]): ComparedRow {
  const values = manifests.map((manifest) => {
    const outputs = Object.values(stageOf(manifest, id)?.outputs ?? {});
    return outputs.length === 0 ? undefined : outputs.reduce((sum, { bytes }) => sum + bytes, 0);
  });
  return { section: 'bytes', stage: id, name: 'outputs', values, unit: 'bytes' };
}

/** The same number for runs with the same key: 1 for the first kind of work, and so on. */
function workRow(id: string, manifests: readonly RunManifest[]): ComparedRow {
  const keys = manifests.map((manifest) => stageOf(manifest, id)?.key);
  const kinds = [...new Set(keys.filter((key) => key !== undefined))];
  const values = keys.map((key) => (key === undefined ? undefined : kinds.indexOf(key) + 1));
  return { section: 'work', stage: id, name: 'key', values };
}

function isShared(id: string, manifests: readonly RunManifest[]): boolean {
  const keys = manifests.flatMap((manifest) => stageOf(manifest, id)?.key ?? []);
  return keys.length > 1 && new Set(keys).size === 1;
}
