import { join } from 'node:path';
import { type CommandEnd, digestsOf, findStackTrace, retort } from '../command.ts';
import { cutArguments } from '../crash/cut-pipeline.ts';
import { isWanted, type Suite, type SuiteCase, type SuiteSettings } from '../suite.ts';
import { fullAtCheckpoint } from './full-at-checkpoint.ts';
import { littleMemoryCases } from './little-memory.ts';
import type { Outcome } from './outcome.ts';
import { SmallDisk } from './small-disk.ts';

const DISK_MEBIBYTES = 64;
const KIBI = 1024;
/** Free space at the beginning: each lets the run get a little farther. */
const FREE_KIBIBYTES = [0, 16, 64, 128, 160, 200, 256, 320, 400, 512, 768, 1024];

type Digests = Readonly<Record<string, string>>;

/** A disk that fills up in the middle of a run, and one that cannot be written: reported clearly, with everything stored intact. */
export const disk: Suite = {
  name: 'disk',
  description:
    'a disk that fills up, or is read-only, and too little memory: a clear error, an intact store, and a run that resumes once there is space',
  hasNamedCases: true,
  run: async (settings) => [...(await diskCases(FREE_KIBIBYTES, settings)), ...(await littleMemoryCases(settings))],
};

/** @param free  KiB that are free at the beginning of each try */
export async function diskCases(free: readonly number[], settings: SuiteSettings): Promise<SuiteCase[]> {
  const { rounds = free.length, seconds = Number.POSITIVE_INFINITY, say } = settings;
  const until = performance.now() + seconds * 1000;
  const cases: SuiteCase[] = [];
  let digests: Digests | undefined;
  for (const kibibytes of free.slice(0, rounds)) {
    if (performance.now() > until) break;
    const name = `full after ${kibibytes} KiB`;
    if (!isWanted(name, settings)) continue;
    const each = await onSmallDisk(name, async (store, small) => {
      digests ??= await reference(settings, small);
      return fillUp({ ...settings, store, small, digests, free: kibibytes * KIBI });
    });
    say(`${each.status}  ${each.name}  ${each.detail ?? ''}`);
    cases.push(each);
  }
  return [...cases, ...(await otherCases(settings))];
}

async function otherCases(settings: SuiteSettings): Promise<SuiteCase[]> {
  const attempts: Readonly<Record<string, (store: string, small: SmallDisk) => Promise<Outcome>>> = {
    'full at a checkpoint': (store, small) => fullAtCheckpoint(settings.workspace, { store, small }),
    'read-only': (store, small) => makeReadOnly({ ...settings, store, small }),
  };
  const cases: SuiteCase[] = [];
  for (const [name, attempt] of Object.entries(attempts)) {
    if (!isWanted(name, settings)) continue;
    const each = await onSmallDisk(name, attempt);
    settings.say(`${each.status}  ${each.name}  ${each.detail ?? ''}`);
    cases.push(each);
  }
  return cases;
}

async function onSmallDisk(
  name: string,
  attempt: (store: string, small: SmallDisk) => Promise<Outcome>,
): Promise<SuiteCase> {
  const small = await SmallDisk.mount(DISK_MEBIBYTES);
  if ('skipped' in small) return { name, status: 'skipped', detail: small.skipped };
  try {
    const { fault, seen } = await attempt(join(small.path, 'store'), small);
    return fault === undefined
      ? { name, status: 'held', detail: seen }
      : { name, status: 'failed', detail: `${seen}: ${fault}` };
  } finally {
    await small.unmount();
  }
}

const RUN = cutArguments('teacher');

async function reference({ workspace }: SuiteSettings, small: SmallDisk): Promise<Digests> {
  const ended = await retort({ workspace, store: join(small.path, 'reference'), args: RUN });
  const digests = digestsOf(ended);
  if (digests === undefined) throw new Error(`The run with enough room did not end well:\n${ended.stderr}`);
  return digests;
}

interface Filling extends SuiteSettings {
  readonly store: string;
  readonly small: SmallDisk;
  readonly digests: Digests;
  readonly free: number;
}

async function fillUp({ workspace, store, small, digests, free }: Filling): Promise<Outcome> {
  const type = (...args: string[]) => retort({ workspace, store, args });
  small.fill(free);
  const ended = await type(...RUN);
  const seen = `ended with ${ended.exitCode} ${codesIn(ended)}`;
  const fault = findWrongEnd(ended, 'DISK_FULL');
  if (fault !== undefined) return { fault, seen };
  small.makeRoom();
  const verified = await type('verify', '--dry-run');
  if (verified.exitCode !== 0) return { fault: `verify reports ${verified.stdout}${verified.stderr}`, seen };
  const again = await type(...RUN);
  const found = digestsOf(again);
  if (found === undefined)
    return { fault: `with room, the run ended with ${again.exitCode}: ${again.stderr.slice(-500)}`, seen };
  const other = Object.keys(digests).find((port) => found[port] !== digests[port]);
  return { fault: other === undefined ? undefined : `${other} has other bytes`, seen };
}

async function makeReadOnly({
  workspace,
  store,
  small,
}: SuiteSettings & { store: string; small: SmallDisk }): Promise<Outcome> {
  const type = (...args: string[]) => retort({ workspace, store, args });
  const first = await type(...cutArguments('corpus'));
  if (first.exitCode !== 0) return { fault: first.stderr.slice(-500), seen: 'before' };
  await small.setReadOnly(true);
  const ended = await type(...RUN);
  const seen = `ended with ${ended.exitCode} ${codesIn(ended)}`;
  const readers = [
    ['plan', ...RUN.filter((each) => each !== 'run' && each !== '--json')],
    ['verify'],
    ['gc'],
    ['show'],
    ['pin', '--list'],
  ];
  const wrong: string[] = [];
  for (const args of readers) {
    const read = await type(...args);
    if (read.exitCode !== 0) wrong.push(`${args[0]} ended with ${read.exitCode}: ${read.stderr.slice(-300)}`);
  }
  await small.setReadOnly(false);
  const again = await type(...RUN);
  if (again.exitCode !== 0)
    wrong.push(`when it can be written, the run ended with ${again.exitCode}: ${again.stderr.slice(-300)}`);
  return { fault: findWrongEnd(ended, 'DISK_READ_ONLY') ?? wrong[0], seen };
}

/** Enough room after all is a good end; without, the code of the error says why. */
function findWrongEnd(ended: CommandEnd, code: string): string | undefined {
  const trace = findStackTrace(ended);
  if (trace !== undefined) return `a stack: ${trace}`;
  if (ended.exitCode === 0) return code === 'DISK_FULL' ? undefined : `the run ended well, expected ${code}`;
  return ended.stderr.includes(code) ? undefined : `the run does not say ${code}: ${ended.stderr.slice(-500)}`;
}

function codesIn({ stderr }: CommandEnd): string {
  return [...new Set(stderr.match(/\b[A-Z]+(_[A-Z]+)+\b/g) ?? [])].join(', ');
}
