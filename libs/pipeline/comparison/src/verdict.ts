import { inputEntries } from '@retort/foundation/inputs';
import {
  compareKeyDocuments,
  type KeyDifference,
  type PipelineGraph,
  type ResolvedStage,
} from '@retort/pipeline-graph';
import type { ManifestStage, RunManifest } from '@retort/pipeline-runner';
import type { PortType } from '@retort/plugin-kit';
import { compareModules, type ModuleChange } from './modules.ts';
import { isWithin, type Measured, measureNumbers, type Tolerance, type Tolerances } from './tolerances.ts';

export type Verdict = 'identical' | 'within-tolerance' | 'different';

/** How far two artifacts with other bytes lie apart. */
export interface ArtifactMeasurement {
  /** Tolerance that it is held to. */
  readonly tolerance: keyof Tolerances;
  /** Each tensor, column or figure that differs. */
  readonly parts: readonly MeasuredPart[];
  /** What cannot be subtracted: another shape, a tensor that only one side has, another text. */
  readonly problems: readonly string[];
}

export interface MeasuredPart extends Measured {
  readonly name: string;
}

export interface OutputVerdict {
  readonly port: string;
  readonly type: PortType;
  /** `not-compared`: it holds measured times, so that it never repeats. */
  readonly verdict: Verdict | 'not-compared';
  readonly before: string;
  readonly after: string;
  /** Where bytes differ and both artifacts are there. */
  readonly measurement?: ArtifactMeasurement;
}

export interface MetricVerdict extends Measured {
  readonly name: string;
  readonly before?: number;
  readonly after?: number;
  readonly isWithin: boolean;
}

export interface StageVerdict {
  readonly id: string;
  readonly uses: string;
  /**
   * `unmeasured`: other bytes, and the original is not there to be measured, so that only later stages can tell.
   * `not-compared`: the reproduction could not get that far.
   */
  readonly verdict: Verdict | 'unmeasured' | 'not-compared';
  /** Why, in a sentence for people. */
  readonly why: string;
  readonly outputs: readonly OutputVerdict[];
  /** Metrics that differ. */
  readonly metrics: readonly MetricVerdict[];
  /** Leaves of key and provenance that differ: engine, code, packages, inputs, Node, hardware. */
  readonly provenance: readonly KeyDifference[];
  readonly codeChanges?: readonly ModuleChange[];
}

/** The measurement of one output with other bytes; undefined where one of the artifacts is not there, or its type has no numbers. */
export type MeasurementLookup = (stage: string, port: string) => ArtifactMeasurement | undefined;

export interface Reproduction {
  readonly original: RunManifest;
  readonly again: RunManifest;
  readonly graph: PipelineGraph;
  readonly measurementOf: MeasurementLookup;
  readonly tolerances: Tolerances;
}

/** Judges every stage that the original finished, in an order in which causes come first. */
export function judgeStages(reproduction: Reproduction): StageVerdict[] {
  return reproduction.graph.stages.map((stage) => judgeStage(stage, reproduction));
}

/** The worst of all. A stage that was not measured counts as close when a stage after it is; one that was not compared does not. */
export function overallVerdict(stages: readonly StageVerdict[], graph: PipelineGraph): Verdict {
  if (stages.every(({ verdict }) => verdict === 'identical')) return 'identical';
  const close = new Set(stages.filter(({ verdict }) => isCloseVerdict(verdict)).map(({ id }) => id));
  // From the last to the first: whatever a close stage was made from is close enough.
  for (const { id, inputs } of [...graph.stages].reverse()) {
    if (!close.has(id)) continue;
    for (const [, source] of inputEntries(inputs))
      if (source.kind === 'stage' && verdictOf(source.stage, stages) === 'unmeasured') close.add(source.stage);
  }
  return close.size === stages.length ? 'within-tolerance' : 'different';
}

function isCloseVerdict(verdict: StageVerdict['verdict']): boolean {
  return verdict === 'identical' || verdict === 'within-tolerance';
}

function verdictOf(stage: string, stages: readonly StageVerdict[]): StageVerdict['verdict'] | undefined {
  return stages.find(({ id }) => id === stage)?.verdict;
}

/** Outputs with other bytes that may repeat: what is worth measuring. */
export function differingOutputs({ id, outputs }: ResolvedStage, original: RunManifest, again: RunManifest): string[] {
  const [before, after] = [stageOf(original, id), stageOf(again, id)];
  return Object.keys(outputs).filter(
    (port) =>
      outputs[port]?.isMeasured !== true &&
      before?.outputs[port] !== undefined &&
      after?.outputs[port] !== undefined &&
      before.outputs[port]?.digest !== after.outputs[port]?.digest,
  );
}

function stageOf({ stages }: RunManifest, id: string): ManifestStage | undefined {
  return stages.find((stage) => stage.id === id);
}

