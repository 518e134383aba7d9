import type { ByInput } from '@retort/foundation/inputs';
import type { EngineName, Facts, OutputPort } from '@retort/plugin-kit';

/** Where an input comes from. */
export type InputSource =
  | { readonly kind: 'stage'; readonly stage: string; readonly port: string }
  | {
      readonly kind: 'path';
      readonly path: string;
      readonly files: readonly string[];
      readonly digest: string;
      /** A model of the HuggingFace hub: `path` is where it lies once it was downloaded, and `files` are left out. */
      readonly hub?: { readonly repository: string; readonly commit: string };
    };

/** Everything that decides a stage's bytes. Its digest is the stage's key. Stored whole, so that two can be compared. */
export interface KeyDocument {
  readonly schemaVersion: number;
  readonly uses: string;
  readonly version: number;
  readonly code: { readonly digest: string; readonly packages: Readonly<Record<string, string>> };
  /** Artifact digests by `inputLabel`: `tokens`, `signals`, `signals[1]`. */
  readonly inputs: Readonly<Record<string, string>>;
  readonly with: unknown;
  readonly seed?: number;
  readonly engine?: EngineName;
  readonly outputs: readonly string[];
}

/** A stage of the plan. Stages of other pipelines have ids like `general-distill#student-train`. */
export interface PlannedStage {
  readonly id: string;
  /** Ids of the cells of the matrix that it is part of; missing where it is part of all. */
  readonly cells?: readonly string[];
  readonly uses: string;
  /** Undefined while an input's bytes are not known. */
  readonly key?: string;
  readonly keyDocument?: KeyDocument;
  readonly status: 'cached' | 'run' | 'unknown';
  /** One line for people: why it runs, or that it is cached. */
  readonly reason: string;
  /** Runs even when a record of its key is there: `--force`, or `--from`. Hand it to `planStage` when planning again. */
  readonly isForced?: true;
  readonly estimatedBytes?: number;
  /** The most memory that earlier runs of this size took; missing where there was none. */
  readonly estimatedPeakMemoryBytes?: number;
  readonly inputs: ByInput<InputSource>;
  readonly outputs: Readonly<Record<string, OutputPort>>;
  readonly facts: Readonly<Record<string, Facts>>;
  /** port -> artifact digest, when cached. */
  readonly artifacts?: Readonly<Record<string, string>>;
}

/** In execution order: a stage comes after everything that it needs. */
export interface Plan {
  readonly pipeline: string;
  readonly stages: readonly PlannedStage[];
}
