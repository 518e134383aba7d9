import { resolve } from 'node:path';
import * as artifacts from './artifacts.ts';
import * as attempts from './attempts.ts';
import * as checkpoints from './checkpoints.ts';
import type { ClaimPurpose } from './claim-holder.ts';
import { type ClaimResult, Claims } from './claims.ts';
import { EventLog } from './event-log.ts';
import { type CollectOptions, collectGarbage } from './gc/collect-garbage.ts';
import type { GarbageItem, GarbageOptions, GarbagePlan } from './gc/garbage.ts';
import { planGarbage } from './gc/plan-garbage.ts';
import { StoreLayout } from './layout.ts';
import { requireOwnFolders } from './own-folders.ts';
import { type Pin, readPins, removePin, writePin } from './pins.ts';
import { attend, type Presence } from './presence.ts';
import type { StageRecord } from './record.ts';
import * as records from './records.ts';
import type { Refusal } from './refusals.ts';
import { type RunState, runState } from './run-state.ts';
import * as runs from './runs.ts';
import { storeError } from './store-error.ts';
import { type VerifyOptions, type VerifyReport, verifyStore } from './verify/verify-store.ts';

export interface StoreOptions {
  /**
   * Seconds without a sign of life after which whoever holds a key is given up and another takes over. All who use one store
   * must agree. Default: 60.
   */
  readonly claimLimitSeconds?: number;
}

const DEFAULT_CLAIM_LIMIT_SECONDS = 60;

/**
 * Artifacts named by their digest, records of what made them, and runs, below one folder. Knows nothing of stages.
 *
 * Opening and reading create nothing. Every method may throw a RetortError DISK_FULL, DISK_READ_ONLY or
 * DISK_NO_PERMISSION, and STORE_HAS_LINK where a folder of the store is a link. Several processes may use one store.
 */
export class ArtifactStore {
  readonly #layout: StoreLayout;
  readonly #claims: Claims;
  #ownFolders: Promise<void> | undefined;

  constructor(root: string, { claimLimitSeconds = DEFAULT_CLAIM_LIMIT_SECONDS }: StoreOptions = {}) {
    this.#layout = new StoreLayout(resolve(root));
    this.#claims = new Claims(this.#layout, claimLimitSeconds * 1000);
  }

  get root(): string {
    return this.#layout.root;
  }

  /** What was left as it is so far, since it belongs to another user who has shared it with nobody. */
  get refusals(): readonly Refusal[] {
    return this.#layout.refusals.all;
  }

  /**
   * Takes a folder on the store's own file system (see `createAttempt`) into the store; the folder is then gone.
   * The same bytes again, also by another process at the same time, are the same artifact.
   *
   * @throws RetortError ARTIFACT_EMPTY, ARTIFACT_NOT_PLAIN
   */
  publishArtifact(folder: string): Promise<artifacts.PublishedArtifact> {
    return this.#clear('publish an artifact', () => artifacts.publish(this.#layout, folder));
  }

  /** The artifact's folder, whether or not it is there. Its files are read-only. */
  artifactPath(digest: string): string {
    return this.#layout.artifact(digest);
  }

  /** Whether every file of the artifact is there with its right size. Reads no bytes. */
  hasArtifact(digest: string): Promise<boolean> {
    return this.#clear('read an artifact', () => artifacts.isPresent(this.#layout, digest));
  }

  /** Name, size and digest of each file; undefined when the listing is absent or damaged. */
  listArtifact(digest: string): ReturnType<typeof artifacts.readListing> {
    return this.#clear('read an artifact', () => artifacts.readListing(this.#layout, digest));
  }

  /**
   * Compares the stored bytes with the digest. Files that were not touched since they were last hashed are believed,
   * unless `rehash` is set.
   *
   * @throws StoreDamagedError saying which file is wrong and how
   */
  verifyArtifact(digest: string, { rehash = false }: { rehash?: boolean } = {}): Promise<void> {
    return this.#clear('read an artifact', () => artifacts.verify(this.#layout, digest, { rehash }));
  }

  /** Moves a damaged artifact out of use, so that it is computed again. */
  quarantine(digest: string, why: string): Promise<void> {
    return this.#clear('set a damaged artifact aside', () => artifacts.setAside(this.#layout, digest, why));
  }

  writeRecord(record: StageRecord): Promise<void> {
    return this.#clear('write a record', () => records.writeRecord(this.#layout, record));
  }

  /** The record of a key, only if it is intact and every artifact that it names is present with its right size. */
  findRecord(key: string): Promise<StageRecord | undefined> {
    return this.#clear('read a record', () => records.findRecord(this.#layout, key));
  }

  /** The newest records of one stage kind, at most 200, newest first. Their artifacts may be gone. */
  recentRecords(uses: string): Promise<readonly StageRecord[]> {
    return this.#clear('read records', () => records.recentRecords(this.#layout, uses));
  }

