import type { EngineName } from '@retort/engine/names';
import type { ByInput } from '@retort/foundation/inputs';
import type { Source, Work } from '@retort/foundation/work';
import type { DefinedStage, OfInputs, StageDefinition } from './definition.ts';
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

/** What a stage gets: `StageContext<typeof shout>`. It sees neither the store nor the runner. */
export interface StageContext<Stage extends StageDefinition = StageDefinition> extends Work {
  readonly config: ConfigOf<Stage>;
  readonly seed: number;
  readonly engine: EngineName;
  /** Cores that this stage may keep busy. Never decides bytes. */
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
  /** Rows of each table output, by port. */
  readonly rows?: Readonly<Record<string, number>>;
  /** Final figures, kept in the manifest and shown beside the stage ("loss", "accuracy"). Never decide bytes. */
  readonly metrics?: Readonly<Record<string, number>>;
}

/** What a stage's module exports: `export const run: StageRun<typeof shout> = async (context) => …`. */
export type StageRun<Stage extends StageDefinition> = (context: StageContext<Stage>) => Promise<StageResult>;

/** Of any stage: whoever runs it knows that the context is that stage's. */
export type AnyStageRun = (context: never) => Promise<StageResult>;
