import type { EngineName } from '@retort/engine/names';
import type { Source, Work } from '@retort/foundation/work';
import type { PortType } from './port-type.ts';

/** Its path is a copy of the user's own file or folder where the input was given as a path. Read-only. */
export interface InputArtifact extends Source {
  readonly type: PortType;
  /** Set for a path with several files: absolute paths, sorted. */
  readonly files?: readonly string[];
}

export interface OutputArtifact {
  readonly type: PortType;
  /** Absolute path of an empty folder. What lies there when `run` returns is the artifact. */
  readonly path: string;
}

/** What a stage gets. It sees neither the store nor the runner. */
export interface StageContext<Config> extends Work {
  readonly config: Config;
  readonly seed: number;
  readonly engine: EngineName;
  /** Cores that this stage may keep busy. Never decides bytes. */
  readonly threads: number;
  /** Connected roles only. */
  readonly inputs: Readonly<Record<string, InputArtifact>>;
  readonly outputs: Readonly<Record<string, OutputArtifact>>;
}

export interface StageResult {
  /** Rows of each table output, by port. */
  readonly rows?: Readonly<Record<string, number>>;
  /** Final figures, kept in the manifest and shown beside the stage ("loss", "accuracy"). Never decide bytes. */
  readonly metrics?: Readonly<Record<string, number>>;
}

export type StageRun<Config> = (context: StageContext<Config>) => Promise<StageResult>;