  /**
   * Asks for the right to execute a key, which one process at a time has. Does not wait. Taken over at once from a holder
   * that is dead, and after `claimLimitSeconds` from one that gives no sign of life; no claim ever needs a person.
   *
   * Look for the key's record again after you have it: the one before you may have finished.
   */
  claim(key: string, purpose: ClaimPurpose): Promise<ClaimResult> {
    return this.#clear('claim a stage', () => this.#claims.claim(key, purpose));
  }

  createAttempt(): Promise<attempts.Attempt> {
    return this.#clear('make room for a stage', () => attempts.createAttempt(this.#layout));
  }

  /** Removes the attempts and claims of processes that are dead. */
  sweep(): Promise<void> {
    const sweeping = () => attempts.sweepAttempts(this.#layout).then(() => this.#claims.sweep());
    return this.#clear('delete the remains of an earlier run', sweeping);
  }

  /** Where a stage with this key leaves what it can go on from, whether or not the folder is there. */
  checkpointFolder(key: string): string {
    return this.#layout.checkpoint(key);
  }

  /**
   * Keeps what an earlier attempt has left there only if it was made with the same basis.
   *
   * @param basis  what tells attempts at one key apart; any, when left out
   */
  createCheckpointFolder(key: string, basis?: string): Promise<void> {
    return this.#clear('make room for checkpoints', () => checkpoints.createFolder(this.#layout, key, basis));
  }

  /** When the key's result is recorded, nobody needs them any more. */
  removeCheckpoints(key: string): Promise<void> {
    return this.#clear('remove checkpoints', () => checkpoints.removeFolder(this.#layout, key));
  }

  /**
   * Reads everything and compares it with what it was stored with; what is damaged is set aside, unless `dryRun` is set.
   * Others may use the store meanwhile.
   */
  verify(options: VerifyOptions = {}): Promise<VerifyReport> {
    return this.#clear('verify the store', () => verifyStore(this.#layout, this.#claims, options));
  }

  /** What `collectGarbage` would remove. Changes nothing. */
  planGarbage(options: GarbageOptions): Promise<GarbagePlan> {
    return this.#clear('look for unused data', () => planGarbage(this.#layout, this.#claims, options));
  }

  /** Others may use the store meanwhile: nothing is removed that a run, a claim or a pin needs. Safe to kill at any moment. */
  collectGarbage(plan: GarbagePlan, options: CollectOptions = {}): Promise<readonly GarbageItem[]> {
    return this.#clear('delete unused data', () => collectGarbage(this.#layout, this.#claims, plan, options));
  }

  /** Keeps a run, with all that it used, or an artifact, until the pin is removed. Replaces a pin of the same name. */
  writePin(pin: Pin): Promise<void> {
    return this.#clear('write a pin', () => writePin(this.#layout, pin));
  }

  /** Whether there was one. */
  removePin(name: string): Promise<boolean> {
    return this.#clear('remove a pin', () => removePin(this.#layout, name));
  }

  /** By name; undefined for a damaged one. */
  readPins(): Promise<ReadonlyMap<string, Pin | undefined>> {
    return this.#clear('read pins', () => readPins(this.#layout));
  }

  newRunId(): string {
    return runs.newRunId();
  }

  createRun(run: string): Promise<runs.RunFiles> {
    return this.#clear('start a run', () => runs.createRun(this.#layout, run));
  }

  runFiles(run: string): runs.RunFiles {
    return runs.runFiles(this.#layout, run);
  }

  /** Until it leaves, this process carries out the run: what the run uses stays. */
  attendRun(run: string): Promise<Presence> {
    return this.#clear('start a run', () =>
      attend(this.#layout, runs.runFiles(this.#layout, run).folder, this.#claims.beatInterval),
    );
  }

  /** The run's events, for the one process that carries it out. */
  openEventLog(run: string): EventLog {
    return new EventLog(runs.runFiles(this.#layout, run));
  }

  writeManifest(run: string, manifest: unknown): Promise<void> {
    return this.#clear('write a manifest', () => runs.writeManifest(this.#layout, run, manifest));
  }

  /** Undefined when there is none, or when it is damaged. Only what the store itself uses of it is checked. */
  readManifest(run: string): Promise<unknown> {
    return this.#clear('read a manifest', () => runs.readManifest(this.#layout, run));
  }

  runState(run: string): Promise<RunState> {
    return this.#clear('look for a run', () => runState(this.#layout, this.#claims, run));
  }

  /** Ids of all runs, newest first. */
  listRuns(): Promise<readonly string[]> {
    return this.#clear('list runs', () => runs.listRuns(this.#layout));
  }

  /** Once for each store that is opened, before anything in it is touched: it may have come from somebody else. */
  async #clear<T>(doing: string, work: () => Promise<T>): Promise<T> {
    try {
      await (this.#ownFolders ??= requireOwnFolders(this.#layout));
      return await work();
    } catch (error) {
      throw await storeError(this.root, error, doing);
    }
  }
}
