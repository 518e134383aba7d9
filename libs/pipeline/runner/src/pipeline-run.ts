import { appendFileSync } from 'node:fs';
import { RetortError, StoreDamagedError } from '@retort/foundation/diagnostics';
import { inputEntries } from '@retort/foundation/inputs';
import { findResult, type PlannedStage, planStage, type ResolvedStage } from '@retort/pipeline-graph';
import type { StageFailure } from './events.ts';
import { type ManifestStage, pendingStage, summarize } from './manifest.ts';
import { cachedOutcome, failedOutcome, type Outcome, skippedOutcome } from './outcome.ts';
import { Slots } from './slots.ts';
import { StageRunner, type StageRunnerOptions } from './stage-runner.ts';
import { StageTurns } from './stage-turns.ts';

export interface PipelineRunOptions extends StageRunnerOptions {
  /** Called when a stage has run or was given up. Must not reject. */
  readonly onChange: () => Promise<void>;
}

/** Settles every planned stage: from the cache, by running it, or not at all. Each waits for those that it needs. */
export class PipelineRun {
  readonly #options: PipelineRunOptions;
  readonly #runner: StageRunner;
  readonly #turns: StageTurns;
  readonly #stages: ReadonlyMap<string, ResolvedStage>;
  readonly #planned: Map<string, PlannedStage>;
  readonly #entries: Map<string, ManifestStage>;
  readonly #outcomes = new Map<string, Promise<Outcome>>();
  readonly #settled = new Set<string>();
  /** Stage id -> port -> artifact digest. */
  readonly #known = new Map<string, Readonly<Record<string, string>>>();
  readonly #repairs = new Map<string, Promise<Outcome>>();

  constructor(options: PipelineRunOptions, planned: readonly PlannedStage[]) {
    this.#options = options;
    this.#runner = new StageRunner(options);
    this.#turns = new StageTurns(options, this.#runner, new Slots(options.jobs));
    this.#stages = new Map(options.graph.stages.map((stage) => [stage.id, stage]));
    this.#planned = new Map(planned.map((stage) => [stage.id, stage]));
    this.#entries = new Map(planned.map((stage) => [stage.id, pendingStage(stage)]));
  }

