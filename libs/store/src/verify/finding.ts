/** Something stored that is not as it was written. */
export interface StoreProblem {
  readonly kind:
    | 'artifact'
    | 'record'
    | 'record-index'
    | 'manifest'
    | 'event-log'
    | 'checkpoint'
    | 'claim'
    | 'pin'
    | 'memo';
  /** Digest, key, run id or name. */
  readonly name: string;
  readonly path: string;
  /** What is wrong, as half a sentence. */
  readonly damage: string;
  /** What it means for the user, and what to do. */
  readonly advice: string;
}

export interface Finding extends StoreProblem {
  /** Takes it out of use. */
  readonly setAside: () => Promise<unknown>;
}

/** How far verifying has come. */
export interface Checked {
  readonly artifacts: number;
  /** Of the artifacts. */
  readonly bytes: number;
  readonly records: number;
  readonly runs: number;
  readonly checkpoints: number;
  readonly pins: number;
}
