import assert from 'node:assert/strict';
import { join } from 'node:path';
import {
  type Case,
  type Ended,
  having,
  type Results,
  requireNoStackTrace,
  requireResults,
  requireSame,
  retort,
  roundsOf,
  type Suite,
  type SuiteContext,
} from '@retort/lab';
import { cutArguments } from '../cut-pipeline.ts';
import { codesIn, requireWhole } from './ends.ts';
import { fullAtCheckpoint } from './full-at-checkpoint.ts';
import { littleMemoryCases } from './little-memory.ts';
import { onSmallDisk, type SmallDisk } from './small-disk.ts';

const KIBI = 1024;
/** Free space at the beginning: each lets the run get a little farther. */
const FREE_KIBIBYTES = [0, 16, 64, 128, 160, 200, 256, 320, 400, 512, 768, 1024];

/** A disk that fills up in the middle of a run, and one that cannot be written: reported clearly, with everything stored intact. */
export const disk: Suite = {
  name: 'disk',
  description:
    'a disk that fills up, or is read-only, and too little memory: a clear error, an intact store, and a run that resumes once there is space',
  cases: (context) => [...diskCases(context), ...littleMemoryCases(context)],
};

export function diskCases(context: SuiteContext, free: readonly number[] = FREE_KIBIBYTES): Case[] {
  const { workspace } = context;
  let reference: Results | undefined;
  return [
    ...free.slice(0, roundsOf(context, free.length)).map((kibibytes) => ({
      name: `full after ${kibibytes} KiB`,
      run: () =>
        onSmallDisk(async (small) => {
          reference ??= requireResults(await typeOn(small, workspace, 'reference')(...RUN), 'the run with enough room');
          return fillUp(typeOn(small, workspace), { small, reference, free: kibibytes * KIBI });
        }),
    })),
    {
      name: 'full at a checkpoint',
      run: () => onSmallDisk((small) => fullAtCheckpoint(workspace, { store: join(small.path, 'store'), small })),
    },
    { name: 'read-only', run: () => onSmallDisk((small) => makeReadOnly(typeOn(small, workspace), small)) },
  ];
}

type Type = (...args: string[]) => Promise<Ended>;

function typeOn(small: SmallDisk, workspace: string, store = 'store'): Type {
  return (...args) => retort({ workspace, store: join(small.path, store), args });
}

const RUN = cutArguments('teacher');

async function fillUp(
  type: Type,
  { small, reference, free }: { small: SmallDisk; reference: Results; free: number },
): Promise<string> {
  small.fill(free);
  const ended = await type(...RUN);
  return having(`ended with ${ended.exitCode} ${codesIn(ended).join(', ')}`, async () => {
    requireNoStackTrace(ended);
    // Enough room after all is a good end; without, the code of the error says why.
    if (ended.exitCode !== 0) requireCode(ended, 'DISK_FULL');
    small.makeRoom();
    requireWhole(await type('verify', '--dry-run'));
    requireSame(reference, requireResults(await type(...RUN), 'with room, the run'));
  });
}

async function makeReadOnly(type: Type, small: SmallDisk): Promise<string> {
  requireResults(await type(...cutArguments('corpus')), 'before, the run');
  await small.setReadOnly(true);
  const ended = await type(...RUN);
  const readers = [
    ['plan', ...RUN.filter((each) => each !== 'run' && each !== '--json')],
    ['verify'],
    ['gc'],
    ['show'],
    ['pin', '--list'],
  ];
  return having(`ended with ${ended.exitCode} ${codesIn(ended).join(', ')}`, async () => {
    requireNoStackTrace(ended);
    assert(ended.exitCode !== 0, 'the run ended well, expected DISK_READ_ONLY');
    requireCode(ended, 'DISK_READ_ONLY');
    for (const args of readers) {
      const { exitCode, stderr } = await type(...args);
      assert.equal(exitCode, 0, `${args[0]} ended with ${exitCode}: ${stderr.slice(-300)}`);
    }
    await small.setReadOnly(false);
    requireResults(await type(...RUN), 'when it can be written, the run');
  });
}

function requireCode({ stderr }: Ended, code: string): void {
  assert(stderr.includes(code), `the run does not say ${code}: ${stderr.slice(-500)}`);
}
