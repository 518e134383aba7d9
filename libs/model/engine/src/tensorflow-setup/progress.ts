/** What the set-up is doing. Bytes where they are counted. */
export interface SetupProgress {
  /** "fetch tensorflow_cpu-….whl", "unpack …", "compile the addon". */
  readonly step: string;
  readonly done?: number;
  readonly total?: number;
}

export type OnProgress = (progress: SetupProgress) => void;
