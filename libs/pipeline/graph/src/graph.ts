import type { ByInput } from '@retort/foundation/inputs';
import type { MatrixAxis, ParamValue } from '@retort/pipeline-schema';
import type { EngineName, Facts, OutputPort, StageDefinition } from '@retort/plugin-kit';
import type { StageRecord } from '@retort/store';
import type { InputSource } from './plan.ts';

/** A stage with everything resolved: parameters, variant, `--set`, defaults of its schema, paths made absolute and digested. */
export interface ResolvedStage {
  /**
   * `student-train`, `general-distill#student-train` for a stage of another pipeline, or `student-train[seed=1]` for one
   * that only some cells of a matrix have.
   */
  readonly id: string;
  /** Ids of the cells that it is part of, where a matrix has others too. */
  readonly cells?: readonly string[];
  readonly definition: StageDefinition;
  readonly config: unknown;
  readonly seed: number;
  readonly run: StageRunSettings;
  /** Connected ones only. */
  readonly inputs: ByInput<InputSource>;
  readonly outputs: Readonly<Record<string, OutputPort>>;
  /** What is known of each output before anything has run, by port. */
  readonly facts: Readonly<Record<string, Facts>>;
  /** What its inputs of the user give rise to, for the plan to show. */
  readonly warnings?: readonly string[];
  /** Bytes that the outputs will take, where the stage can tell. */
  readonly estimatedBytes?: number;
  /** Digest of what decides how much memory the stage takes, where it can tell. Never part of the key. */
  readonly size?: string;
}

/** Operational settings: never part of the key. */
export interface StageRunSettings {
  /** Most cores; the runner gives it a share of what there is, and never more than this. */
  readonly threads?: number;
  /** Attempts after a failure that may pass (a crashed process, not bad data). */
  readonly retries: number;
  readonly timeoutSeconds?: number;
  /** The least seconds between two checkpoints; the host's own default when missing. */
  readonly checkpointEverySeconds?: number;
  readonly checkpointEverySteps?: number;
}

/** In topological order, stages of other pipelines included. Checked: no cycle, all ports there, types fit. */
export interface PipelineGraph {
  readonly name: string;
  readonly description: string;
  readonly file: string;
  /** The set of overrides that was chosen; missing when none was. */
  readonly variant?: string;
  /** Values of the pipeline's own parameters, paths absolute. */
  readonly params: Readonly<Record<string, ParamValue>>;
  readonly stages: readonly ResolvedStage[];
  /** Outputs that the summary of a run points to, in the order of the file. */
  readonly results: readonly GraphOutput[];
  readonly matrix?: GraphMatrix;
}

export interface GraphOutput {
  readonly stage: string;
  readonly port: string;
}

/** What the cells of a graph differ in. */
export interface GraphMatrix {
  readonly axes: readonly Omit<MatrixAxis, 'values'>[];
  readonly cells: readonly GraphCell[];
}

export interface GraphCell {
  /** `seed=1,attention.weight=0` */
  readonly id: string;
  /** Name of the axis -> value. */
  readonly values: Readonly<Record<string, unknown>>;
  /** The pipeline's results in this cell. */
  readonly results: readonly GraphOutput[];
}

/** What planning asks the store. */
export interface RecordLookup {
  /** The record of a key, only if every artifact that it names is present. */
  readonly findRecord: (key: string) => Promise<StageRecord | undefined>;
  /** Newest first: records of the same stage kind, for saying what changed. */
  readonly recentRecords: (uses: string) => Promise<readonly StageRecord[]>;
}

/** What planning asks of the code: the bundled closure of a stage's program, as `programOf` names it. */
export interface CodeLookup {
  readonly closureOf: (program: string) => Promise<CodeClosure>;
  /** What a closure was made of, file by file, for saying which one changed. Undefined where nobody knows. */
  readonly modulesOf?: (digest: string) => Promise<ModuleDigests | undefined>;
  /** Where the bundle of a closure lies, its bytes read and the right ones. To be asked for right before it is run. */
  readonly requireIntact?: (program: string, closure: CodeClosure) => Promise<string>;
}

/** Our files by their path in the workspace, with the digest of their minified source; npm packages with their version. */
export type ModuleDigests = Readonly<Record<string, string>>;

export interface CodeClosure {
  /** SHA-256 of the minified bundle of the module and everything of ours that it imports. */
  readonly digest: string;
  /** Installed outside packages that it imports, with everything that those need: name -> version and digest of the files. */
  readonly packages: Readonly<Record<string, string>>;
  /** Those with compiled code for this system: name -> digest of it. Not the same on every machine, and so in no key. */
  readonly binaries?: Readonly<Record<string, string>>;
  /** The bundle. */
  readonly path: string;
}

export interface PlanContext {
  /** Name of the pipeline. */
  readonly pipeline: string;
  readonly records: RecordLookup;
  readonly code: CodeLookup;
  readonly engine: EngineName;
}