function judgeStage(stage: ResolvedStage, reproduction: Reproduction): StageVerdict {
  const { original, again, tolerances } = reproduction;
  const [before, after] = [stageOf(original, stage.id), stageOf(again, stage.id)];
  const base = { id: stage.id, uses: stage.definition.kind };
  if (before === undefined || after === undefined || (after.status !== 'ran' && after.status !== 'cached')) {
    return { ...base, ...unfinished(after), outputs: [], metrics: [], provenance: [] };
  }
  const outputs = Object.keys(stage.outputs).flatMap((port) =>
    judgeOutput(stage, port, { before, after }, reproduction),
  );
  const metrics = judgeMetrics(before.metrics, after.metrics, tolerances.metrics);
  return {
    ...base,
    ...judge(outputs, metrics, after),
    outputs,
    metrics,
    ...provenanceOf({ before, after }, reproduction),
  };
}

function unfinished(stage: ManifestStage | undefined): Pick<StageVerdict, 'verdict' | 'why'> {
  if (stage?.status === 'failed')
    return { verdict: 'different', why: `it failed: ${stage.error?.code ?? 'no reason given'}` };
  return { verdict: 'not-compared', why: `it was ${stage?.status ?? 'not reached'}` };
}

interface Pair {
  readonly before: ManifestStage;
  readonly after: ManifestStage;
}

function judgeOutput(
  { id, outputs }: ResolvedStage,
  port: string,
  pair: Pair,
  { measurementOf, tolerances }: Reproduction,
): OutputVerdict[] {
  const [before, after] = [pair.before.outputs[port]?.digest, pair.after.outputs[port]?.digest];
  const output = outputs[port];
  if (output === undefined || before === undefined || after === undefined) return [];
  const common = { port, type: output.type, before, after };
  if (output.isMeasured) return [{ ...common, verdict: 'not-compared' }];
  if (before === after) return [{ ...common, verdict: 'identical' }];
  const measurement = measurementOf(id, port);
  if (measurement === undefined) return [{ ...common, verdict: 'different' }];
  const isClose =
    measurement.problems.length === 0 &&
    measurement.parts.every((part) => isWithin(part, tolerances[measurement.tolerance]));
  return [{ ...common, verdict: isClose ? 'within-tolerance' : 'different', measurement }];
}

/** Metrics that differ in any digit. One that only one side has is never within. */
function judgeMetrics(
  before: Readonly<Record<string, number>> = {},
  after: Readonly<Record<string, number>> = {},
  tolerance: Tolerance,
): MetricVerdict[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return names.flatMap((name) => {
    const [a, b] = [before[name], after[name]];
    if (a === b) return [];
    const measured = measureNumbers(a ?? Number.NaN, b ?? Number.NaN);
    const given = { ...(a !== undefined && { before: a }), ...(b !== undefined && { after: b }) };
    return [{ name, ...given, ...measured, isWithin: isWithin(measured, tolerance) }];
  });
}

function judge(
  outputs: readonly OutputVerdict[],
  metrics: readonly MetricVerdict[],
  { metrics: measured = {} }: ManifestStage,
): Pick<StageVerdict, 'verdict' | 'why'> {
  const compared = outputs.filter(({ verdict }) => verdict !== 'not-compared');
  const others = compared.filter(({ verdict }) => verdict !== 'identical');
  const far = metrics.filter((metric) => !metric.isWithin);
  if (far.length > 0) return { verdict: 'different', why: `${list(far.map(({ name }) => name))} out of tolerance` };
  if (others.length === 0) return { verdict: 'identical', why: 'the same bytes' };
  const different = others.filter(({ verdict }) => verdict === 'different');
  const unmeasured = different.filter(({ measurement, type }) => measurement === undefined && NUMERIC.includes(type));
  if (different.length === 0) return { verdict: 'within-tolerance', why: `${list(ports(others))} within tolerance` };
  if (unmeasured.length === different.length) {
    const gone = `the original of ${list(ports(unmeasured))} is not in this store, so the difference cannot be measured`;
    return Object.keys(measured).length > 0
      ? { verdict: 'within-tolerance', why: `metrics within tolerance; ${gone}` }
      : { verdict: 'unmeasured', why: `different bytes, but ${gone}` };
  }
  return { verdict: 'different', why: `${list(ports(different))} has different content` };
}

/** What is made of rounded numbers, so that other bytes may still be the same result. */
const NUMERIC: readonly PortType[] = ['model', 'signals', 'report', 'history'];

function ports(outputs: readonly OutputVerdict[]): string[] {
  return outputs.map(({ port }) => port);
}

function list(names: readonly string[]): string {
  return names.join(', ');
}

function provenanceOf(
  { before, after }: Pair,
  { original, again }: Reproduction,
): Pick<StageVerdict, 'provenance' | 'codeChanges'> {
  const key = compareKeyDocuments(before.keyDocument ?? {}, after.keyDocument ?? {});
  const around = compareKeyDocuments(surroundings(original), surroundings(again));
  const codes = [before, after].map(({ keyDocument }) => keyDocument?.code.digest ?? '');
  const [old, current] = [original.code?.[codes[0] as string], again.code?.[codes[1] as string]];
  const isOther = codes[0] !== codes[1] && old !== undefined && current !== undefined;
  return { provenance: [...key, ...around], ...(isOther && { codeChanges: compareModules(old, current) }) };
}

/** What may change bytes though no key knows it. */
function surroundings({ versions, hardware: { processor, platform } }: RunManifest): unknown {
  return { node: versions['node'], hardware: { processor, platform } };
}
