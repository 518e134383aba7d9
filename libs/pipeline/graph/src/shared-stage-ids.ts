import type { ResolvedMatrix } from '@retort/pipeline-schema';
import type { SharedStage } from './matrix-graph.ts';

/**
 * Identity -> id. A stage that all cells share keeps its own; one of some cells also names what those have in common:
 * `student-train[seed=1]`.
 */
export function sharedStageIds(stages: readonly SharedStage[], matrix: ResolvedMatrix): ReadonlyMap<string, string> {
  const parts = new Map(matrix.cells.map((cell) => [cell.id, cell.parts]));
  const named = stages.map(({ identity, stage, cells }) => {
    const isOfAll = cells.length === matrix.cells.length;
    const common = isOfAll ? [] : commonParts(cells.map((cell) => parts.get(cell) ?? []));
    return { identity, stage, cells, isOfAll, id: bracketed(stage.id, common.join(',')) };
  });
  const count = countEach(named.map(({ id }) => id));
  return new Map(
    named.map(({ identity, stage, cells, isOfAll, id }) => {
      // Values written in two ways may be one setting: then only a whole cell tells its stages from others.
      const isClear = isOfAll || (id !== stage.id && count.get(id) === 1);
      return [identity, isClear ? id : bracketed(stage.id, cells[0] as string)];
    }),
  );
}

/** `student-train` of `student-train[seed=1]`: what the stage is called in its pipeline file. */
export function plainStageId(id: string): string {
  return id.replace(/\[.*$/s, '');
}

function commonParts([first = [], ...others]: readonly (readonly string[])[]): string[] {
  return first.filter((part, axis) => others.every((parts) => parts[axis] === part));
}

function bracketed(id: string, label: string): string {
  return label === '' ? id : `${id}[${label}]`;
}

function countEach(names: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}
