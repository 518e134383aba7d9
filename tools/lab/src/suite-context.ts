import { RandomStream, streamKey } from '@retort/foundation/random';
import type { Command } from 'commander';
import type { LabContext } from './experiment.ts';
import { wholeNumber } from './run-lab.ts';

/** What a suite of cases gets: `suiteOptions`, as typed. */
export interface SuiteContext extends LabContext {
  /** Only cases with this in their names. */
  readonly case?: string;
  /** How often what happens by chance is done; the suite's own number when left out. */
  readonly rounds?: number;
  /** No case or round begins later than this after the suite's start; no limit when left out. */
  readonly seconds?: number;
  /** Decides what happens by chance, as far as a clock does not. */
  readonly seed: number;
  /** Of the suite, as `performance.now()` gives it. */
  readonly startedAt: number;
}

export function suiteOptions(command: Command): Command {
  return command
    .option('--case <text>', 'only cases with this in their names')
    .option('--rounds <n>', 'how often what happens by chance is done', wholeNumber)
    .option('--seconds <n>', 'begin no further case or round of a suite after this long', wholeNumber)
    .option('--seed <n>', 'decides what happens by chance', wholeNumber, 1);
}

export function roundsOf({ rounds }: SuiteContext, usual: number): number {
  return rounds ?? usual;
}

export function isOver({ seconds, startedAt }: SuiteContext): boolean {
  return seconds !== undefined && performance.now() - startedAt > seconds * 1000;
}

/** A stream for one purpose under the seed. */
export function randomOf({ seed }: SuiteContext, ...purpose: readonly (string | number)[]): RandomStream {
  return new RandomStream(streamKey(seed, ...purpose));
}
