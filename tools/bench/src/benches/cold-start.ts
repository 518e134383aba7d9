import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import type { BenchContext, Measurement, Outcome } from '../bench.ts';
import { copyWorkspace } from '../inputs/workspace-copy.ts';
import { repeat, spreadOf } from '../repeat.ts';

const PIPELINE = 'general-distill';
/** The promise is for a warm plan; an empty bundle cache happens once after each change of the code. */
const WARM_PLAN_LIMIT_MILLISECONDS = 1000;

/** From typing the command to its end, process start included, with and without the bundles of an earlier call. */
export async function coldStart(context: BenchContext): Promise<Outcome[]> {
  const copy = join(context.scratchFolder, 'workspace');
  const cache = await copyWorkspace(context.workspace, copy);
  const retort = (...args: string[]) => runCommand(copy, args);
  const warm = async (args: string[]) =>
    spreadOf(await repeat({ repetitions: context.isQuick ? 2 : 10 }, () => retort(...args)));
  const empty = async (args: string[]) => spreadOf(await emptied({ context, cache, run: () => retort(...args) }));
  const help = ['--help'];
  const results: Outcome[] = [
    { name: 'retort --help, warm', unit: 'ms', ...(await warm(help)) },
    { name: 'retort --help, empty bundle cache', unit: 'ms', ...(await empty(help)) },
  ];
  if (!existsSync(join(copy, 'pipelines', `${PIPELINE}.pipeline.json`)))
    return [...results, { name: `retort plan ${PIPELINE}`, skipped: `there is no pipeline ${PIPELINE}` }];
  const plan = ['plan', PIPELINE, '--store', join(context.scratchFolder, 'empty-store')];
  const notes = 'with an empty store: the code of the first stages is all that is asked for';
  const warmPlan: Measurement = {
    name: `retort plan ${PIPELINE}, warm`,
    unit: 'ms',
    ...(await warm(plan)),
    limit: WARM_PLAN_LIMIT_MILLISECONDS,
    notes,
  };
  return [
    ...results,
    warmPlan,
    { name: `retort plan ${PIPELINE}, empty bundle cache`, unit: 'ms', ...(await empty(plan)), notes },
  ];
}

async function runCommand(workspace: string, args: readonly string[]): Promise<void> {
  const command = join(workspace, 'apps/cli/bin/retort.mjs');
  await execa(process.execPath, [command, ...args], { cwd: workspace, env: { RETORT_STORE: '' }, stdin: 'ignore' });
}

/** Times of the first call after the cache was emptied; emptying it is not counted. */
async function emptied({
  context,
  cache,
  run,
}: {
  context: BenchContext;
  cache: string;
  run: () => Promise<void>;
}): Promise<number[]> {
  const times: number[] = [];
  for (let i = 0; i < (context.isQuick ? 1 : 3); i++) {
    await rm(cache, { recursive: true, force: true });
    times.push(...(await repeat({ repetitions: 1, warmUps: 0 }, run)));
  }
  return times;
}
