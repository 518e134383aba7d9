import type { EngineName } from '@retort/engine/names';
import type { Diagnostic, SettingProblem } from '@retort/foundation/diagnostics';
import { type ExtensionPointName, perRegistration } from '@retort/foundation/extensions';
import type { ByInput } from '@retort/foundation/inputs';
import type { StageRun } from './context.ts';
import type { Facts } from './facts.ts';
import type { PortType } from './port-type.ts';

/** How an input may be given as a path instead of another stage's output. Without it, a path is refused. */
export interface PathInput {
  /** `file`: one file. `folder`: one folder. `files`: a file, a folder or a glob. */
  readonly kind: 'file' | 'folder' | 'files';
  /** For a `folder`: a model of the HuggingFace hub is also allowed, as `hf:owner/name@revision`. */
  readonly hub?: true;
  /**
   * What is known of the user's file or folder while planning, without reading most of it: facts for the stage's own
   * checks, problems, which are reported where the input is given, and warnings, which the plan shows.
   */
  readonly inspect?: (path: string, config: unknown) => Promise<PathInspection>;
}

export interface PathInspection {
  readonly facts: Facts;
  readonly problems: readonly Omit<Diagnostic, 'location'>[];
  /** What the user should check, although it may be right. The plan shows it. */
  readonly warnings?: readonly string[];
}

export interface InputPort {
  /** Types that can be connected. */
  readonly types: readonly PortType[];
  readonly description: string;
  readonly optional?: boolean;
  /** Takes several artifacts in order. The pipeline file gives one or a list; `run` always gets a list. */
  readonly list?: true;
  readonly path?: PathInput;
}

export interface OutputPort {
  readonly type: PortType;
  readonly description: string;
  /** It contains measured times, so its bytes differ between executions. That is not an error. */
  readonly isMeasured?: boolean;
}

/** A problem found by a stage's own check. `path` is relative to the stage: `['with', 'student', 'heads']`. */
export type StageProblem = SettingProblem;

/** A `with` block as written in its file. */
export type GivenSettings = Readonly<Record<string, unknown>>;

/** What `describe`, `check` and `estimate` of a stage get: its resolved `with` and the facts of its inputs. */
export interface StageView<Config, Inputs = ByInput<Facts>> {
  readonly config: Config;
  /** Connected ones only; of an input that takes a list, always a list. */
  readonly inputs: Inputs;
  readonly engine: EngineName;
}

/** A setting that changes while a stage runs. `plan` draws it. */
export interface Curve {
  /** Path inside `with`: `loss.attention.weight`. */
  readonly name: string;
  /** Values from the first step to the last, evenly spaced. */
  readonly values: readonly number[];
  /** Number of steps, if it is known or estimated. */
  readonly steps?: number;
}

export interface StageEstimate {
  /** Size of the outputs on disk, if they can be large. */
  readonly bytes?: number;
  /** Largest allowed size. */
  readonly budgetBytes?: number;
}

/**
 * Everything about a stage that can be known without running it. Imports nothing heavy: planning a pipeline loads all
 * definitions and no tensor library. The code that runs lives behind `module`.
 */
export interface StageDefinition<Config = unknown> {
  /** The `uses` value. Folder, package, documentation page and commit scope have the same name. */
  readonly kind: string;
  /** Part of the key. Raise it if the same inputs should give different bytes although no code changed. */
  readonly version: number;
  readonly description: string;
  /** `stage.schema.json`: closed, every property described, defaults explicit. */
  readonly configSchema: Readonly<Record<string, unknown>>;
  /**
   * Fills in settings that others imply, such as those of a preset, before the schema's defaults. Explicit settings win.
   * Gets the settings as written, before validation, and must not change what it does not understand: the schema reports it.
   */
  readonly complete?: (given: GivenSettings, connected: readonly string[]) => GivenSettings;
  readonly inputs: Readonly<Record<string, InputPort>>;
  /** All outputs, or a function of the connected inputs and the resolved `with`. */
  readonly outputs: (view: { config: Config; connected: readonly string[] }) => Readonly<Record<string, OutputPort>>;
  /** Whether the engine is part of the key. */
  readonly usesEngine: boolean;
  /** Whether the seed is part of the key; may depend on the resolved `with`. */
  readonly usesSeed: boolean | ((config: Config) => boolean);
  /** The module that exports `run`: a package specifier, such as `@retort/stage-corpus/run`, or for a plug-in a path from its module. */
  readonly module: string;
  /** Facts of each output, by name. */
  readonly describe?: (view: StageView<Config>) => Readonly<Record<string, Facts>>;
  /** Checks that a schema cannot express. Runs on settings that satisfy the schema. */
  readonly check?: (view: StageView<Config>) => readonly StageProblem[];
  /** Settings that change while the stage runs. */
  readonly curves?: (view: StageView<Config>) => readonly Curve[];
  /**
   * Names of the objects that the resolved settings use, by extension point: `{ lossTerms: ['attention'] }`. The code of the
   * plug-ins that bring them becomes part of the stage's program, and so of its key.
   */
  readonly extensions?: (config: Config) => UsedExtensions;
  /**
   * The settings that decide how large the work is. The plan estimates memory from earlier runs of the same size, on models
   * of the same geometry.
   */
  readonly size?: (config: Config) => unknown;
  /** Its size, as far as it is known beforehand. */
  readonly estimate?: (view: StageView<Config>) => StageEstimate;
}

