/** What a stage needs to go on: small facts as JSON, and arrays of float32 whose bits are kept. */
export interface CheckpointContent {
  readonly state: unknown;
  readonly arrays?: ReadonlyMap<string, Float32Array>;
}

export interface Checkpoint {
  /** What `save` was given, after JSON. */
  readonly state: unknown;
  /**
   * Fills arrays that are there already, so that a model is never in memory twice.
   *
   * @throws RetortError CHECKPOINT_DOES_NOT_FIT unless names and lengths are those that were saved
   */
  readonly readArrays: (targets: ReadonlyMap<string, Float32Array>) => Promise<void>;
}

/**
 * How a stage goes on after a kill. All that it saves belongs to one key: settings, inputs, seed, engine and code are those
 * of the attempt that saved it. A stage that resumes must end with the bytes of one that was never killed.
 */
export interface Checkpoints {
  /** For files that grow, beside the checkpoints; undefined where nothing survives an attempt. Absolute. */
  readonly folder: string | undefined;
  /**
   * The newest checkpoint that is whole and this stage's own; undefined when the stage begins. Others are set aside with a
   * warning. Call it once, before anything is saved.
   *
   * @param findFault says what is wrong with a checkpoint as the stage sees it, such as a file beside it that is gone
   */
  readonly load: (findFault?: (state: unknown) => Promise<string | undefined>) => Promise<Checkpoint | undefined>;
  /**
   * To be called between two units of work: saves when that is due. When the stage was asked to stop, saves what is new
   * and throws StageInterrupted.
   *
   * @param step units that are done; ascending, and the same for the same state
   * @param capture asked only when something is saved; the arrays may be views of memory that changes later
   */
  readonly pass: (step: number, capture: () => CheckpointContent | Promise<CheckpointContent>) => Promise<void>;
  /** Saves now, due or not. */
  readonly save: (step: number, content: CheckpointContent) => Promise<void>;
}

/** For a stage that keeps nothing of an attempt: it starts from scratch each time. */
export function withoutCheckpoints(throwIfInterrupted: () => void): Checkpoints {
  return {
    folder: undefined,
    load: async () => undefined,
    pass: async () => throwIfInterrupted(),
    save: async () => {},
  };
}
