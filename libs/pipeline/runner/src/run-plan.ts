import { type Plan, type PlanContext, planPipeline } from '@retort/pipeline-graph';
import { nameWithVariant } from '@retort/store';
import { freezeCode } from './frozen-code.ts';
import {
  describeCode,
  describeHardware,
  describePipeline,
  describeVersions,
  type ManifestStage,
  type RunManifest,
  summarize,
} from './manifest.ts';
import { ManifestWriter } from './manifest-writer.ts';
import { summarizeMatrix } from './matrix-summary.ts';
import type { RunOptions } from './options.ts';
import { PipelineRun } from './pipeline-run.ts';
import { RunLog } from './run-log.ts';
import { startStopwatch } from './stopwatch.ts';

/**
 * Runs a pipeline: plans it, takes from the cache what is there, runs the rest, and writes down how it went.
 *
 * A stage that fails leaves independent branches going; what needs it is skipped. Resolves also when stages failed: the
 * manifest's status says so.
 *
 * @throws UsageError when the selection names a stage that is not there, before anything is written
 */
export async function runPlan(options: RunOptions): Promise<RunManifest> {
  const [startedAt, elapsed] = [Date.now(), startStopwatch()];
  const context = await frozenContext(options);
  const plan = await planPipeline(options.graph, context, options.selection);
  await options.store.sweep();
  return carryOut(plan, { ...options, context, startedAt, elapsed });
}

async function frozenContext({ graph, store, engine, code }: RunOptions): Promise<PlanContext> {
  return { pipeline: graph.name, records: store, code: await freezeCode(code, graph), engine };
}

async function carryOut(
  plan: Plan,
  options: RunOptions & { context: PlanContext; startedAt: number; elapsed: () => number },
): Promise<RunManifest> {
  const { store, startedAt, elapsed, engine, onEvent = () => {} } = options;
  const run = store.newRunId();
  const files = await store.createRun(run);
  const presence = await store.attendRun(run);
  const log = new RunLog(store.openEventLog(run), onEvent);
  const header = { ...describeRun(run, options), code: await describeCode(options.context.code, options.graph) };
  const describe = (stages: readonly ManifestStage[]): RunManifest => ({
    ...header,
    versions: describeVersions(stages.map(({ keyDocument }) => keyDocument)),
    stages,
  });
  const writer = new ManifestWriter((manifest) => store.writeManifest(run, manifest));
  const onChange = (): Promise<void> => writer.write(() => describe(pipelineRun.stages)).catch(() => {});
  const pipeline = nameWithVariant(options.graph);
  const provenance = { node: process.version, hardware: header.hardware, engine, pipeline };
  const pipelineRun: PipelineRun = new PipelineRun(
    { ...options, run, log, logPath: files.log, provenance, onChange },
    plan.stages,
  );

  try {
    await writer.write(() => describe(pipelineRun.stages));
    log.emit({ event: 'run-started', run, plan, time: header.startedAt });
    await pipelineRun.settleAll();

    const { stages } = pipelineRun;
    const status = overallStatus(stages, options.signal?.aborted ?? false);
    const seconds = elapsed();
    // Not the wall clock again: it may have been set back, and a run ends after it begins.
    const finishedAt = new Date(startedAt + seconds * 1000).toISOString();
    const summary = summarizeMatrix(options.graph, stages);
    const outcome = { status, seconds, ...(summary !== undefined && { matrix: summary }) } as const;
    const manifest: RunManifest = { ...describe(stages), ...outcome, finishedAt };
    await writer.write(() => manifest);
    log.emit({ event: 'run-finished', run, ...outcome, stages: stages.map(summarize) });
    return manifest;
  } finally {
    await presence.leave();
  }
}

function describeRun(
  run: string,
  { graph, selection = {}, engine, jobs, cores, startedAt }: RunOptions & { startedAt: number },
) {
  return {
    schemaVersion: 1,
    run,
    status: 'running',
    startedAt: new Date(startedAt).toISOString(),
    pipeline: describePipeline(graph),
    selection,
    engine,
    jobs,
    cores,
    hardware: describeHardware(),
  } as const;
}

/** A signal to a whole tree of processes may stop a stage before it reaches the runner. That is an interruption, too. */
function overallStatus(stages: readonly ManifestStage[], isAborted: boolean): 'done' | 'failed' | 'interrupted' {
  const has = (...wanted: readonly ManifestStage['status'][]) => stages.some(({ status }) => wanted.includes(status));
  if (!has('failed', 'skipped', 'interrupted')) return 'done';
  return isAborted || (has('interrupted') && !has('failed')) ? 'interrupted' : 'failed';
}
