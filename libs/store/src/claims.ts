import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Claim, retire } from './claim.ts';
import { type ClaimHolder, type ClaimPurpose, readClaim, type SeenClaim } from './claim-holder.ts';
import { diskTime } from './disk-clock.ts';
import { linkStatOf } from './files.ts';
import { HeartbeatWatch } from './heartbeat-watch.ts';
import type { StoreLayout } from './layout.ts';
import { isThisHost, mayBeAlive } from './process-identity.ts';
import { entriesOf, namesByPrefix } from './walk.ts';

export type ClaimResult =
  | { readonly status: 'held'; readonly claim: Claim }
  | { readonly status: 'taken'; readonly holder: ClaimHolder };

/** A sign of life of whoever does something. */
export interface Beat {
  /** Of the claim or run that it is for. */
  readonly id: string;
  readonly process: Pick<ClaimHolder, 'pid' | 'host' | 'started'>;
  /** By the clock of the file system. */
  readonly beatAt: number;
}

export interface LiveClaim extends SeenClaim {
  readonly key: string;
}

/** Many beats fit into the limit: one that is late does no harm. */
const BEATS_PER_LIMIT = 12;
const MILLISECONDS_BETWEEN_BEATS = 5000;
/** A heartbeat that seems to have stopped long ago is watched for as many beats only. */
const BEATS_TO_TELL = 3;
const LONGEST_LOOK_PER_LIMIT = 4;
/** Whoever looked at a claim decides about it sooner than this. */
export const MILLISECONDS_A_LOOK_IS_GOOD = 1000;

/** Who executes which key. One per store object; several processes agree through the file system alone. */
export class Claims {
  readonly #layout: StoreLayout;
  readonly #limit: number;
  readonly #watch: HeartbeatWatch;

  /** @param limit  milliseconds without a sign of life after which a holder is given up */
  constructor(layout: StoreLayout, limit: number) {
    this.#layout = layout;
    this.#limit = limit;
    this.#watch = new HeartbeatWatch(limit / LONGEST_LOOK_PER_LIMIT);
  }

