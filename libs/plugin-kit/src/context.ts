import type { EngineName } from '@retort/engine/names';
import type { ByInput } from '@retort/foundation/inputs';
import type { Source, Work } from '@retort/foundation/work';
import type { DefinedStage, OfInputs, StageDefinition } from './definition.ts';
import type { PortType } from './port-type.ts';

/** Read-only. If the input was given as a path, this is a copy of the user's file or folder. */
export interface InputArtifact extends Source {
  readonly type: PortType;
  /** For a path with several files: their absolute paths, sorted. */
  readonly files?: readonly string[];
}

export interface OutputArtifact {
  readonly type: PortType;
  /** Absolute path of an empty folder. Its contents are the artifact when `run` returns. */
  readonly path: string;
}

/** What a running stage gets: `StageContext<typeof shout>`. It has no access to the store or the runner. */
export interface StageContext<Stage extends StageDefinition = StageDefinition> extends Work {
  readonly config: ConfigOf<Stage>;
  readonly seed: number;
  readonly engine: EngineName;
  /** Number of cores that this stage may use. Must never change the bytes. */
  readonly threads: number;
  /** Connected ones only; of an input that takes a list, always a list. */
  readonly inputs: InputsOf<Stage>;
  readonly outputs: OutputsOf<Stage>;
}

type ConfigOf<Stage> = Stage extends DefinedStage<infer Config, infer _Inputs, infer _Outputs> ? Config : never;

type InputsOf<Stage> =
  Stage extends DefinedStage<infer _Config, infer Inputs, infer _Outputs>
    ? unknown extends Inputs
      ? ByInput<InputArtifact>
      : OfInputs<Inputs, InputArtifact>
    : never;

type OutputsOf<Stage> =
  Stage extends DefinedStage<infer _Config, infer _Inputs, infer Outputs>
    ? unknown extends Outputs
      ? Readonly<Record<string, OutputArtifact>>
      : { readonly [Port in keyof Outputs]: OutputArtifact }
    : never;

export interface StageResult {
  /** Number of rows of each table output, by name. */
  readonly rows?: Readonly<Record<string, number>>;
  /** Final figures such as "loss" or "accuracy", stored in the manifest and shown with the stage. */
  readonly metrics?: Readonly<Record<string, number>>;
}

/** What a stage's module exports: `export const run: StageRun<typeof shout> = async (context) => …`. */
export type StageRun<Stage extends StageDefinition> = (context: StageContext<Stage>) => Promise<StageResult>;

/** `run` of any stage. Its caller passes that stage's context. */
export type AnyStageRun = (context: never) => Promise<StageResult>;
