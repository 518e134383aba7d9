import { join } from 'node:path';
import { FAULT_VARIABLE } from '@retort/foundation/fault-points';
import { type CommandEnd, digestsOf, findStackTrace, retort } from '../command.ts';
import { cutArguments } from '../crash/cut-pipeline.ts';
import type { Outcome } from './outcome.ts';
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
): Promise<Outcome> {
  const type = (args: readonly string[], env = {}, at = store) => retort({ workspace, store: at, args, env });
  const reference = await type(RUN, {}, join(small.path, 'reference'));
  await type(RUN, { [FAULT_VARIABLE]: `checkpoint.renamed:${CHECKPOINTS_BEFORE}` });
  small.fill(FREE_BYTES);
  const full = await type(RUN);
  small.makeRoom();
  const verified = await type(['verify', '--dry-run']);
  const again = await type(RUN);
  return {
    seen: `ended with ${full.exitCode}, then with ${again.exitCode}`,
    fault: findFault({ reference, full, verified, again }),
  };
}

function findFault(
  ends: Readonly<Record<'reference' | 'full' | 'verified' | 'again', CommandEnd>>,
): string | undefined {
  const { reference, full, verified, again } = ends;
  const trace = Object.values(ends)
    .map(findStackTrace)
    .find((each) => each !== undefined);
  if (trace !== undefined) return `a stack: ${trace}`;
  if (!full.stdout.includes('The stage continues without this checkpoint.'))
    return `nothing was said of the checkpoint: ${full.stderr.slice(-500)}`;
  if (full.exitCode !== 1 || !full.stderr.includes('DISK_FULL'))
    return `ended with ${full.exitCode}, expected 1 with DISK_FULL: ${full.stderr.slice(-500)}`;
  if (verified.exitCode !== 0) return `verify reports ${verified.stdout}`;
  if (!again.stdout.includes(`Resumed from step ${CHECKPOINTS_BEFORE} of`)) return 'with room it began anew';
  const [expected, found] = [digestsOf(reference), digestsOf(again)];
  if (expected === undefined || found === undefined) return `with room: ${again.stderr.slice(-500)}`;
  const other = Object.keys(expected).find((port) => found[port] !== expected[port]);
  return other === undefined ? undefined : `${other} has other bytes`;
}
