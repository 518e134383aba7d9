interface Watched {
  readonly beatAt: number;
  readonly lookedAt: number;
  /** Milliseconds for which it has stood still while somebody looked. */
  readonly quiet: number;
  readonly hasMoved: boolean;
}

/**
 * Tells by watching whether heartbeats move. What decides is our own clock between two looks, which never goes back: the
 * time of a heartbeat is another machine's, lies in the future after a clock was set back, and is old for everybody after a
 * machine has slept.
 */
export class HeartbeatWatch {
  readonly #longestLook: number;
  readonly #watched = new Map<string, Watched>();

  /** @param longestLook  milliseconds: however long somebody who looks slept, it saw no more than this go by */
  constructor(longestLook: number) {
    this.#longestLook = longestLook;
  }

  look(id: string, beatAt: number): Watched {
    const now = performance.now();
    const before = this.#watched.get(id);
    const isSame = before?.beatAt === beatAt;
    const quiet = isSame ? before.quiet + Math.min(now - before.lookedAt, this.#longestLook) : 0;
    const hasMoved = before !== undefined && (before.hasMoved || !isSame);
    const watched = { beatAt, lookedAt: now, quiet, hasMoved };
    this.#watched.set(id, watched);
    return watched;
  }

  /** What the looks so far have told; undefined of what was never looked at. */
  recall(id: string): Watched | undefined {
    return this.#watched.get(id);
  }

  forget(id: string): void {
    this.#watched.delete(id);
  }
}
