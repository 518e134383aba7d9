import { compareKeyDocuments, type KeyDifference, type Plan } from '@retort/pipeline-graph';
import type { IdentifiedStage } from './stage-identity.ts';

export interface PlanSide {
  readonly plan: Plan;
  readonly stages: readonly IdentifiedStage[];
}

/** How a stage of one pipeline relates to the other pipeline. */
export interface StageComparison {
  readonly id: string;
  /**
   * `shared`: the same work, computed once for both. `different`: other work. `first`, `second`: only there under this id,
   * though its work may be that of another stage: see `sameAs`.
   */
  readonly relation: 'shared' | 'different' | 'first' | 'second';
  readonly keys: { readonly first?: string; readonly second?: string };
  /** Stages of the other pipeline with another id that do the same work. */
  readonly sameAs: readonly string[];
  /** Settings, inputs, code, seed and engine that differ in this stage itself, not in those before it. */
  readonly differences: readonly KeyDifference[];
  /** Stages before it whose work differs. */
  readonly differentInputs: readonly string[];
}

/** Puts two planned pipelines side by side, stage by stage: those of the first in its order, then those that only the second has. */
export function comparePlans(first: PlanSide, second: PlanSide): StageComparison[] {
  const ids = [...new Set([...first.stages, ...second.stages].map(({ id }) => id))];
  const isShared = (id: string) => {
    const [a, b] = [find(first, id), find(second, id)];
    return a !== undefined && a.identity === b?.identity;
  };
  return ids.map((id) => compareStage(id, { first, second, isShared }));
}

interface Sides {
  readonly first: PlanSide;
  readonly second: PlanSide;
  readonly isShared: (id: string) => boolean;
}

function compareStage(id: string, { first, second, isShared }: Sides): StageComparison {
  const [a, b] = [find(first, id), find(second, id)];
  const keys = { ...named('first', keyOf(first, id)), ...named('second', keyOf(second, id)) };
  const common = { id, keys, sameAs: twins(a ?? b, a === undefined ? first : second) };
  if (a === undefined || b === undefined)
    return { ...common, relation: b === undefined ? 'first' : 'second', differences: [], differentInputs: [] };
  if (isShared(id)) return { ...common, relation: 'shared', differences: [], differentInputs: [] };
  return {
    ...common,
    relation: 'different',
    differences: compareKeyDocuments(a.description, b.description),
    differentInputs: sourcesOf(a).filter((source) => sourcesOf(b).includes(source) && !isShared(source)),
  };
}

function find({ stages }: PlanSide, id: string): IdentifiedStage | undefined {
  return stages.find((stage) => stage.id === id);
}

function keyOf({ plan }: PlanSide, id: string): string | undefined {
  return plan.stages.find((stage) => stage.id === id)?.key;
}

function named(side: 'first' | 'second', key: string | undefined): { first?: string; second?: string } {
  return key === undefined ? {} : { [side]: key };
}

function twins(stage: IdentifiedStage | undefined, other: PlanSide): string[] {
  return other.stages.filter(({ id, identity }) => identity === stage?.identity && id !== stage.id).map(({ id }) => id);
}

/** Ids of the stages right before. A port has no dot in its name. */
function sourcesOf({ description }: IdentifiedStage): string[] {
  const sources = Object.values(description.inputs).filter((source) => source.includes('.'));
  return [...new Set(sources.map((source) => source.slice(0, source.lastIndexOf('.'))))];
}
