import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { RandomStream } from '@retort/foundation/random';
import {
  type Ended,
  endOf,
  having,
  type Results,
  requireNoStackTrace,
  requireResults,
  requireSame,
  retort,
  skip,
} from '@retort/lab';
import { inCopy, RUN, type Whole } from './damaged-store.ts';
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

type Type = (...args: string[]) => Promise<Ended>;

/**
 * Damages one file of a store. Then `verify` must report it, the pipeline must give what it gives without damage, and
 * afterwards nothing damaged may be left.
 */
export function tryDamage(whole: Whole, { kind, damage }: Trial, random: RandomStream): Promise<string> {
  return inCopy(whole, async (store) => {
    const type: Type = (...args) => retort({ workspace: whole.workspace, store, args });
    if (kind.isOfThisCopy) await type('verify');
    const files = filesOf(store, kind);
    assert(files.length > 0, 'the store has no such file');
    const at = random.below(files.length);
    const path = files[at] as string;
    const other = damage === 'swapped' ? await otherFile(whole, { store, kind, files, at }) : undefined;
    const how = doDamage(damage, join(store, path), { other, random }) ?? skip(`nothing to change in ${path}`);
    return having(`${path}, ${how}`, async () => {
      requireReport(await type('verify', '--dry-run', '--json'), kind.reported.includes(damage));
      await requireRightRun(type, whole.results);
      await requireClean(type, store);
    });
  });
}

/** Another of the same kind: the next one of the store, or one of another store where it has only this. */
async function otherFile(
  whole: Whole,
  { store, kind, files, at }: { store: string; kind: FileKind; files: readonly string[]; at: number },
): Promise<string | undefined> {
  if (files.length > 1) return join(store, files[(at + 1) % files.length] as string);
  const foreign = await whole.foreign();
  const [first] = filesOf(foreign, kind);
  return first === undefined ? undefined : join(foreign, first);
}

function requireReport(reported: Ended, mustReport: boolean): void {
  requireNoStackTrace(reported);
  if (!mustReport) return;
  assert.equal(reported.exitCode, DAMAGED, `verify ended with ${reported.exitCode}, expected ${DAMAGED}`);
  assert(problemsOf(reported).length > 0, 'verify reports no problem');
}

async function requireRightRun(type: Type, expected: Results): Promise<void> {
  const ran = await type(...RUN);
  requireNoStackTrace(ran);
  requireSame(expected, requireResults(ran));
}

/** After one verification, everything is whole; and the run would take everything from the cache, but for what was set aside. */
async function requireClean(type: Type, store: string): Promise<void> {
  const first = await type('verify', '--json');
  const isRight = first.exitCode === DONE || first.exitCode === DAMAGED;
  assert(isRight, `verify ended with ${endOf(first)}: ${first.stderr.slice(-500)}`);
  const quarantine = join(store, 'quarantine');
  const isSetAside = existsSync(quarantine) && readdirSync(quarantine).length > 0;
  assert(problemsOf(first).every(isMended) || isSetAside, 'nothing was set aside');
  const second = await type('verify', '--json');
  assert.equal(second.exitCode, DONE, `verify still reports ${JSON.stringify(problemsOf(second))}`);
}

/** Indexes and memos are made anew from what they are of. */
function isMended({ kind }: Verification['problems'][number]): boolean {
  return ['record-index', 'memo', 'claim'].includes(kind);
}

function problemsOf({ stdout }: Ended): Verification['problems'] {
  return (JSON.parse(stdout) as Verification).problems;
}
