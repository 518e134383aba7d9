import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { copyCheckout, type Measurement, retort } from '@retort/lab';
import type { BenchContext } from '../bench.ts';
import { repeat, type Spread, spreadOf } from '../repeat.ts';

const PIPELINE = 'general-distill';
/** The promise is for a warm plan; an empty bundle cache happens once after each change of the code. */
const WARM_PLAN_LIMIT_MILLISECONDS = 1000;

/** From typing the command to its end, process start included, with and without the bundles of an earlier call. */
export async function coldStart({ workspace: checkout, scratchFolder, quick }: BenchContext): Promise<Measurement[]> {
  const workspace = copyCheckout(checkout, join(scratchFolder, 'workspace'));
  const store = join(scratchFolder, 'empty-store');
  const type = async (args: readonly string[]) => {
    const { exitCode, stderr } = await retort({ workspace, store, args });
    assert.equal(exitCode, 0, `retort ${args[0]} ended with ${exitCode}: ${stderr}`);
  };
  const warm = async (args: readonly string[]) =>
    spreadOf(await repeat({ repetitions: quick ? 2 : 10 }, () => type(args)));
  /** The first call after the cache was emptied; emptying it is not counted. */
  const empty = async (args: readonly string[]): Promise<Spread> => {
    const times: number[] = [];
    for (let i = 0; i < (quick ? 1 : 3); i++) {
      await rm(join(workspace, 'node_modules/.cache'), { recursive: true, force: true });
      times.push(...(await repeat({ repetitions: 1, warmUps: 0 }, () => type(args))));
    }
    return spreadOf(times);
  };
  const [help, plan] = [['--help'], ['plan', PIPELINE]];
  const notes = 'with an empty store: the code of the first stages is all that is asked for';
  const limit = WARM_PLAN_LIMIT_MILLISECONDS;
  return [
    { name: 'retort --help, warm', unit: 'ms', ...(await warm(help)) },
    { name: 'retort --help, empty bundle cache', unit: 'ms', ...(await empty(help)) },
    { name: `retort plan ${PIPELINE}, warm`, unit: 'ms', ...(await warm(plan)), limit, notes },
    { name: `retort plan ${PIPELINE}, empty bundle cache`, unit: 'ms', ...(await empty(plan)), notes },
  ];
}
