import { readdir } from 'node:fs/promises';
import { cacheFile } from '@retort/code-closure';
import { requireEngine } from '@retort/engine/availability';
import { InvalidInputError, UsageError } from '@retort/foundation/diagnostics';
import { finishedStages, graphOfManifest, judgeStages, readTolerances } from '@retort/pipeline-comparison';
import { openFileDigests, type PipelineGraph } from '@retort/pipeline-graph';
import { type RunEvent, type RunManifest, runPlan } from '@retort/pipeline-runner';
import { createLocalExecutor } from '@retort/pipeline-runner/local-executor';
import { resolvePath } from '@retort/pipeline-schema';
import { ENGINES } from '@retort/plugin-kit';
import { ArtifactStore } from '@retort/store';
import type { Console } from '../console.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { findRunOrCell } from '../find-columns.ts';
import { type FreshStore, openFreshStore } from '../fresh-store.ts';
import { type Interruption, listenForInterruption } from '../interruption.ts';
import { measureRun } from '../measure/measure-run.ts';
import { codeOf } from '../open-pipeline.ts';
import { openRegistry } from '../registry.ts';
import { createProgressDisplay, type ProgressDisplay } from '../render/progress-display.ts';
import { verdictText } from '../render/verdict-text.ts';
import { type ReproductionDocument, reproductionDocument } from '../reproduction-document.ts';
import { type CommonOptions, coreCount, defaultJobs, memoFolder, type Surroundings, storeFolder } from '../settings.ts';

interface ReproduceOptions extends CommonOptions {
  /** Folder of the fresh store; a temporary one when left out. */
  readonly into?: string;
  /** Where the user's own files lie now. */
  readonly set?: readonly string[];
  readonly tolerance?: readonly string[];
  readonly jobs?: number;
}

/** Runs a run, or one cell of it, again in a fresh store, from its manifest alone, and says whether the same came out. */
export async function reproduce(
  target: string,
  options: ReproduceOptions,
  surroundings: Surroundings,
  out: Console,
): Promise<ExitCode> {
  const originals = new ArtifactStore(storeFolder(options, surroundings));
  const { manifest: original, cell } = await findRunOrCell(target, originals, surroundings.cwd);
  const tolerances = readTolerances(options.tolerance ?? []);
  const graph = await openManifest(original, options, surroundings);
  const fresh = await openFreshStore(original, { into: options.into, cwd: surroundings.cwd });
  const display = createProgressDisplay({ stream: out.stderr, colors: out.errorColors });
  const interruption = listenForInterruption(() => display.remark(out.errorColors.yellow('Stopping.')));
  try {
    const what = cell === undefined ? original.run : `${original.run}@${cell}`;
    out.remark(`Reproducing ${what} (${original.pipeline.name}) in ${fresh.store.root}\n`);
    const again = await execute({ graph, fresh, original, options }, { surroundings, out, display, interruption });
    if (again.status === 'interrupted') return interrupted(fresh, interruption.exitCode() ?? EXIT.terminated, out);
    const measured = await measureRun(
      { graph, original, again, originals, reproduced: fresh.store },
      surroundings.installation,
    );
    const measurementOf = (stage: string, port: string) => measured.get(`${stage}.${port}`);
    const stages = judgeStages({ original, again, graph, measurementOf, tolerances });
    const kept = isKept(fresh, again) ? fresh.store.root : undefined;
    const document = reproductionDocument({ original, cell, again, graph, stages, tolerances, kept });
    for (const stage of stages) out.writeJsonLine({ event: 'stage-verdict', run: original.run, stage });
    out.writeJsonLine(document);
    out.print(verdictText(document, out.colors));
    return await finish(document, again, fresh, out);
  } finally {
    display.close();
    interruption.close();
  }
}

async function openManifest(
  manifest: RunManifest,
  { set, into }: ReproduceOptions,
  surroundings: Surroundings,
): Promise<PipelineGraph> {
  const { cwd, env } = surroundings;
  if (finishedStages(manifest).length === 0)
    throw new UsageError(
      'REPRODUCE_NOTHING',
      `No stage of run ${manifest.run} finished, so there is nothing to reproduce.`,
    );
  if (!ENGINES.includes(manifest.engine)) {
    const message = `The run used the engine "${manifest.engine}", which this version does not have. Known: ${ENGINES.join(', ')}.`;
    throw new InvalidInputError([{ code: 'REPRODUCE_UNKNOWN_ENGINE', message }]);
  }
  requireEngine(manifest.engine, env);
  const digests = await openFileDigests(cacheFile(memoFolder(surroundings), 'file-digests.json'));
  const folder = into === undefined ? undefined : resolvePath(cwd, into);
  // One that holds something was looked at when its reproduction began, or is refused as a place for one.
  const names = folder === undefined ? [] : await readdir(folder).catch(() => []);
  const store = names.length === 0 ? folder : undefined;
  const registry = await openRegistry(surroundings);
  const graph = await graphOfManifest(manifest, { registry, digests, store, set, cwd });
  await digests.save();
  return graph;
}

async function execute(
  {
    graph,
    fresh,
    original,
    options,
  }: { graph: PipelineGraph; fresh: FreshStore; original: RunManifest; options: ReproduceOptions },
  {
    surroundings,
    out,
    display,
    interruption,
  }: { surroundings: Surroundings; out: Console; display: ProgressDisplay; interruption: Interruption },
): Promise<RunManifest> {
  const cores = coreCount();
  const onEvent = (event: RunEvent) => {
    out.writeJsonLine(event);
    display.apply(event);
  };
  return runPlan({
    graph,
    store: fresh.store,
    executor: createLocalExecutor(),
    code: codeOf(surroundings.installation, original.engine),
    engine: original.engine,
    jobs: options.jobs ?? defaultJobs(cores),
    cores,
    onEvent,
    signal: interruption.signal,
    killSignal: interruption.killSignal,
  }).finally(display.close);
}

/** A failed reproduction is kept for its logs. */
function isKept({ isTemporary }: FreshStore, { status }: RunManifest): boolean {
  return !isTemporary || status !== 'done';
}

async function finish(
  { verdict }: ReproductionDocument,
  again: RunManifest,
  fresh: FreshStore,
  out: Console,
): Promise<ExitCode> {
  if (isKept(fresh, again)) out.remark(`The reproduced artifacts and logs are in ${fresh.store.root}.`);
  else await fresh.remove();
  return verdict === 'different' ? EXIT.failed : EXIT.done;
}

async function interrupted(fresh: FreshStore, code: ExitCode, out: Console): Promise<ExitCode> {
  const advice = fresh.isTemporary
    ? 'Nothing is kept. Use --into <dir> to be able to resume after an interruption.'
    : 'Finished work is kept. Run the same command again to resume.';
  await fresh.remove();
  out.remark(`\n${out.errorColors.yellow('Interrupted.')} ${advice}`);
  return code;
}
