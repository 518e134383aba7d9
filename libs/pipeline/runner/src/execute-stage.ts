import { join } from 'node:path';
import { diskError, makeFolder, RetortError, StageError } from '@retort/foundation/diagnostics';
import type { ByInput } from '@retort/foundation/inputs';
import type { FileDigests, ResolvedStage, StageRunSettings } from '@retort/pipeline-graph';
import type { EngineName, InputArtifact, OutputArtifact, StageEvent, StageResult } from '@retort/plugin-kit';
import type { ArtifactStore, Attempt, RecordedArtifact } from '@retort/store';
import type { Executor, RunningStage, StageEnd } from './executor.ts';
import { reach } from './fault-points.ts';
import { fetchModels } from './fetch-models.ts';
import { MOST_COPIED_BYTES, type TakenFiles, takeFiles } from './users-files.ts';

export interface StageExecution {
  readonly stage: ResolvedStage;
  readonly key: string;
  readonly store: ArtifactStore;
  readonly executor: Executor;
  /** Where the stage's bundle lies, asked for right before it is run. */
  readonly program: () => Promise<string>;
  readonly engine: EngineName;
  readonly threads: number;
  readonly inputs: ByInput<InputArtifact>;
  readonly logPath: string;
  readonly digests: FileDigests;
  /** `MOST_COPIED_BYTES`, but in tests. */
  readonly mostCopiedBytes?: number | undefined;
  readonly onEvent: (event: StageEvent) => void;
  /** Called with the running stage, so that it can be stopped. */
  readonly onStart: (running: RunningStage) => void;
}

export type ExecutionEnd =
  | (Extract<StageEnd, { status: 'finished' }> & { readonly outputs: Readonly<Record<string, RecordedArtifact>> })
  | Exclude<StageEnd, { status: 'finished' }>;

/** Runs a stage once and publishes what it wrote. Never leaves anything behind but artifacts, checkpoints and its log. */
export async function executeStage(execution: StageExecution): Promise<ExecutionEnd> {
  const attempt = await execution.store.createAttempt();
  reach('runner.attempt-made');
  try {
    const outputs = await createOutputs(execution.stage, attempt);
    if ((await fetchModels(execution)) === 'interrupted') return { status: 'interrupted' };
    const { mostCopiedBytes = MOST_COPIED_BYTES } = execution;
    const files = await takeFiles({ ...execution, folder: join(attempt.path, 'inputs'), mostCopiedBytes });
    await execution.store.createCheckpointFolder(execution.key, files.basis);
    const end = await launch(execution, attempt, outputs, files);
    reach('runner.stage-ended');
    await confirmFiles(execution, files);
    if (end.status !== 'finished') return end;
    const published = await publish(execution, outputs, end.result);
    reach('runner.published');
    return { ...end, outputs: published };
  } catch (cause) {
    const error = diskError(cause, `run stage "${execution.stage.id}"`);
    if (!(error instanceof RetortError)) throw error;
    return { status: 'failed', code: error.code, message: error.message, mayPass: false };
  } finally {
    await attempt.remove();
  }
}

async function createOutputs({ outputs }: ResolvedStage, attempt: Attempt): Promise<Record<string, OutputArtifact>> {
  const created: Record<string, OutputArtifact> = {};
  for (const [port, { type }] of Object.entries(outputs)) {
    const path = join(attempt.path, 'outputs', port);
    await makeFolder(path);
    created[port] = { type, path };
  }
  return created;
}

async function launch(
  execution: StageExecution,
  attempt: Attempt,
  outputs: Record<string, OutputArtifact>,
  { inputs, shownAs }: TakenFiles,
): Promise<StageEnd> {
  const { stage, key, store, executor, program, engine, threads, logPath, onEvent, onStart } = execution;
  const checkpointFolder = store.checkpointFolder(key);
  const { id, config, seed, run } = stage;
  const running = executor.start({
    task: {
      stage: id,
      config,
      seed,
      engine,
      threads,
      inputs,
      shownAs,
      outputs,
      checkpointFolder,
      ...checkpointSettings(run),
    },
    codePath: await program(),
    scratchFolder: attempt.path,
    logPath,
    onEvent,
    ...(run.timeoutSeconds !== undefined && { timeoutSeconds: run.timeoutSeconds }),
  });
  onStart(running);
  reach('runner.stage-started');
  return running.done;
}

function checkpointSettings({ checkpointEverySeconds, checkpointEverySteps }: StageRunSettings) {
  return {
    ...(checkpointEverySeconds !== undefined && { checkpointEverySeconds }),
    ...(checkpointEverySteps !== undefined && { checkpointEverySteps }),
  };
}

/** The checkpoints of an attempt are worth nothing when nobody knows what it has read. */
async function confirmFiles({ store, key }: StageExecution, files: TakenFiles): Promise<void> {
  try {
    await files.confirm();
  } catch (error) {
    await store.removeCheckpoints(key);
    throw error;
  }
}

async function publish(
  { stage, store }: StageExecution,
  outputs: Record<string, OutputArtifact>,
  { rows = {} }: StageResult,
) {
  const published: Record<string, RecordedArtifact> = {};
  for (const [port, { path }] of Object.entries(outputs)) {
    const { digest, bytes } = await store.publishArtifact(path).catch((error) => {
      if ((error as RetortError).code !== 'ARTIFACT_EMPTY') throw error;
      throw new StageError(
        'STAGE_WROTE_NOTHING',
        `Stage "${stage.id}" finished without writing its output "${port}".`,
        { cause: error },
      );
    });
    published[port] = { digest, bytes, ...(rows[port] !== undefined && { rows: rows[port] }) };
  }
  return published;
}
