import { UsageError } from '@retort/foundation/diagnostics';
import { type Comparable, type ComparedCell, manifestOfCell } from '@retort/pipeline-comparison';
import { findCells } from '@retort/pipeline-graph';
import type { RunManifest } from '@retort/pipeline-runner';
import { type ArtifactStore, nameWithVariant } from '@retort/store';
import { findRunOrFile, findRunOrNewest, isOfRun } from './find-run.ts';
import { type CellTarget, readCellTarget } from './target.ts';

/** A run or a planned pipeline, or one cell of it, that is put beside others. */
export interface Column {
  readonly manifest: Comparable;
  readonly cell?: ComparedCell;
}

interface Sources {
  readonly store: ArtifactStore;
  readonly cwd: string;
  /** Plans the cells of a pipeline that a person named. When given, no pipeline stands for its newest run. */
  readonly plan?: ((target: string) => Promise<Comparable>) | undefined;
}

/**
 * What a person wants beside each other: runs, planned pipelines, or `@` some of their cells. A matrix is taken cell by cell
 * where it is alone or beside a cell, and as a whole beside others.
 *
 * @throws UsageError COMPARE_ONE_RUN, NO_CELLS, PLAN_UNKNOWN_CELL, and those of `findRunOrNewest`
 */
export async function findColumns(targets: readonly string[], { store, cwd, plan }: Sources): Promise<Column[]> {
  const asked = targets.map(readCellTarget);
  const isByCell = asked.length === 1 || asked.some(({ cell }) => cell !== undefined);
  const columns: Column[] = [];
  for (const [at, target] of targets.entries()) {
    const { text, cell } = asked[at] as CellTarget;
    const isPlanned = plan !== undefined && !isOfRun(text);
    const manifest = isPlanned ? await plan(target) : await findRunOrNewest(text, store, cwd);
    // Only those that were named are planned.
    columns.push(...columnsOf(manifest, isPlanned ? undefined : cell, isByCell));
  }
  if (columns.length > 1) return columns;
  const message =
    'Give at least two runs, as ids or as pipelines with optional :variant. To compare the cells of a matrix, give its run or pipeline alone, or <run>@seed=1 <run>@seed=2.';
  throw new UsageError('COMPARE_ONE_RUN', message);
}

/** `task-distill:no-attention`, `sst2-seeds@seed=1,weight=0`. */
export function columnName({ manifest, cell }: Column): string {
  const name = nameWithVariant(manifest.pipeline);
  return cell === undefined ? name : `${name}@${cell.id}`;
}

/**
 * A run, or what it says of one cell of its matrix, from `<run id or file of a manifest>[@cell]`; the last run by default.
 *
 * @throws UsageError MANY_CELLS, NO_CELLS, PLAN_UNKNOWN_CELL, and those of `findRunOrFile`
 */
export async function findRunOrCell(
  target: string | undefined,
  store: ArtifactStore,
  cwd: string,
): Promise<{ readonly manifest: RunManifest; readonly cell?: string }> {
  const { text, cell }: Partial<CellTarget> = target === undefined ? {} : readCellTarget(target);
  const manifest = await findRunOrFile(text, store, cwd);
  if (cell === undefined) return { manifest };
  const [found, ...others] = cellsOf(manifest, cell);
  if (found !== undefined && others.length === 0)
    return { manifest: manifestOfCell(manifest, found.id), cell: found.id };
  const message = `"@${cell}" matches ${others.length + 1} cells of run ${manifest.run}. Name one of them: ${[found, ...others].map((each) => each?.id).join(' ')}`;
  throw new UsageError('MANY_CELLS', message);
}

/** @throws UsageError NO_CELLS, PLAN_UNKNOWN_CELL */
function cellsOf({ run, pipeline, status, matrix }: Comparable, wanted: string): ComparedCell[] {
  if (matrix !== undefined) return findCells(wanted, matrix);
  const why = status === 'running' ? 'has not ended, so its cells are not final' : 'has no matrix';
  throw new UsageError(
    'NO_CELLS',
    `There is no cell "${wanted}" in run ${run} of ${pipeline.name}, which ${why}. Leave out "@${wanted}".`,
  );
}

function columnsOf(manifest: Comparable, cell: string | undefined, isByCell: boolean): Column[] {
  const all = isByCell ? (manifest.matrix?.cells ?? []) : [];
  const cells = cell === undefined ? all : cellsOf(manifest, cell);
  return cells.length === 0 ? [{ manifest }] : cells.map((each) => ({ manifest, cell: each }));
}
