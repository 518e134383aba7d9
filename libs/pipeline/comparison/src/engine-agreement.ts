import { inputEntries } from '@retort/foundation/inputs';
import type { ManifestStage } from '@retort/pipeline-runner';
import type { ComparedRow } from './compare-runs.ts';
import { inputsOf } from './compared-work.ts';
import type { Comparable } from './planned-run.ts';
import { isWithin, type Measured, measureNumbers, type Tolerance } from './tolerances.ts';

/** Whether the same work gives the same losses and scores on different engines. */
export interface EngineAgreement {
  /** Of each run, in the order in which they were named. */
  readonly engines: readonly string[];
  readonly tolerance: Tolerance;
  /** Every loss and score of stages that differ in nothing but the engine, themselves and all before them. */
  readonly metrics: readonly MetricAgreement[];
  /** Stages with losses or scores that differ in more, so that their numbers say nothing about engines. */
  readonly notCompared: readonly IncomparableStage[];
}

/** The largest difference of any run from the first one that has the number. */
export interface MetricAgreement extends Measured {
  readonly stage: string;
  readonly name: string;
  readonly isWithin: boolean;
}

export interface IncomparableStage {
  readonly stage: string;
  /** What differs beside the engine: `stage path`. */
  readonly differences: readonly string[];
}

/**
 * Undefined where all runs are of one engine.
 *
 * @param settings rows of what differs in each stage
 */
export function engineAgreement(
  manifests: readonly Comparable[],
  settings: readonly ComparedRow[],
  tolerance: Tolerance,
): EngineAgreement | undefined {
  const engines = manifests.map(({ engine }) => engine);
  if (new Set(engines).size < 2) return undefined;
  const metrics: MetricAgreement[] = [];
  const notCompared: IncomparableStage[] = [];
  for (const stage of stagesOnEngines(manifests)) {
    const agreements = metricAgreements(stage, manifests, tolerance);
    const differences = agreements.length === 0 ? [] : differencesBefore(stage, manifests, settings);
    if (differences.length > 0) notCompared.push({ stage, differences });
    else metrics.push(...agreements);
  }
  return { engines, tolerance, metrics, notCompared };
}

/** How far each run's number lies from the first one's, as a part of the larger of the two. */
export function agreementRows({ metrics }: EngineAgreement, rows: readonly ComparedRow[]): ComparedRow[] {
  return metrics.flatMap(({ stage, name }) => {
    const values = rows.find((row) => row.section === 'metric' && row.stage === stage && row.name === name)?.values;
    if (values === undefined) return [];
    const first = values.find((value) => typeof value === 'number');
    const relative = values.map((value) =>
      typeof value === 'number' ? measureNumbers(first as number, value).relative : undefined,
    );
    return [{ section: 'agreement' as const, stage, name: `${name} relative difference`, values: relative }];
  });
}

/** Ids of the stages that at least two runs did with different keys. */
function stagesOnEngines(manifests: readonly Comparable[]): string[] {
  const ids = [...new Set(manifests.flatMap(({ stages }) => stages.map(({ id }) => id)))];
  return ids.filter((id) => new Set(manifests.flatMap((manifest) => stageOf(manifest, id)?.key ?? [])).size > 1);
}

function metricAgreements(stage: string, manifests: readonly Comparable[], tolerance: Tolerance): MetricAgreement[] {
  const metrics = manifests.map((manifest) => stageOf(manifest, stage)?.metrics ?? {});
  const names = [...new Set(metrics.flatMap((each) => Object.keys(each)))];
  return names.flatMap((name) => {
    const values = metrics.flatMap((each) => each[name] ?? []);
    const [first, ...others] = values;
    if (first === undefined || others.length === 0) return [];
    const differences = others.map((value) => measureNumbers(first, value));
    const largest = differences.reduce((worst, each) => (each.absolute > worst.absolute ? each : worst));
    return [{ stage, name, ...largest, isWithin: differences.every((each) => isWithin(each, tolerance)) }];
  });
}

/** What differs beside the engine in a stage and in those before it. */
function differencesBefore(
  stage: string,
  manifests: readonly Comparable[],
  settings: readonly ComparedRow[],
): string[] {
  const reached = stagesBefore(stage, manifests);
  const own = settings.filter((row) => reached.has(row.stage ?? '') && row.name !== 'engine');
  return own.map(({ stage: id, name }) => `${id} ${name}`);
}

/** The stage itself and all that it needs, in any of the runs. */
function stagesBefore(stage: string, manifests: readonly Comparable[]): ReadonlySet<string> {
  const reached = new Set([stage]);
  // A set that grows while it is walked: what is added is visited too.
  for (const id of reached)
    for (const manifest of manifests)
      for (const [, source] of inputEntries(inputsOf(manifest, id)))
        if (source.kind === 'stage') reached.add(source.stage);
  return reached;
}

function stageOf({ stages }: Comparable, id: string): ManifestStage | undefined {
  return stages.find((stage) => stage.id === id);
}
