/** Something that nobody needs any more, or that costs more room than it is worth. */
export interface GarbageItem {
  /**
   * `result`: a record with the artifacts that only it names. `artifact`: one that no record names. `presence`: what says that a
   * run goes on whose process died.
   */
  readonly kind:
    | 'result'
    | 'artifact'
    | 'run'
    | 'checkpoint'
    | 'attempt'
    | 'claim'
    | 'presence'
    | 'quarantine'
    | 'temporary';
  /** Key, digest, run id, or path below the store. */
  readonly name: string;
  /** What its removal sets free. */
  readonly bytes: number;
  /** Why it goes, as half a sentence. */
  readonly why: string;
  /** Of a result or run: its pipeline, with the variant after a colon, where that is known. */
  readonly pipeline?: string;
  /** Of a result: ISO 8601, the stage that made it, and how long that took. */
  readonly madeAt?: string;
  readonly stage?: string;
  readonly uses?: string;
  readonly seconds?: number;
  /** Of a result: the artifacts that go with it. */
  readonly artifacts?: readonly string[];
}

export interface GarbageOptions {
  /**
   * Of each pipeline, variant and cell, the newest runs that computed something whose results are kept. Running and
   * pinned runs are kept as well.
   */
  readonly keepRuns: number;
  /** Nothing younger goes. For what is set aside and for checkpoints, instead of their own ages. */
  readonly olderThanSeconds?: number;
  /** Results go only as far as needed to fit into these bytes, those that are cheap to compute again for their size first. */
  readonly budgetBytes?: number;
}

export interface GarbagePlan {
  readonly items: readonly GarbageItem[];
  /** Of everything in the store. */
  readonly bytes: number;
  /** What is left when the items are gone. */
  readonly bytesAfter: number;
  /** Runs whose results may be deleted. Results of all other runs are kept, including runs that ended after the plan was made. */
  readonly oldRuns: ReadonlySet<string>;
  readonly kept: { readonly runs: number; readonly results: number; readonly pins: number };
}
