import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type Case, type Ended, endOf, lazily, retort, type Suite } from '@retort/lab';
import type { RunEvent } from '@retort/pipeline-runner';

const PIPELINES = ['general-distill', 'task-distill'];

/** Pipelines as a person runs them, through Nx: the second time everything must be cached, with the same digests. */
export const smoke: Suite = {
  name: 'smoke',
  description: 'the pipelines twice in a fresh store, through Nx: the second time all is cached, with the same digests',
  cases: ({ workspace, scratchFolder }) =>
    PIPELINES.flatMap((pipeline) => {
      const store = join(scratchFolder, 'store');
      const program = ['npx', 'nx', 'run', `pipeline:${pipeline}`];
      const run = () => retort({ workspace, store, program, args: ['--store', store, '--json'] });
      return twiceCases(pipeline, run);
    }),
};

/** @param run  the same pipeline each time, in the same store */
export function twiceCases(pipeline: string, run: () => Promise<Ended>): Case[] {
  const first = lazily(run);
  const second = lazily(async () => {
    await first();
    return run();
  });
  const checks: Readonly<Record<string, () => Promise<void>>> = {
    'the first run is done': async () => requireDone(await first()),
    'the second run is done': async () => requireDone(await second()),
    'there are stages': async () => assert(stagesOf(await first()).length > 0, 'the run had none'),
    'the second run is cached': async () => {
      const others = stagesOf(await second()).filter(({ status }) => status !== 'cached');
      assert(others.length === 0, `not cached: ${others.map(({ id }) => id).join(', ')}`);
    },
    'both runs give the same digests': async () => {
      const [before, after] = [digestsOf(await first()), digestsOf(await second())];
      const differing = [...new Set([...before.keys(), ...after.keys()])].filter(
        (id) => before.get(id) !== after.get(id),
      );
      assert(differing.length === 0, `these differ: ${differing.join(', ')}`);
    },
  };
  return Object.entries(checks).map(([name, check]) => ({ name: `${pipeline}: ${name}`, run: check }));
}

type RunFinished = Extract<RunEvent, { event: 'run-finished' }>;

function finishedOf({ events }: Ended): RunFinished | undefined {
  return events.findLast((event): event is RunFinished => event.event === 'run-finished');
}

function requireDone(ended: Ended): void {
  const status = finishedOf(ended)?.status ?? 'not finished';
  const isDone = ended.exitCode === 0 && status === 'done';
  assert(isDone, `status ${status}, ended with ${endOf(ended)}: ${ended.stderr.slice(-1000)}`);
}

function stagesOf(ended: Ended): RunFinished['stages'] {
  return finishedOf(ended)?.stages ?? [];
}

/** Id of each stage -> its ports and their digests. */
function digestsOf(ended: Ended): ReadonlyMap<string, string> {
  const textOf = (outputs: RunFinished['stages'][number]['outputs']) =>
    Object.entries(outputs)
      .map(([port, { digest }]) => `${port} ${digest}`)
      .sort()
      .join();
  return new Map(stagesOf(ended).map(({ id, outputs }) => [id, textOf(outputs)]));
}
