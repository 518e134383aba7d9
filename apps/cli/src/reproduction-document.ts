import { overallVerdict, type StageVerdict, type Tolerances, type Verdict } from '@retort/pipeline-comparison';
import type { PipelineGraph } from '@retort/pipeline-graph';
import type { RunManifest } from '@retort/pipeline-runner';

/** What a reproduction says at the end. */
export interface ReproductionDocument {
  readonly event: 'reproduce-finished';
  /** The run that was reproduced, and the run that did it. */
  readonly run: string;
  readonly reproduction: string;
  /** The cell of its matrix that alone was reproduced. */
  readonly cell?: string;
  readonly verdict: Verdict;
  /** The first stage, in the order in which they ran, whose result is another one. */
  readonly firstDifferent?: string;
  readonly tolerances: Tolerances;
  readonly stages: readonly StageVerdict[];
  /** Where the reproduced artifacts lie; missing when they were temporary. */
  readonly store?: string;
}

/** The verdict of a reproduction that ran to its end. */
export function reproductionDocument({
  original,
  cell,
  again,
  graph,
  stages,
  tolerances,
  kept,
}: {
  original: RunManifest;
  cell: string | undefined;
  again: RunManifest;
  graph: PipelineGraph;
  stages: readonly StageVerdict[];
  tolerances: Tolerances;
  /** Folder of the reproduced artifacts, if they are kept. */
  kept: string | undefined;
}): ReproductionDocument {
  const first = stages.find(({ verdict }) => verdict === 'different');
  return {
    event: 'reproduce-finished',
    run: original.run,
    reproduction: again.run,
    ...(cell !== undefined && { cell }),
    verdict: overallVerdict(stages, graph),
    ...(first !== undefined && { firstDifferent: first.id }),
    tolerances,
    stages,
    ...(kept !== undefined && { store: kept }),
  };
}
