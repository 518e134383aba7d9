import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Claim, retire } from './claim.ts';
import { type ClaimHolder, type ClaimPurpose, readClaim, type SeenClaim } from './claim-holder.ts';
import { diskTime } from './disk-clock.ts';
import type { StoreLayout } from './layout.ts';
import { entriesOf, namesByPrefix } from './walk.ts';
import { isThisHost, mayBeAlive } from './process-identity.ts';

export type ClaimResult =
  | { readonly status: 'held'; readonly claim: Claim }
  | { readonly status: 'taken'; readonly holder: ClaimHolder };

export interface LiveClaim {
  readonly key: string;
  readonly holder: ClaimHolder;
}

/** Many beats fit into the limit: one that is late does no harm. */
const BEATS_PER_LIMIT = 12;
const MILLISECONDS_BETWEEN_BEATS = 5000;
/** However long somebody who watches a claim slept, it saw no more than this part of the limit go by. */
const LONGEST_LOOK_PER_LIMIT = 4;
/** Whoever looked at a claim decides about it sooner than this. */
export const MILLISECONDS_A_LOOK_IS_GOOD = 1000;

/** Who executes which key. One per store object; several processes agree through the file system alone. */
export class Claims {
  readonly #layout: StoreLayout;
  readonly #limit: number;
  readonly #watched = new Map<string, { beatAt: number; lookedAt: number; quiet: number }>();

  /** @param limit  milliseconds without a sign of life after which a holder is given up */
  constructor(layout: StoreLayout, limit: number) {
    this.#layout = layout;
    this.#limit = limit;
  }

  get beatInterval(): number {
    return Math.min(MILLISECONDS_BETWEEN_BEATS, this.#limit / BEATS_PER_LIMIT);
  }

  /** Takes the key, also from a holder that is dead or was not heard of for the limit. Waits for nobody. */
  async claim(key: string, purpose: ClaimPurpose): Promise<ClaimResult> {
    for (;;) {
      const seen = await readClaim(this.#layout.claim(key));
      if (seen !== undefined && !(await this.#isGone(seen))) return { status: 'taken', holder: seen.holder };
      if (seen !== undefined) {
        await retire(this.#layout, key, seen.holder.id);
        this.#watched.delete(seen.holder.id);
      }
      const claim = await Claim.tryToHold(this.#layout, key, { purpose, interval: this.beatInterval });
      if (claim !== undefined) return { status: 'held', claim };
    }
  }

  /** Claims whose holder may be alive. */
  async live(): Promise<LiveClaim[]> {
    const found: LiveClaim[] = [];
    for (const key of await namesByPrefix(this.#layout.claims)) {
      const seen = await readClaim(this.#layout.claim(key));
      if (seen !== undefined && (await this.isAlive(seen.holder, seen.beatAt)))
        found.push({ key, holder: seen.holder });
    }
    return found;
  }

  /** Whether a process may be alive that gave its last sign of life at a time by the disk's clock. */
  async isAlive(process: Pick<ClaimHolder, 'pid' | 'host' | 'started'>, beatAt: number): Promise<boolean> {
    return isThisHost(process) ? mayBeAlive(process) : (await this.#now()) - beatAt <= this.#limit;
  }

  /** Keys that the dead hold. */
  async dead(): Promise<string[]> {
    const live = new Set((await this.live()).map(({ key }) => key));
    return (await namesByPrefix(this.#layout.claims)).filter((key) => !live.has(key));
  }

  /** Moves claims of the dead out of the way, and removes what is out of the way for long enough that nobody decides about it any more. */
  async sweep(): Promise<void> {
    for (const key of await namesByPrefix(this.#layout.claims)) {
      const seen = await readClaim(this.#layout.claim(key));
      if (seen !== undefined && !(await this.isAlive(seen.holder, seen.beatAt)))
        await retire(this.#layout, key, seen.holder.id);
    }
    await this.#removeOld(join(this.#layout.claims, 'retired'), MILLISECONDS_A_LOOK_IS_GOOD);
    await this.#removeUnfinished();
  }

  async hasRetired(): Promise<boolean> {
    return (await entriesOf(join(this.#layout.claims, 'retired'))).length > 0;
  }

  async #isGone({ holder, beatAt }: SeenClaim): Promise<boolean> {
    if (!(await this.isAlive(holder, beatAt))) return true;
    return isThisHost(holder) && this.#isQuiet(holder.id, beatAt);
  }

  /**
   * A process of this machine that lives but gives no sign of life is stopped, or hangs. Measured by watching, not by
   * the clock: after a machine has slept, everybody's last sign of life is old.
   */
  #isQuiet(id: string, beatAt: number): boolean {
    const now = performance.now();
    const before = this.#watched.get(id);
    const isSame = before?.beatAt === beatAt;
    const quiet = isSame ? before.quiet + Math.min(now - before.lookedAt, this.#limit / LONGEST_LOOK_PER_LIMIT) : 0;
    this.#watched.set(id, { beatAt, lookedAt: now, quiet });
    return quiet > this.#limit;
  }

  /** Claims that their makers did not live to move to their key. */
  async #removeUnfinished(): Promise<void> {
    const folder = join(this.#layout.claims, 'new');
    for (const { name } of await entriesOf(folder)) {
      const seen = await readClaim(join(folder, name));
      if (seen !== undefined && !(await this.isAlive(seen.holder, seen.beatAt)))
        await rm(join(folder, name), { recursive: true, force: true });
    }
  }

  async #removeOld(folder: string, age: number): Promise<void> {
    const names = await readdir(folder).catch(() => [] as string[]);
    if (names.length === 0) return;
    const now = await this.#now();
    for (const name of names) {
      const path = join(folder, name);
      const changedAt = await stat(path).then(
        (status) => status.ctimeMs,
        () => now,
      );
      if (now - changedAt > age) await rm(path, { recursive: true, force: true });
    }
  }

  #now(): Promise<number> {
    return diskTime(join(this.#layout.claims, 'clock'));
  }
}
