import { findEventDamage } from '../event-log.ts';
import { statOf } from '../files.ts';
import type { StoreLayout } from '../layout.ts';
import { moveToQuarantine } from '../quarantine.ts';
import type { RunState } from '../run-state.ts';
import { readManifest, runFiles } from '../runs.ts';
import type { Finding } from './finding.ts';

export async function checkRun(layout: StoreLayout, run: string, state: RunState): Promise<Finding[]> {
  const findings = [await checkManifest(layout, run, state), await checkEvents(layout, run, state)];
  return findings.filter((finding) => finding !== undefined);
}

async function checkManifest(layout: StoreLayout, run: string, state: RunState): Promise<Finding | undefined> {
  if ((await readManifest(layout, run)) !== undefined) return undefined;
  const { folder, manifest, events } = runFiles(layout, run);
  const isThere = (await statOf(manifest)) !== undefined;
  // The manifest is written before the first event: without either, the run was only about to begin.
  if (!isThere && (state === 'alive' || (await statOf(events)) === undefined)) return undefined;
  const damage = isThere ? 'its content has changed, or it belongs to another run' : 'it is missing';
  const pieces = state === 'alive' ? { 'manifest.json': manifest } : { run: folder };
  return {
    kind: 'manifest',
    name: run,
    path: manifest,
    damage,
    advice:
      'The run can no longer be shown or reproduced, but its results are kept. Its folder is moved to quarantine.',
    setAside: () => moveToQuarantine(layout, `run-${run}`, `${manifest}: ${damage}`, pieces),
  };
}

async function checkEvents(layout: StoreLayout, run: string, state: RunState): Promise<Finding | undefined> {
  const files = runFiles(layout, run);
  const damage = await findEventDamage(files, { isFinished: state === 'ended' });
  if (damage === undefined) return undefined;
  const pieces = { 'events.jsonl': files.events, 'events.sums': files.sums };
  return {
    kind: 'event-log',
    name: run,
    path: files.events,
    damage,
    advice: 'It is only the log of the run. The manifest and results are not affected.',
    setAside: () => moveToQuarantine(layout, `events-${run}`, damage, pieces),
  };
}
