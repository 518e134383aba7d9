import type { Checkpoints } from './checkpoints/checkpoints.ts';
import type { EngineName } from './engine-name.ts';
import type { PortType } from './port-type.ts';

export interface InputArtifact {
  readonly type: PortType;
  /** Absolute path of the artifact's folder, or of a copy of the user's own file or folder where the input was given as a path. Read-only. */
  readonly path: string;
  readonly digest: string;
  /** For messages: `tokenize.train`, or the path as the user wrote it. */
  readonly label: string;
  /** Set for a path with several files: absolute paths, sorted. */
  readonly files?: readonly string[];
}

export interface OutputArtifact {
  readonly type: PortType;
  /** Absolute path of an empty folder. What lies there when `run` returns is the artifact. */
  readonly path: string;
}

export interface Progress {
  readonly done: number;
  /** Missing where it is not known. */
  readonly total?: number;
  /** What is counted: "sentences", "steps". */
  readonly unit: string;
  /** Current values to show beside the bar, such as losses. */
  readonly values?: Readonly<Record<string, number>>;
  /** What some of these values are expected to be by now, lowest and highest. */
  readonly expected?: Readonly<Record<string, readonly [low: number, high: number]>>;
}

/** What a stage gets. It sees neither the store nor the runner. */
export interface StageContext<Config> {
  readonly config: Config;
  readonly seed: number;
  readonly engine: EngineName;
  /** Cores that this stage may keep busy. Never decides bytes. */
  readonly threads: number;
  /** Connected roles only. */
  readonly inputs: Readonly<Record<string, InputArtifact>>;
  readonly outputs: Readonly<Record<string, OutputArtifact>>;
  /** Throws StageInterrupted once the runner has asked the stage to stop. Call it between units of work. */
  readonly throwIfInterrupted: () => void;
  /** What survives an attempt that is killed. A stage of more than seconds uses it: `load` first, then `pass` between units of work. */
  readonly checkpoints: Checkpoints;
  /** Cheap; the host sends at most a few a second. */
  readonly progress: (progress: Progress) => void;
  readonly log: (message: string) => void;
  /** Shown to the user beside the stage, and kept in the manifest. */
  readonly warn: (message: string) => void;
}

export interface StageResult {
  /** Rows of each table output, by port. */
  readonly rows?: Readonly<Record<string, number>>;
  /** Final figures, kept in the manifest and shown beside the stage ("loss", "accuracy"). Never decide bytes. */
  readonly metrics?: Readonly<Record<string, number>>;
}

export type StageRun<Config> = (context: StageContext<Config>) => Promise<StageResult>;
