import { UsageError } from '@retort/foundation/diagnostics';
import { manifestOfCell } from '@retort/pipeline-comparison';
import { findCells } from '@retort/pipeline-graph';
import type { CellSummary, RunManifest } from '@retort/pipeline-runner';
import { type ArtifactStore, nameWithVariant } from '@retort/store';
import { findRunOrFile, findRunOrNewest } from './find-run.ts';
import { type CellTarget, readCellTarget } from './target.ts';

/** A run, or one cell of it, that is put beside others. */
export interface Column {
  readonly manifest: RunManifest;
  readonly cell?: CellSummary;
}

/**
 * What a person wants beside each other: runs, or `@` some of their cells. A run of a matrix is taken cell by cell where it is
 * alone or beside a cell, and as a whole beside other runs.
 *
 * @throws UsageError COMPARE_ONE_RUN, NO_CELLS, PLAN_UNKNOWN_CELL, and those of `findRunOrNewest`
 */
export async function findColumns(targets: readonly string[], store: ArtifactStore, cwd: string): Promise<Column[]> {
  const asked = targets.map(readCellTarget);
  const isByCell = asked.length === 1 || asked.some(({ cell }) => cell !== undefined);
  const columns: Column[] = [];
  for (const target of asked) {
    const manifest = await findRunOrNewest(target.text, store, cwd);
    columns.push(...columnsOf(manifest, target, isByCell));
  }
  if (columns.length > 1) return columns;
  const message =
    'Give at least two runs, as ids or as pipelines with optional :variant. To compare the cells of a matrix run, give the run alone, or <run>@seed=1 <run>@seed=2.';
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
function cellsOf({ run, pipeline, status, matrix }: RunManifest, wanted: string): CellSummary[] {
  if (matrix !== undefined) return findCells(wanted, matrix);
  const why = status === 'running' ? 'has not ended, so its cells are not final' : 'has no matrix';
  throw new UsageError(
    'NO_CELLS',
    `There is no cell "${wanted}" in run ${run} of ${pipeline.name}, which ${why}. Leave out "@${wanted}".`,
  );
}

function columnsOf(manifest: RunManifest, { cell }: CellTarget, isByCell: boolean): Column[] {
  const all = isByCell ? (manifest.matrix?.cells ?? []) : [];
  const cells = cell === undefined ? all : cellsOf(manifest, cell);
  return cells.length === 0 ? [{ manifest }] : cells.map((each) => ({ manifest, cell: each }));
}
