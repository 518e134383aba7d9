import type { DiagnosticLocation } from '@retort/foundation/diagnostics';
import type { ByInput } from '@retort/foundation/inputs';
import type { StageDefinition } from '@retort/plugin-kit';
import type { RunDocument } from './document.generated.ts';
import type { InputReference, OutputReference } from './input-reference.ts';
import type { JsonPath } from './json-path.ts';
import type { ParamValue } from './params.ts';

/** One stage as its file says, valid by itself: every default explicit, parameters put in. */
export interface PipelineStage {
  readonly id: string;
  readonly definition: StageDefinition;
  /** Satisfies `definition.configSchema`, with every default explicit. */
  readonly config: unknown;
  readonly seed: number;
  readonly run: RunDocument;
  /** Not yet looked up. */
  readonly inputs: ByInput<InputReference>;
}

/** A pipeline file after variant, `--set`, parameters and both validation passes. */
export interface ResolvedPipeline {
  readonly name: string;
  readonly description: string;
  /** Absolute. */
  readonly file: string;
  readonly seed: number;
  readonly variant?: string;
  readonly params: Readonly<Record<string, ParamValue>>;
  /** In the order of the file. */
  readonly stages: ReadonlyMap<string, PipelineStage>;
  readonly results: readonly OutputReference[];
  /** Every pipeline that this one needs, also through others, by name; loaded with its defaults. */
  readonly imports: ReadonlyMap<string, ResolvedPipeline>;
  /** The place of something inside a stage, such as `['with', 'batchSize']`: in the file, its variant, or a `--set`. */
  readonly locate: (stage: string, path: JsonPath, what?: 'value' | 'name') => DiagnosticLocation;
  readonly locateResult: (index: number) => DiagnosticLocation;
}
