import { type KnownArtifacts, openFileDigests, type PlanContext, type ResolvedStage } from '@retort/pipeline-graph';
import { programOf, type StageEvent } from '@retort/plugin-kit';
import { type Claim, ClaimLostError, type RecordedArtifact, type StageRecord } from '@retort/store';
import { type ExecutionEnd, executeStage } from './execute-stage.ts';
import type { RunningStage } from './executor.ts';
import { reach } from './fault-points.ts';
import { intactProgram } from './frozen-code.ts';
import type { ManifestStage } from './manifest.ts';
import type { RunOptions } from './options.ts';
import { failedOutcome, type Outcome, skippedOutcome } from './outcome.ts';
import { resolveInputs } from './resolve-inputs.ts';
import type { RunLog } from './run-log.ts';
import { startStopwatch } from './stopwatch.ts';

export interface StageRunnerOptions extends RunOptions {
  readonly run: string;
  readonly context: PlanContext;
  readonly log: RunLog;
  readonly logPath: (stage: string) => string;
  /** Kept in every record: machine, versions. */
  readonly provenance: Readonly<Record<string, unknown>>;
}

export interface StageOrder {
  readonly stage: ResolvedStage;
  /** What is known of it so far; its key is. */
  readonly entry: ManifestStage;
  readonly known: KnownArtifacts;
  readonly threads: number;
  /** Held from before the stage starts until it is recorded. */
  readonly claim: Claim;
}

interface Progressing {
  readonly elapsed: () => number;
  readonly warnings: string[];
}

/** Runs single stages through the executor, with their retries, and records what came out. */
export class StageRunner {
  readonly #options: StageRunnerOptions;
  readonly #running = new Set<RunningStage>();

  constructor(options: StageRunnerOptions) {
    this.#options = options;
    options.signal?.addEventListener('abort', () => this.#each((stage) => stage.stop()));
    options.killSignal?.addEventListener('abort', () => this.#each((stage) => stage.kill()));
  }

  /**
   * Not started once the run was asked to stop.
   *
   * @throws ClaimLostError when another run has taken over; the stage was ended and nothing was recorded
   */
  async run(order: StageOrder): Promise<Outcome> {
    if (this.#isStopping) return skippedOutcome(order.entry);
    const { id, run } = order.stage;
    const elapsed = startStopwatch();
    const log = this.#options.logPath(id);
    const entry = { ...order.entry, startedAt: new Date().toISOString(), threads: order.threads, log };
    const { key, reason } = entry;
    this.#options.log.emit({
      event: 'stage-started',
      run: this.#options.run,
      stage: id,
      key: key as string,
      reason,
      log,
    });
    for (let attempts = 1; ; attempts++) {
      const progressing: Progressing = { elapsed, warnings: [] };
      const end = await this.#execute(order, progressing);
      if (order.claim.lost.aborted) throw new ClaimLostError(order.claim.key);
      const isLast = end.status !== 'failed' || !end.mayPass || attempts > run.retries || this.#isStopping;
      if (isLast) return this.#conclude(end, order, { ...entry, seconds: elapsed(), attempts }, progressing.warnings);
      this.warn(id, `Attempt ${attempts} of ${run.retries + 1} failed (${end.code}: ${end.message}); trying again.`);
    }
  }

  warn(stage: string, message: string): void {
    this.#options.log.emit({ event: 'stage-warning', run: this.#options.run, stage, message });
  }

  async #execute({ stage, known, threads, claim }: StageOrder, progressing: Progressing): Promise<ExecutionEnd> {
    const { graph, store, executor, engine, context, digests, mostCopiedBytes } = this.#options;
    const inputs = resolveInputs(stage, { graph, store, known });
    const logPath = this.#options.logPath(stage.id);
    let current: RunningStage | undefined;
    const onStart = (running: RunningStage) => {
      current = running;
      this.#running.add(running);
      if (this.#isStopping) running.stop();
      if (claim.lost.aborted) running.kill();
    };
    const onLost = () => current?.kill();
    claim.lost.addEventListener('abort', onLost);
    const onEvent = (event: StageEvent) => this.#passOn(stage.id, event, progressing);
    try {
      return await executeStage({
        stage,
        key: claim.key,
        store,
        executor,
        program: () => intactProgram(context.code, programOf(stage.definition, stage.config)),
        engine,
        threads,
        inputs,
        logPath,
        digests: digests ?? (await openFileDigests()),
        mostCopiedBytes,
        onEvent,
        onStart,
      });
    } finally {
      claim.lost.removeEventListener('abort', onLost);
      if (current !== undefined) this.#running.delete(current);
    }
  }

  #passOn(stage: string, event: StageEvent, { elapsed, warnings }: Progressing): void {
    const { run, log } = this.#options;
    if (event.event === 'progress') {
      log.emit({ event: 'stage-progress', run, stage, progress: event.progress, seconds: elapsed() });
    } else if (event.event === 'log') {
      log.emit({ event: 'stage-log', run, stage, message: event.message });
    } else if (event.event === 'warning') {
      warnings.push(event.message);
      this.warn(stage, event.message);
    }
  }