  get stages(): readonly ManifestStage[] {
    return [...this.#entries.values()];
  }

  async settleAll(): Promise<void> {
    await Promise.all([...this.#planned.keys()].map((id) => this.#settle(id)));
  }

  #settle(id: string): Promise<Outcome> {
    const outcome = this.#outcomes.get(id) ?? this.#settleOnce(this.#stage(id));
    this.#outcomes.set(id, outcome);
    return outcome;
  }

  async #settleOnce(stage: ResolvedStage): Promise<Outcome> {
    const before = await Promise.all(stagesBefore(stage).map((id) => this.#settle(id)));
    const isBlocked = before.some(({ status }) => status !== 'cached' && status !== 'ran');
    return isBlocked
      ? this.#conclude(skippedOutcome(this.#entry(stage)))
      : this.#guard(stage, () => this.#cachedOrRun(stage));
  }

  async #cachedOrRun(stage: ResolvedStage): Promise<Outcome> {
    // Planned again now that the inputs are known: their bytes may be those of an earlier run after all.
    if (this.#planned.get(stage.id)?.key === undefined) await this.#replan(stage);
    return (await this.#fromCache(stage)) ?? (await this.#run(stage));
  }

  async #replan(stage: ResolvedStage): Promise<void> {
    const isForced = this.#planned.get(stage.id)?.isForced;
    const planned = await planStage(stage, this.#known, this.#options.context, { isForced });
    this.#planned.set(stage.id, planned);
    this.#entries.set(stage.id, pendingStage(planned));
    // Before the key is claimed or its result taken: what a run names in its manifest is not collected as garbage.
    await this.#options.onChange();
  }

  async #fromCache(stage: ResolvedStage): Promise<Outcome | undefined> {
    const { status, key } = this.#planned.get(stage.id) as PlannedStage;
    if (status !== 'cached') return undefined;
    const record = await findResult(this.#options.store, key as string, stage);
    if (record !== undefined) return this.#conclude(cachedOutcome(this.#entry(stage), record));
    this.#entries.set(stage.id, { ...this.#entry(stage), reason: 'its stored outputs are gone' });
    return undefined;
  }

  /** @param prepare  what must be done before it runs, by nobody else at the same time */
  async #run(stage: ResolvedStage, prepare?: () => Promise<void>): Promise<Outcome> {
    const hasOtherInputs = await this.#verifyInputs(stage);
    if (hasOtherInputs) {
      await this.#replan(stage);
      const cached = await this.#fromCache(stage);
      if (cached !== undefined) return cached;
    }
    const isForced = this.#planned.get(stage.id)?.isForced ?? false;
    const threads = () => Math.min(stage.run.threads ?? Number.POSITIVE_INFINITY, this.#shareOfCores());
    const wish = { stage, entry: this.#entry(stage), known: this.#known, threads, isForced, prepare };
    return this.#conclude(await this.#turns.settle(wish));
  }

  /**
   * A damaged input is set aside, and the stage that made it runs again, once.
   *
   * @returns whether an input has other bytes afterwards, because that stage is not reproducible
   */
  async #verifyInputs(stage: ResolvedStage): Promise<boolean> {
    let hasChanged = false;
    for (const [, source] of inputEntries(stage.inputs)) {
      if (source.kind !== 'stage') continue;
      const digest = () => this.#known.get(source.stage)?.[source.port] as string;
      const before = digest();
      const damage = await this.#findDamage(before);
      if (damage === undefined) continue;
      await this.#repair(source.stage, before, damage);
      await this.#options.store.verifyArtifact(digest());
      hasChanged ||= digest() !== before;
    }
    return hasChanged;
  }

  async #findDamage(digest: string): Promise<StoreDamagedError | undefined> {
    try {
      await this.#options.store.verifyArtifact(digest);
      return undefined;
    } catch (error) {
      if (error instanceof StoreDamagedError) return error;
      throw error;
    }
  }

  async #repair(id: string, digest: string, damage: StoreDamagedError): Promise<void> {
    const repair = this.#repairs.get(id) ?? this.#recompute(this.#stage(id), digest, damage);
    this.#repairs.set(id, repair);
    const { status, entry } = await repair;
    if (status === 'ran' || status === 'cached') return;
    const why = entry.error === undefined ? status : `${entry.error.code}: ${entry.error.message}`;
    throw new StoreDamagedError(`${damage.message} But stage "${id}" could not recompute it (${why}).`, {
      cause: damage,
    });
  }

  #recompute(stage: ResolvedStage, digest: string, damage: StoreDamagedError): Promise<Outcome> {
    return this.#guard(stage, async () => {
      this.#runner.warn(stage.id, damage.message);
      this.#entries.set(stage.id, { ...this.#entry(stage), reason: 'its stored output was damaged' });
      return this.#run(stage, async () => {
        // Another run may have computed it anew since.
        const isDamaged = (await this.#findDamage(digest)) !== undefined;
        if (isDamaged) await this.#options.store.quarantine(digest, damage.message);
      });
    });
  }

  async #guard(stage: ResolvedStage, settle: () => Promise<Outcome>): Promise<Outcome> {
    try {
      return await settle();
    } catch (error) {
      return this.#conclude(failedOutcome(this.#entry(stage), this.#failure(stage, error)));
    }
  }

  async #conclude(outcome: Outcome): Promise<Outcome> {
    const { run, log, onChange } = this.#options;
    const { entry } = outcome;
    this.#settled.add(entry.id);
    this.#entries.set(entry.id, entry);
    if (outcome.status === 'cached' || outcome.status === 'ran') this.#known.set(entry.id, digestsOf(outcome.outputs));
    log.emit({ event: 'stage-finished', run, stage: summarize(entry) });
    if (outcome.status !== 'cached') await onChange();
    return outcome;
  }

  /** An even share of the cores among the stages that run or could run now. */
  #shareOfCores(): number {
    const { cores, jobs } = this.#options;
    const isReady = (id: string) =>
      !this.#settled.has(id) && stagesBefore(this.#stage(id)).every((each) => this.#settled.has(each));
    const ready = [...this.#planned.keys()].filter(isReady).length;
    return Math.max(1, Math.floor(cores / Math.max(1, Math.min(jobs, ready))));
  }

  /** A failure outside the stage's process. Its log may not exist yet, but will be looked at. */
  #failure({ id }: ResolvedStage, error: unknown): StageFailure {
    const log = this.#options.logPath(id);
    const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
    try {
      appendFileSync(log, `${stack}\n`);
    } catch {}
    if (error instanceof RetortError) return { code: error.code, message: error.message, log };
    return { code: 'RUNNER_FAILED', message: `The runner itself failed: ${stack}`, log };
  }

  #stage(id: string): ResolvedStage {
    return this.#stages.get(id) as ResolvedStage;
  }

  #entry({ id }: ResolvedStage): ManifestStage {
    return this.#entries.get(id) as ManifestStage;
  }
}

function stagesBefore({ inputs }: ResolvedStage): string[] {
  return [...new Set(inputEntries(inputs).flatMap(([, source]) => (source.kind === 'stage' ? [source.stage] : [])))];
}

function digestsOf(outputs: Readonly<Record<string, { readonly digest: string }>>): Record<string, string> {
  return Object.fromEntries(Object.entries(outputs).map(([port, { digest }]) => [port, digest]));
}
