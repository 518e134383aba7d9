import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FAULT_VARIABLE } from '@retort/foundation/fault-points';
import { type CommandEnd, digestsOf, retort } from '../command.ts';
import { cutArguments } from '../crash/cut-pipeline.ts';

/** The stages up to one that trains, and leaves checkpoints when it is killed. */
const RUN = cutArguments('teacher');

/** A store with one of everything, and what its pipeline gives when nothing is damaged. */
export interface Whole {
  readonly workspace: string;
  readonly path: string;
  readonly digests: Readonly<Record<string, string>>;
  /** Path of a store of a pipeline that differs a little, interrupted in the same way: its files are valid, and wrong here. */
  readonly foreign: () => Promise<string>;
  readonly remove: () => void;
}

/** @throws Error when that cannot be brought about, with what the command printed */
export async function createWhole(workspace: string): Promise<Whole> {
  const folder = mkdtempSync(join(tmpdir(), 'retort-damage-'));
  const path = join(folder, 'store');
  const reference = await retort({ workspace, store: join(folder, 'reference'), args: RUN });
  const digests = digestsOf(reference);
  if (digests === undefined) throw new Error(`The run without damage did not end well:\n${reference.stderr}`);
  await interrupted(workspace, path, RUN);
  let other: Promise<void> | undefined;
  const foreign = async () => {
    const place = join(folder, 'foreign');
    await (other ??= interrupted(workspace, place, [...RUN, '--set', 'params.documents=13']));
    return place;
  };
  return { workspace, path, digests, foreign, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/**
 * One run is killed in its stage, so that checkpoints stay; another in the runner, so that a claim, an attempt and a run
 * stay that look as if they went on.
 */
async function interrupted(workspace: string, store: string, args: readonly string[]): Promise<void> {
  await retort({ workspace, store, args, env: { [FAULT_VARIABLE]: 'checkpoint.renamed:3' } });
  await retort({ workspace, store, args: ['pin', '--name', 'first'] });
  await retort({ workspace, store, args: ['pin', '--name', 'second', '--output', 'corpus.text'] });
  await retort({ workspace, store, args, env: { [FAULT_VARIABLE]: 'runner.stage-started' } });
  makeOld(store);
}

/** A copy, to be damaged. */
export class DamagedStore {
  readonly path: string;
  readonly #whole: Whole;
  readonly #folder = mkdtempSync(join(tmpdir(), 'retort-damage-'));

  constructor(whole: Whole) {
    this.#whole = whole;
    this.path = join(this.#folder, 'store');
    cpSync(whole.path, this.path, { recursive: true, preserveTimestamps: true });
  }

  run(): Promise<CommandEnd> {
    return this.retort(...RUN);
  }

  retort(...args: string[]): Promise<CommandEnd> {
    return retort({ workspace: this.#whole.workspace, store: this.path, args });
  }

  /** Names of what was set aside. */
  get setAside(): string[] {
    const quarantine = join(this.path, 'quarantine');
    return existsSync(quarantine) ? readdirSync(quarantine) : [];
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** Some hours old: a store leaves what is only seconds old to whoever may be about to finish it. */
function makeOld(path: string): void {
  const then = new Date(Date.now() - 10 * 3_600_000);
  const names = readdirSync(path, { recursive: true, encoding: 'utf8' });
  for (const name of names) utimesSync(join(path, name), then, then);
}