  async #conclude(
    end: ExecutionEnd,
    { stage, claim }: StageOrder,
    entry: ManifestStage,
    said: readonly string[],
  ): Promise<Outcome> {
    if (end.status === 'interrupted') return { status: 'interrupted', entry: { ...entry, status: 'interrupted' } };
    if (end.status === 'failed') {
      const { code, message, isInvalidInput } = end;
      return failedOutcome(entry, {
        code,
        message,
        log: entry.log as string,
        ...(isInvalidInput && { isInvalidInput }),
      });
    }
    const { outputs, peakMemoryBytes, result } = end;
    const warnings = [...said, ...(await this.#findDifferences(stage, entry, outputs))];
    const metrics = finite(result.metrics ?? {});
    const ran = {
      ...entry,
      status: 'ran' as const,
      outputs,
      metrics,
      peakMemoryBytes,
      ...(warnings.length > 0 && { warnings }),
    };
    await this.#record(ran, stage, claim);
    return { status: 'ran', outputs, entry: ran };
  }

  /** The same key must give the same bytes. Where an earlier run is on record, this is a free check that it did. */
  async #findDifferences(
    stage: ResolvedStage,
    { id, uses, key }: ManifestStage,
    outputs: Readonly<Record<string, RecordedArtifact>>,
  ): Promise<string[]> {
    const records = await this.#options.store.recentRecords(uses);
    const earlier = records.find((record) => record.key === key)?.outputs ?? {};
    const warnings = Object.keys(earlier).flatMap((port) => {
      const [before, now] = [earlier[port]?.digest ?? '', outputs[port]?.digest ?? ''];
      if (before === now || stage.outputs[port]?.isMeasured) return [];
      return [
        `Not reproducible: output "${port}" has different bytes from an earlier run with the same key (${before.slice(0, 12)}, now ${now.slice(0, 12)}).`,
      ];
    });
    for (const warning of warnings) this.warn(id, warning);
    return warnings;
  }

  async #record(entry: ManifestStage, { definition, config, size }: ResolvedStage, claim: Claim): Promise<void> {
    const { run, provenance, store, context } = this.#options;
    const {
      keyDocument,
      uses,
      outputs,
      metrics = {},
      warnings = [],
      id,
      startedAt,
      seconds,
      peakMemoryBytes,
      threads,
    } = entry;
    const { binaries = {} } = await context.code.closureOf(programOf(definition, config));
    const how = {
      ...provenance,
      binaries,
      run,
      stage: id,
      startedAt,
      seconds,
      peakMemoryBytes,
      threads,
      ...(size && { size }),
    };
    const record: StageRecord = { key: claim.key, keyDocument, uses, outputs, metrics, warnings, provenance: how };
    await claim.writeRecord(record);
    reach('runner.recorded');
    await store.removeCheckpoints(record.key);
    reach('runner.checkpoints-removed');
  }

  get #isStopping(): boolean {
    return this.#options.signal?.aborted ?? false;
  }

  #each(act: (stage: RunningStage) => void): void {
    for (const stage of this.#running) act(stage);
  }
}

/** Records are canonical JSON, which knows no NaN; a stage whose loss is not finite has failed anyway. */
function finite(metrics: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(metrics).filter(([, value]) => Number.isFinite(value)));
}
