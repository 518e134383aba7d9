import { join } from 'node:path';
import type { RandomStream } from '@retort/foundation/random';
import { type CommandEnd, digestsOf, findStackTrace } from '../command.ts';
import type { SuiteCase } from '../suite.ts';
import { DamagedStore, type Whole } from './damaged-store.ts';
import { doDamage } from './do-damage.ts';
import { type DamageName, type FileKind, filesOf } from './kinds.ts';

export interface Trial {
  readonly kind: FileKind;
  readonly damage: DamageName;
}

export function nameOf({ kind, damage }: Trial): string {
  return `${kind.name}: ${damage}`;
}

interface Verification {
  readonly problems: readonly { readonly kind: string; readonly path: string; readonly damage: string }[];
}

const DONE = 0;
const DAMAGED = 3;

/**
 * Damages one file of a store. Then `verify` must report it, the pipeline must give what it gives without damage, and
 * afterwards nothing damaged may be left.
 */
export async function tryDamage(whole: Whole, trial: Trial, random: RandomStream): Promise<SuiteCase> {
  const { kind, damage } = trial;
  const name = nameOf(trial);
  const store = new DamagedStore(whole);
  try {
    if (kind.isOfThisCopy) await store.retort('verify');
    const files = filesOf(store.path, kind);
    if (files.length === 0) return { name, status: 'failed', detail: 'the store has no such file' };
    const at = random.below(files.length);
    const path = files[at] as string;
    const other = damage === 'swapped' ? await otherFile(whole, { store, kind, files, at }) : undefined;
    const how = doDamage(damage, join(store.path, path), { other, random });
    if (how === undefined) return { name, status: 'skipped', detail: `nothing to change in ${path}` };
    const fault = await findFault(store, whole, kind.reported.includes(damage));
    const seen = `${path}, ${how}`;
    return fault === undefined
      ? { name, status: 'held', detail: seen }
      : { name, status: 'failed', detail: `${seen}: ${fault}` };
  } finally {
    store.remove();
  }
}

/** Another of the same kind: the next one of the store, or one of another store where it has only this. */
async function otherFile(
  whole: Whole,
  { store, kind, files, at }: { store: DamagedStore; kind: FileKind; files: readonly string[]; at: number },
): Promise<string | undefined> {
  if (files.length > 1) return join(store.path, files[(at + 1) % files.length] as string);
  const foreign = await whole.foreign();
  const [first] = filesOf(foreign, kind);
  return first === undefined ? undefined : join(foreign, first);
}

async function findFault(store: DamagedStore, { digests }: Whole, mustReport: boolean): Promise<string | undefined> {
  const reported = await store.retort('verify', '--dry-run', '--json');
  const trace = findStackTrace(reported);
  if (trace !== undefined) return `verify printed a stack: ${trace}`;
  if (mustReport && reported.exitCode !== DAMAGED) return `verify ended with ${reported.exitCode}, expected 3`;
  if (mustReport && problemsOf(reported).length === 0) return 'verify reports no problem';
  return (await findWrongRun(store, digests)) ?? (await findWhatIsLeft(store));
}

async function findWrongRun(
  store: DamagedStore,
  digests: Readonly<Record<string, string>>,
): Promise<string | undefined> {
  const ran = await store.run();
  const trace = findStackTrace(ran);
  if (trace !== undefined) return `run printed a stack: ${trace}`;
  const found = digestsOf(ran);
  if (found === undefined) return `run ended with ${ran.exitCode}: ${ran.stderr.slice(-500)}`;
  const other = Object.keys(digests).find((port) => found[port] !== digests[port]);
  return other === undefined ? undefined : `${other} is ${found[other]}, without damage ${digests[other]}`;
}

/** After one verification, everything is whole; and the run would take everything from the cache, but for what was set aside. */
async function findWhatIsLeft(store: DamagedStore): Promise<string | undefined> {
  const first = await store.retort('verify', '--json');
  if (first.exitCode !== DONE && first.exitCode !== DAMAGED)
    return `verify ended with ${first.exitCode}: ${first.stderr.slice(-500)}`;
  if (problemsOf(first).length > 0 && store.setAside.length === 0 && !onlyMended(first)) return 'nothing was set aside';
  const second = await store.retort('verify', '--json');
  return second.exitCode === DONE ? undefined : `verify still reports ${JSON.stringify(problemsOf(second))}`;
}

/** Indexes and memos are made anew from what they are of. */
function onlyMended(end: CommandEnd): boolean {
  return problemsOf(end).every(({ kind }) => ['record-index', 'memo', 'claim'].includes(kind));
}

function problemsOf({ stdout }: CommandEnd): Verification['problems'] {
  return (JSON.parse(stdout) as Verification).problems;
}
