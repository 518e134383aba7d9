import { join } from 'node:path';
import { bundleEntry } from '@retort/code-closure';
import type { ArtifactMeasurement } from '@retort/run-comparison';
import { execa } from 'execa';

/** Two artifacts of one type whose bytes differ, as folders. */
export interface ArtifactPair {
  readonly type: 'model' | 'signals' | 'report';
  readonly before: string;
  readonly after: string;
}

/**
 * Measures how far artifacts lie apart, in a process of its own: reading weights and Arrow files needs libraries that no
 * command loads.
 */
export async function measureArtifacts(
  pairs: readonly ArtifactPair[],
  workspace: string,
): Promise<ArtifactMeasurement[]> {
  if (pairs.length === 0) return [];
  const { path } = await bundleEntry({ workspace, entryFile: join(workspace, 'apps/cli/src/measure/main.ts') });
  const { stdout } = await execa(process.execPath, [path], { input: JSON.stringify(pairs), maxBuffer: 1 << 28 });
  return JSON.parse(stdout) as ArtifactMeasurement[];
}
