import { UsageError } from '@retort/foundation/diagnostics';
import { type ComparedRun, compareRuns, plannedRun, readTolerances, type Tolerance } from '@retort/pipeline-comparison';
import { ArtifactStore } from '@retort/store';
import type { Console } from '../console.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { type Column, columnName, findColumns } from '../find-columns.ts';
import { openPipeline, planContext } from '../open-pipeline.ts';
import { comparisonCsv, comparisonMarkdown } from '../render/comparison-export.ts';
import { comparisonText } from '../render/comparison-text.ts';
import { existingStoreFolder, type PipelineOptions, type Surroundings, storeFolder } from '../settings.ts';

export const COMPARE_FORMATS = ['table', 'csv', 'markdown', 'json'] as const;

interface CompareOptions extends Omit<PipelineOptions, 'variant' | 'onlyCell'> {
  /** Takes pipelines as their files are now, instead of their newest runs. */
  readonly planned?: boolean;
  readonly format?: (typeof COMPARE_FORMATS)[number];
  /** `metrics.relative=0.001`: what losses and scores of different engines are held to. */
  readonly tolerance?: readonly string[];
}

/**
 * Puts runs, pipelines that are only planned, or cells of them, side by side: settings that differ, losses and scores, times,
 * bytes, and which work they share. Runs nothing.
 */
export async function compare(
  targets: readonly string[],
  options: CompareOptions,
  surroundings: Surroundings,
  out: Console,
): Promise<ExitCode> {
  const { format = 'table' } = options;
  if (out.json && format !== 'table' && format !== 'json')
    throw new UsageError(
      'COMPARE_TWO_FORMATS',
      `--json prints JSON, but --format is ${format}. Give only one of them.`,
    );
  const { cwd } = surroundings;
  const store = new ArtifactStore((options.planned ? storeFolder : existingStoreFolder)(options, surroundings));
  const columns = await findColumns(targets, { store, cwd, plan: planOf(options, surroundings) });
  const runs = await Promise.all(columns.map((column) => withSeconds(column, store)));
  const comparison = compareRuns(runs, metricTolerance(options.tolerance ?? []));
  if (options.tolerance !== undefined && comparison.agreement === undefined)
    throw new UsageError(
      'COMPARE_TOLERANCE',
      '--tolerance is only for runs with different engines, and these used the same one. Leave it out.',
    );
  const values = columns.map(({ cell }) => cell?.values);
  const document = {
    names: columns.map(columnName),
    ...comparison,
    ...(comparison.cells !== undefined && { cellValues: values }),
  };
  out.writeDocument(document);
  if (out.json) out.print(comparisonText(document, out.colors));
  else out.print(TEXTS[format](document, out));
  return EXIT.done;
}

/** @throws UsageError COMPARE_NOT_PLANNED: a setting cannot change what a run did */
function planOf(options: CompareOptions, surroundings: Surroundings) {
  if (options.planned) {
    return async (target: string) => {
      const opened = await openPipeline(target, options, surroundings);
      return plannedRun(opened.graph, planContext(opened));
    };
  }
  const given = (['set', 'engine'] as const).find((name) => options[name] !== undefined);
  if (given === undefined) return undefined;
  const message = `--${given} changes pipelines, and compare takes their newest runs. Add --planned to compare pipelines as their files are now.`;
  throw new UsageError('COMPARE_NOT_PLANNED', message);
}

/** @throws UsageError COMPARE_TOLERANCE, REPRODUCE_TOLERANCE */
function metricTolerance(given: readonly string[]): Tolerance {
  const other = given.find((text) => !text.startsWith('metrics.'));
  if (other === undefined) return readTolerances(given).metrics;
  const message = `compare compares only losses and scores. Expected metrics.absolute=<n> or metrics.relative=<n>, got "${other}".`;
  throw new UsageError('COMPARE_TOLERANCE', message);
}

type Document = Parameters<typeof comparisonText>[0];

const TEXTS: Readonly<Record<(typeof COMPARE_FORMATS)[number], (document: Document, out: Console) => string>> = {
  table: (document, out) => comparisonText(document, out.colors),
  csv: comparisonCsv,
  markdown: comparisonMarkdown,
  json: (document) => JSON.stringify(document, undefined, 2),
};

/** For a cached stage, the time that its work took when it was executed. */
async function withSeconds(column: Column, store: ArtifactStore): Promise<ComparedRun> {
  const { manifest } = column;
  const cached = manifest.stages.filter(({ status, key }) => status === 'cached' && key !== undefined);
  const found = await Promise.all(
    cached.map(async ({ id, key }) => {
      const seconds = (await store.findRecord(key as string))?.provenance['seconds'];
      return typeof seconds === 'number' ? [[id, seconds] as const] : [];
    }),
  );
  return { ...column, secondsOfWork: Object.fromEntries(found.flat()) };
}
