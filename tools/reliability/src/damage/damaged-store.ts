import { cpSync, readdirSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { inFolder, lazily, type Results, requireResults, retort, type SuiteContext } from '@retort/lab';
import { cutArguments } from '../cut-pipeline.ts';

/** The stages up to one that trains, and leaves checkpoints when it is killed. */
export const RUN = cutArguments('teacher');

/** A store with one of everything, and what its pipeline gives when nothing is damaged. */
export interface Whole {
  readonly workspace: string;
  readonly scratchFolder: string;
  readonly path: string;
  readonly results: Results;
  /** Path of a store of a pipeline that differs a little, interrupted in the same way: its files are valid, and wrong here. */
  readonly foreign: () => Promise<string>;
}

/** @throws Error when that cannot be brought about, with what the command printed */
export async function createWhole({
  workspace,
  scratchFolder,
}: Pick<SuiteContext, 'workspace' | 'scratchFolder'>): Promise<Whole> {
  const place = (name: string) => join(scratchFolder, name);
  const reference = await retort({ workspace, store: place('reference'), args: RUN });
  const results = requireResults(reference, 'the run without damage');
  const path = await interrupted(workspace, place('store'), RUN);
  const foreign = lazily(() => interrupted(workspace, place('foreign'), [...RUN, '--set', 'params.documents=13']));
  return { workspace, scratchFolder, path, results, foreign };
}

/**
 * One run is killed in its stage, so that checkpoints stay; another in the runner, so that a claim, an attempt and a run
 * stay that look as if they went on.
 */
async function interrupted(workspace: string, store: string, args: readonly string[]): Promise<string> {
  await retort({ workspace, store, args, fault: 'checkpoint.renamed:3' });
  await retort({ workspace, store, args: ['pin', '--name', 'first'] });
  await retort({ workspace, store, args: ['pin', '--name', 'second', '--output', 'corpus.text'] });
  await retort({ workspace, store, args, fault: 'runner.stage-started' });
  makeOld(store);
  return store;
}

/** Works with a copy, to be damaged. */
export function inCopy<T>({ scratchFolder, path }: Whole, work: (store: string) => Promise<T>): Promise<T> {
  return inFolder(scratchFolder, (folder) => {
    const store = join(folder, 'store');
    cpSync(path, store, { recursive: true, preserveTimestamps: true });
    return work(store);
  });
}

/** Some hours old: a store leaves what is only seconds old to whoever may be about to finish it. */
function makeOld(path: string): void {
  const then = new Date(Date.now() - 10 * 3_600_000);
  const names = readdirSync(path, { recursive: true, encoding: 'utf8' });
  for (const name of names) utimesSync(join(path, name), then, then);
}
