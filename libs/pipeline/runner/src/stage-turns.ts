import { setTimeout as sleep } from 'node:timers/promises';
import { findResult, type KnownArtifacts, type ResolvedStage } from '@retort/pipeline-graph';
import { type Claim, type ClaimHolder, ClaimLostError, type StageRecord } from '@retort/store';
import { reach } from './fault-points.ts';
import type { ManifestStage } from './manifest.ts';
import { cachedOutcome, type Outcome, skippedOutcome } from './outcome.ts';
import type { Slots } from './slots.ts';
import type { StageRunner, StageRunnerOptions } from './stage-runner.ts';

export interface StageWish {
  readonly stage: ResolvedStage;
  /** What is known of it so far; its key is. */
  readonly entry: ManifestStage;
  readonly known: KnownArtifacts;
  /** Asked when its turn comes. */
  readonly threads: () => number;
  /** Runs even when another run has recorded its key by then. */
  readonly isForced: boolean;
  /** Done while the key is claimed, before looking whether it is recorded. */
  readonly prepare: (() => Promise<void>) | undefined;
}

/** How one try to have a stage's turn went. */
type Turn =
  | { readonly status: 'settled'; readonly outcome: Outcome }
  | { readonly status: 'taken'; readonly holder: ClaimHolder }
  | { readonly status: 'lost' };

const FIRST_MILLISECONDS_TO_WAIT = 25;
const MILLISECONDS_TO_WAIT = 500;

/**
 * Lets a key be executed by one run at a time. A claim is held only while its stage is executed, and whoever waits for one
 * holds neither a claim nor a slot: two runs that want each other's keys cannot block each other.
 */
export class StageTurns {
  readonly #options: StageRunnerOptions;
  readonly #runner: StageRunner;
  readonly #slots: Slots;

  constructor(options: StageRunnerOptions, runner: StageRunner, slots: Slots) {
    this.#options = options;
    this.#runner = runner;
    this.#slots = slots;
  }

  /** Runs the stage, or takes what another run has made of the same key meanwhile. */
  async settle(wish: StageWish): Promise<Outcome> {
    let isForced = wish.isForced;
    let waitsFor: string | undefined;
    for (let pause = FIRST_MILLISECONDS_TO_WAIT; ; pause = Math.min(2 * pause, MILLISECONDS_TO_WAIT)) {
      const turn = await this.#slots.use(() => this.#take({ ...wish, isForced }));
      if (turn.status === 'settled') return turn.outcome;
      if (turn.status === 'lost') isForced = false;
      if (turn.status === 'taken' && turn.holder.id !== waitsFor) {
        waitsFor = turn.holder.id;
        this.#say(wish, turn.holder);
      }
      await this.#pause(pause);
    }
  }

  async #take(wish: StageWish & { isForced: boolean }): Promise<Turn> {
    const { store, run, signal } = this.#options;
    const { stage, entry, isForced, prepare } = wish;
    if (signal?.aborted) return { status: 'settled', outcome: skippedOutcome(entry) };
    const key = entry.key as string;
    const result = await store.claim(key, { run, stage: stage.id });
    if (result.status === 'held') {
      reach('runner.claimed');
      return this.#carryOut(wish, result.claim);
    }
    // What has to be prepared may be to look whether the recorded outputs are damaged.
    const record = isForced || prepare !== undefined ? undefined : await findResult(store, key, stage);
    return record === undefined ? result : this.#cached(wish, record);
  }

  async #carryOut(wish: StageWish, claim: Claim): Promise<Turn> {
    const { stage, entry, known, threads, isForced, prepare } = wish;
    try {
      await prepare?.();
      const record = isForced ? undefined : await findResult(this.#options.store, claim.key, stage);
      if (record !== undefined) return this.#cached(wish, record);
      const order = { stage, entry, known, claim, threads: threads() };
      return { status: 'settled', outcome: await this.#runner.run(order) };
    } catch (error) {
      if (!(error instanceof ClaimLostError)) throw error;
      this.#runner.warn(stage.id, error.message);
      return { status: 'lost' };
    } finally {
      await claim.release();
      reach('runner.claim-released');
    }
  }

  #cached({ entry }: StageWish, record: StageRecord): Turn {
    return { status: 'settled', outcome: cachedOutcome(entry, record) };
  }

  #say({ stage, entry }: StageWish, holder: ClaimHolder): void {
    const { run, log } = this.#options;
    const { pid, since } = holder;
    const [host = ''] = holder.host.split(' ');
    const shown = { run: holder.run, stage: holder.stage, host, pid, since };
    log.emit({ event: 'stage-waiting', run, stage: stage.id, key: entry.key as string, holder: shown });
  }

  /** Ends at once when the run is asked to stop. */
  async #pause(milliseconds: number): Promise<void> {
    const { signal } = this.#options;
    await sleep(milliseconds, undefined, { signal }).catch(() => {});
  }
}
