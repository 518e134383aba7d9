import type { ArtifactMeasurement } from '@retort/pipeline-comparison';
import { askApart } from '../apart.ts';

/** Two artifacts of one type whose bytes differ, as folders. */
export interface ArtifactPair {
  readonly type: 'model' | 'signals' | 'report' | 'history';
  readonly before: string;
  readonly after: string;
}

/** Measures how far artifacts lie apart. */
export async function measureArtifacts(
  pairs: readonly ArtifactPair[],
  installation: string,
): Promise<ArtifactMeasurement[]> {
  return pairs.length === 0 ? [] : askApart('measure/main.ts', pairs, installation);
}
