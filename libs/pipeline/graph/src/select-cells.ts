import { suggestion, UsageError } from '@retort/foundation/diagnostics';
import { readSettingPath, readTypedValue, writeSettingPath } from '@retort/pipeline-schema';
import type { GraphCell, GraphMatrix, PipelineGraph, ResolvedStage } from './graph.ts';

/**
 * The graph of some cells of its matrix. Stages keep their ids.
 *
 * @param wanted each names one cell (`seed=1,attention.weight=0`), or all that have some values (`seed=1`)
 * @throws UsageError PLAN_NO_MATRIX, PLAN_UNKNOWN_CELL
 */
export function selectCells(graph: PipelineGraph, wanted: readonly string[]): PipelineGraph {
  const { matrix } = graph;
  if (wanted.length === 0) return graph;
  if (matrix === undefined)
    throw new UsageError(
      'PLAN_NO_MATRIX',
      `The pipeline "${graph.name}" has no matrix, so there are no cells to select.`,
    );
  const chosen = new Set(wanted.flatMap((text) => findCells(text, matrix).map(({ id }) => id)));
  const cells = matrix.cells.filter(({ id }) => chosen.has(id));
  const isWanted = ({ cells: of }: ResolvedStage) => of === undefined || of.some((id) => chosen.has(id));
  const stages = graph.stages.filter(isWanted).map((stage) => within(stage, chosen));
  const isThere = new Set(stages.map(({ id }) => id));
  return {
    ...graph,
    stages,
    results: graph.results.filter(({ stage }) => isThere.has(stage)),
    matrix: { ...matrix, cells },
  };
}

type Cell = Pick<GraphCell, 'id' | 'values'>;
type Axes = readonly Pick<GraphMatrix['axes'][number], 'path' | 'name'>[];

/**
 * The cells that a text names: one by its whole id, or all that have some values. An axis goes by its name or its path, and
 * a value by what it is: `rate=1e-5` also names the cell `rate=0.00001`.
 *
 * @throws UsageError PLAN_UNKNOWN_CELL
 */
export function findCells<Each extends Cell>(
  text: string,
  { axes, cells }: { readonly axes: Axes; readonly cells: readonly Each[] },
): Each[] {
  const named = cells.filter(({ id }) => id === text);
  if (named.length > 0) return named;
  const wanted = readWanted(text, axes);
  const having = wanted?.map(([axis, value]) => new Set(cellsWith(axis, value, { axes, cells })));
  const found = having === undefined ? [] : cells.filter((cell) => having.every((each) => each.has(cell)));
  if (found.length > 0) return found;
  const ids = cells.map(({ id }) => id);
  const list = ids.length > 12 ? ` See all with: retort plan --json` : '';
  throw new UsageError(
    'PLAN_UNKNOWN_CELL',
    `The matrix has no cell ${JSON.stringify(text)}.${suggestion(text, ids)}${list}`,
  );
}

/** Position of each axis that a text names, with the value behind it. A comma may be part of a value. */
function readWanted(text: string, axes: Axes): [number, string][] | undefined {
  const names = axes.map(({ name, path }) => [name, path, writeSettingPath(readSettingPath(path))]);
  const starts = (part: string, from: number) =>
    names.findIndex((each) => each.some((name) => part.startsWith(`${name}=`, from)));
  const parts: [number, string][] = [];
  for (let from = 0; from < text.length; ) {
    const axis = starts(text, from);
    if (axis === -1) return undefined;
    let end = text.indexOf(',', from);
    while (end !== -1 && starts(text, end + 1) === -1) end = text.indexOf(',', end + 1);
    const part = text.slice(from, end === -1 ? undefined : end);
    const name = (names[axis] as string[]).find((each) => part.startsWith(`${each}=`)) as string;
    parts.push([axis, part.slice(name.length + 1)]);
    from = end === -1 ? text.length : end + 1;
  }
  return parts;
}

/** The word for the value in the cell's id comes first, then the value itself, then a text that was typed without its quotes. */
function cellsWith<Each extends Cell>(
  axis: number,
  text: string,
  { axes, cells }: { readonly axes: Axes; readonly cells: readonly Each[] },
): readonly Each[] {
  const name = (axes[axis] as Axes[number]).name;
  const { value, problem } = readTypedValue(text);
  const matches: ((cell: Each) => boolean)[] = [
    ({ id }) => id.split(',')[axis] === `${name}=${text}`,
    ({ values }) => problem === undefined && JSON.stringify(values[name]) === JSON.stringify(value),
    ({ values }) => values[name] === text,
  ];
  return matches.map((match) => cells.filter(match)).find((found) => found.length > 0) ?? [];
}

/** Stages of all chosen cells are no longer those of some. */
function within({ cells, ...stage }: ResolvedStage, chosen: ReadonlySet<string>): ResolvedStage {
  const kept = cells?.filter((id) => chosen.has(id));
  return kept === undefined || kept.length === chosen.size ? stage : { ...stage, cells: kept };
}
