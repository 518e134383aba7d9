import { nameWithVariant, type StoredManifest } from '../runs.ts';
import type { RunUse } from './uses.ts';

/**
 * Runs that are kept for being new: of each pipeline, variant and cell the newest that computed something, so many of them, and
 * the newest whatever it did. Runs that took all from the cache, and runs of other pipelines, displace none of them.
 *
 * @param runs  newest first
 */
export function newestRuns(runs: readonly RunUse[], keepRuns: number): ReadonlySet<string> {
  const kept = new Set<string>();
  const seen = new Map<string, { runs: number; computed: number }>();
  for (const { run, manifest } of runs) {
    for (const { group, hasComputed } of groupsOf(manifest)) {
      const before = seen.get(group) ?? { runs: 0, computed: 0 };
      const isNew = before.runs === 0 || (hasComputed && before.computed < keepRuns);
      if (isNew && keepRuns > 0) kept.add(run);
      seen.set(group, { runs: before.runs + 1, computed: before.computed + (hasComputed ? 1 : 0) });
    }
  }
  return kept;
}

/** With its variant; undefined where the manifest does not say. */
export function pipelineOf(manifest: StoredManifest | undefined): string | undefined {
  return manifest?.pipeline && nameWithVariant(manifest.pipeline);
}

/** What a run belongs to: its pipeline with the variant, and of a matrix each of its cells; with whether it computed something of it. */
function groupsOf(manifest: StoredManifest | undefined): { group: string; hasComputed: boolean }[] {
  const described = manifest?.pipeline?.stages ?? [];
  const cellsOf = new Map(described.map(({ id, cells }) => [id, cells]));
  const computed = (manifest?.stages ?? []).filter(({ status }) => status === 'ran').map(({ id }) => cellsOf.get(id));
  const cells = [...new Set(described.flatMap((stage) => stage.cells ?? []))];
  return (cells.length === 0 ? [undefined] : cells).map((cell) => ({
    group: JSON.stringify([pipelineOf(manifest), cell]),
    hasComputed: computed.some((own) => own === undefined || (cell !== undefined && own.includes(cell))),
  }));
}
