import type { RecordedArtifact, StageRecord } from '@retort/store';
import type { StageFailure } from './events.ts';
import type { ManifestStage } from './manifest.ts';

/** How a stage of a run was settled. A union, so that only outputs that exist can be handed on. */
export type Outcome =
  | {
      readonly status: 'cached' | 'ran';
      readonly outputs: Readonly<Record<string, RecordedArtifact>>;
      readonly entry: ManifestStage;
    }
  | { readonly status: 'failed' | 'skipped' | 'interrupted'; readonly entry: ManifestStage };

export function cachedOutcome(entry: ManifestStage, { outputs, metrics, warnings }: StageRecord): Outcome {
  const settled = { ...entry, status: 'cached' as const, outputs, metrics, ...(warnings.length > 0 && { warnings }) };
  return { status: 'cached', outputs, entry: settled };
}

export function failedOutcome(entry: ManifestStage, error: StageFailure): Outcome {
  return { status: 'failed', entry: { ...entry, status: 'failed', error } };
}

/** It was not started: a stage that it needs failed, or the run was stopped before. */
export function skippedOutcome(entry: ManifestStage): Outcome {
  return { status: 'skipped', entry: { ...entry, status: 'skipped' } };
}
