import assert from 'node:assert/strict';
import { join } from 'node:path';
import { having, type RetortOptions, requireNoStackTrace, requireResults, requireSame, retort } from '@retort/lab';
import { cutArguments } from '../cut-pipeline.ts';
import { requireWhole } from './ends.ts';
import type { SmallDisk } from './small-disk.ts';

/** Wide enough that a checkpoint, and the model at the end, need more room than there is, and logs and claims less. */
const WIDE = ['hiddenSize=64', 'intermediateSize=128'].flatMap((size) => [
  '--set',
  `stages.teacher.with.architecture.${size}`,
]);
const RUN = [...cutArguments('teacher'), ...WIDE];
const FREE_BYTES = 200 * 1024;
const CHECKPOINTS_BEFORE = 3;

/**
 * A disk that is full when a stage wants to save a checkpoint: the stage says so and goes on, what was saved before stays,
 * and with room the run goes on from there and ends with the bytes of one that always had room.
 */
export async function fullAtCheckpoint(
  workspace: string,
  { store, small }: { store: string; small: SmallDisk },
): Promise<string> {
  const type = (more: Partial<RetortOptions> = {}) => retort({ workspace, store, args: RUN, ...more });
  const reference = await type({ store: join(small.path, 'reference') });
  await type({ fault: `checkpoint.renamed:${CHECKPOINTS_BEFORE}` });
  small.fill(FREE_BYTES);
  const full = await type();
  small.makeRoom();
  const verified = await type({ args: ['verify', '--dry-run'] });
  const again = await type();
  return having(`ended with ${full.exitCode}, then with ${again.exitCode}`, () => {
    requireNoStackTrace(reference, full, verified, again);
    assert(
      full.stdout.includes('The stage continues without this checkpoint.'),
      `nothing was said of the checkpoint: ${full.stderr.slice(-500)}`,
    );
    assert(
      full.exitCode === 1 && full.stderr.includes('DISK_FULL'),
      `ended with ${full.exitCode}, expected 1 with DISK_FULL: ${full.stderr.slice(-500)}`,
    );
    requireWhole(verified);
    assert(again.stdout.includes(`Resumed from step ${CHECKPOINTS_BEFORE} of`), 'with room it began anew');
    requireSame(requireResults(reference), requireResults(again, 'with room, the run'));
  });
}