interface OptionalPort {
  readonly optional: true;
}

interface ListPort {
  readonly list: true;
}

/** A value for each input of a stage: missing where an optional one is not connected, a list where it takes one. */
export type OfInputs<Ports, Value> = {
  readonly [Name in keyof Ports as Ports[Name] extends OptionalPort ? never : Name]: OfInput<Ports[Name], Value>;
} & {
  readonly [Name in keyof Ports as Ports[Name] extends OptionalPort ? Name : never]?: OfInput<Ports[Name], Value>;
};

type OfInput<Port, Value> = Port extends ListPort ? readonly Value[] : Value;

export type UsedExtensions = Readonly<Partial<Record<ExtensionPointName, readonly string[]>>>;

type JsonSchema = StageDefinition['configSchema'];

type InputPorts = Readonly<Record<string, InputPort>>;
type OutputPorts = Readonly<Record<string, OutputPort>>;

declare const types: unique symbol;

/** A definition that knows the types of its settings and ports. They are there for `StageContext` alone. */
export interface DefinedStage<Config, Inputs, Outputs> extends StageDefinition {
  readonly [types]?: { readonly config: Config; readonly inputs: Inputs; readonly outputs: Outputs };
}

/** Members that use the facts of the inputs, whose names and lists `defineStage` knows. */
type FromFacts = 'describe' | 'check' | 'curves' | 'estimate';

type OfFacts<Told, View> = Told extends ((view: never) => infer Answer) | undefined ? (view: View) => Answer : never;

/** A schema made from the objects of an extension point is a function, because plug-ins are registered later. */
type StageToDefine<Config, Inputs, Outputs> = Omit<
  StageDefinition<Config>,
  'configSchema' | 'inputs' | 'outputs' | 'module' | FromFacts
> & {
  readonly [Name in FromFacts]?: OfFacts<StageDefinition<Config>[Name], StageView<Config, OfInputs<Inputs, Facts>>>;
} & {
  readonly configSchema: JsonSchema | (() => JsonSchema);
  readonly inputs: Inputs;
  readonly outputs: (view: { readonly config: Config; readonly connected: readonly string[] }) => Outputs;
  readonly module?: string;
  /** What the stage does, for a stage in one file without a `module`. The file may import tensor libraries. */
  readonly run?: StageRun<DefinedStage<Config, Inputs, Outputs>>;
};

/**
 * Takes the types of a definition from the definition: `defineStage<Settings>()({ kind: 'shout', … })`. Called twice, because
 * the type of the settings is given and those of the ports are found.
 */
export function defineStage<Config>() {
  return <const Inputs extends InputPorts, const Outputs extends OutputPorts>({
    configSchema: given,
    // Where a stage in one file lies, only whoever loads its plug-in knows.
    module = '',
    ...definition
  }: StageToDefine<Config, Inputs, Outputs>): DefinedStage<Config, Inputs, Outputs> => {
    const configSchema = typeof given === 'function' ? perRegistration(given) : () => given;
    const defined = Object.defineProperty({ ...definition, module }, 'configSchema', {
      get: configSchema,
      enumerable: true,
    });
    return defined as unknown as DefinedStage<Config, Inputs, Outputs>;
  };
}
