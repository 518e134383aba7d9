import { digestJson } from '@retort/foundation/digest';
import { type ByInput, inputEntries, inputLabel } from '@retort/foundation/inputs';
import type { InputSource } from '@retort/pipeline-graph';
import type { Comparable } from './planned-run.ts';

/** A stage's work in every column, and how it relates to the work of other stages. */
export interface ComparedStage {
  readonly id: string;
  /** Undefined for a column without the stage, or while an input's bytes are not known. */
  readonly keys: readonly (string | undefined)[];
  /** Equal numbers for the same work, from 1; undefined for a column without the stage. */
  readonly works: readonly (number | undefined)[];
  /** Stages right before it whose work is not the same in all columns. */
  readonly differentInputs: readonly string[];
  /** Stages with another id that do the same work in another column. */
  readonly sameAs: readonly string[];
}

interface Work {
  readonly key?: string | undefined;
  readonly identity?: string | undefined;
}

/** Says of each stage which columns share its work: those with the same key, or, while a key is not known, the same identity. */
export function compareWork(ids: readonly string[], columns: readonly Comparable[]): ComparedStage[] {
  const works = columns.map(worksOf);
  const kindsOf = (id: string) => kindsOfWork(works.map((column) => column.get(id)));
  const kinds = new Map(ids.map((id) => [id, kindsOf(id)]));
  const isDifferent = (id: string) => new Set(kinds.get(id)?.filter((kind) => kind !== undefined)).size > 1;
  return ids.map((id) => ({
    id,
    keys: works.map((column) => column.get(id)?.key),
    works: kinds.get(id) ?? [],
    differentInputs: [...new Set(columns.flatMap((column) => sourcesOf(column, id)))].filter(isDifferent),
    sameAs: ids.filter((other) => other !== id && works.some((a, at) => isElsewhere(a.get(id), other, at, works))),
  }));
}

/** Whether at least two columns have the stage, all with the same work. */
export function isShared({ works }: ComparedStage): boolean {
  const known = works.filter((work) => work !== undefined);
  return known.length > 1 && new Set(known).size === 1;
}

/** What feeds a stage. */
export function inputsOf({ pipeline }: Comparable, id: string): ByInput<InputSource> {
  return pipeline.stages.find((stage) => stage.id === id)?.inputs ?? {};
}

function sourcesOf(column: Comparable, id: string): string[] {
  return inputEntries(inputsOf(column, id)).flatMap(([, source]) => (source.kind === 'stage' ? [source.stage] : []));
}

/**
 * A stage's identity is equal for two stages exactly when all that decides their work is: settings, code, seed, engine, and the
 * same of every stage before them. It stands in for the key, which needs bytes that may not be there yet.
 */
function worksOf(column: Comparable): ReadonlyMap<string, Work> {
  const works = new Map<string, Work>();
  // In execution order: what a stage reads comes before it.
  for (const { id, key, keyDocument } of column.stages) {
    const inputs = inputEntries(inputsOf(column, id)).map(([name, source, at]) => [
      inputLabel(name, at),
      source.kind === 'path' ? source.digest : `${works.get(source.stage)?.identity} ${source.port}`,
    ]);
    const identity = keyDocument && digestJson({ ...keyDocument, inputs: Object.fromEntries(inputs) });
    works.set(id, { key, identity });
  }
  return works;
}

function kindsOfWork(works: readonly (Work | undefined)[]): (number | undefined)[] {
  const kinds: Work[] = [];
  return works.map((work) => {
    if (work?.key === undefined && work?.identity === undefined) return undefined;
    const found = kinds.findIndex((kind) => isSameWork(kind, work));
    return found === -1 ? kinds.push(work) : found + 1;
  });
}

function isSameWork(a: Work, b: Work): boolean {
  if (a.key !== undefined && b.key !== undefined) return a.key === b.key;
  return a.identity !== undefined && a.identity === b.identity;
}

function isElsewhere(
  work: Work | undefined,
  other: string,
  at: number,
  works: readonly ReadonlyMap<string, Work>[],
): boolean {
  return (
    work !== undefined &&
    works.some((column, each) => each !== at && column.has(other) && isSameWork(work, column.get(other) as Work))
  );
}