  get beatInterval(): number {
    return Math.min(MILLISECONDS_BETWEEN_BEATS, this.#limit / BEATS_PER_LIMIT);
  }

  /** Takes the key, also from a holder that is dead or whose heartbeat stood still for the limit. Waits for nobody. */
  async claim(key: string, purpose: ClaimPurpose): Promise<ClaimResult> {
    for (;;) {
      const seen = await readClaim(this.#layout.claim(key));
      if (seen !== undefined && !(await this.#isGone(seen))) return { status: 'taken', holder: seen.holder };
      if (seen !== undefined) await this.#takeAway(key, seen);
      const claim = await Claim.tryToHold(this.#layout, key, { purpose, interval: this.beatInterval });
      if (claim !== undefined) return { status: 'held', claim };
    }
  }

  /** Claims whose holder may be alive. */
  async live(): Promise<LiveClaim[]> {
    const live: LiveClaim[] = [];
    for (const claim of await this.#all()) if (await this.isAlive(beatOf(claim))) live.push(claim);
    return live;
  }

  /**
   * Whether a process may be alive, at one look. Of another machine's that is a guess where its heartbeat has a time that is not
   * of now: whoever removes something `watch`es first.
   */
  async isAlive({ id, process, beatAt }: Beat): Promise<boolean> {
    if (isThisHost(process)) return mayBeAlive(process);
    return this.#watch.recall(id)?.hasMoved || !(await this.#isOfAnotherTime(beatAt));
  }

  /** Watches heartbeats of other machines with times that are not of now, until each has moved or stood still for long enough. */
  async watch(read: () => Promise<readonly Beat[]>): Promise<void> {
    for (;;) {
      let undecided = 0;
      for (const beat of [...(await read()), ...(await this.#all()).map(beatOf)])
        if (await this.#isUndecided(beat)) undecided += 1;
      if (undecided === 0) return;
      await sleep(this.beatInterval);
    }
  }

  /** Keys that the dead hold. */
  async dead(): Promise<string[]> {
    const live = new Set((await this.live()).map(({ key }) => key));
    return (await namesByPrefix(this.#layout, this.#layout.claims)).filter((key) => !live.has(key));
  }

  /** Moves claims of the dead out of the way, and removes what is out of the way for long enough that nobody decides about it any more. */
  async sweep(): Promise<void> {
    for (const seen of await this.#all()) {
      const takeAway = () => this.#takeAway(seen.key, seen);
      if (await this.#isGone(seen))
        await this.#layout.refusals.tolerate(this.#layout.claim(seen.key), 'remove', takeAway);
    }
    await this.#removeOld(join(this.#layout.claims, 'retired'), MILLISECONDS_A_LOOK_IS_GOOD);
    await this.#removeUnfinished();
  }

  async hasRetired(): Promise<boolean> {
    return (await entriesOf(this.#layout, join(this.#layout.claims, 'retired'))).length > 0;
  }

  /** Read one after the other: a store may hold more of them than a process may open at once. */
  async #all(): Promise<LiveClaim[]> {
    const claims: LiveClaim[] = [];
    for (const key of await namesByPrefix(this.#layout, this.#layout.claims)) {
      const seen = await readClaim(this.#layout.claim(key));
      if (seen !== undefined) claims.push({ key, ...seen });
    }
    return claims;
  }

  /** Looked at again: who gave it back since and ended is dead too, but there may be another's in its place. */
  async #takeAway(key: string, { holder }: SeenClaim): Promise<void> {
    const now = await readClaim(this.#layout.claim(key));
    if (now?.holder.id === holder.id) await retire(this.#layout, key, holder.id);
    this.#watch.forget(holder.id);
  }

  /** The holder is dead, or its heartbeat has stood still for so long that it is stopped, hangs, or was on a machine that is gone. */
  async #isGone({ holder, beatAt }: SeenClaim): Promise<boolean> {
    if (isThisHost(holder) && !mayBeAlive(holder)) return true;
    const { quiet } = this.#watch.look(holder.id, beatAt);
    return quiet > (isThisHost(holder) ? this.#limit : await this.#patience(beatAt));
  }

  async #isUndecided({ id, process, beatAt }: Beat): Promise<boolean> {
    if (isThisHost(process) || !(await this.#isOfAnotherTime(beatAt))) return false;
    const { quiet, hasMoved } = this.#watch.look(id, beatAt);
    return !hasMoved && quiet <= (await this.#patience(beatAt));
  }

  async #patience(beatAt: number): Promise<number> {
    return (await this.#isOfAnotherTime(beatAt)) ? BEATS_TO_TELL * this.beatInterval : this.#limit;
  }

  /** Long ago, or in the future. Either may also be a clock that was set, or is wrong. */
  async #isOfAnotherTime(beatAt: number): Promise<boolean> {
    return Math.abs((await this.#now()) - beatAt) > this.#limit;
  }

  /** Claims that their makers did not live to move to their key. */
  async #removeUnfinished(): Promise<void> {
    const folder = join(this.#layout.claims, 'new');
    for (const { name } of await entriesOf(this.#layout, folder)) {
      const seen = await readClaim(join(folder, name));
      if (seen !== undefined && !(await this.isAlive(beatOf(seen))))
        await this.#layout.refusals.remove(join(folder, name));
    }
  }

  async #removeOld(folder: string, age: number): Promise<void> {
    const names = (await entriesOf(this.#layout, folder)).map(({ name }) => name);
    if (names.length === 0) return;
    const now = await this.#now();
    for (const name of names) {
      const path = join(folder, name);
      const changedAt = (await linkStatOf(path))?.ctimeMs ?? now;
      // In the future after a clock was set back: nobody looks for as long as that.
      if (Math.abs(now - changedAt) > age) await this.#layout.refusals.remove(path);
    }
  }

  #now(): Promise<number> {
    return diskTime(this.#layout);
  }
}

function beatOf({ holder, beatAt }: SeenClaim): Beat {
  return { id: holder.id, process: holder, beatAt };
}
