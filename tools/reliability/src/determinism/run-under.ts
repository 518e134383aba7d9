import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunEvent } from '@retort/pipeline-runner';
import { execa } from 'execa';
import type { Condition } from './conditions.ts';
import { MEASURED, PIPELINE, stories } from './pipeline.ts';

/** `stage.port` -> digest, `stage key` -> key, `stage metric` -> figure; measured outputs and their stage's figures left out. */
export type Results = Readonly<Record<string, string | number>>;

export interface RunUnderOptions {
  /** Absolute path of the checkout. */
  readonly workspace: string;
  /** An empty folder for this run alone. */
  readonly folder: string;
  /** The last stage that is needed; all when left out. */
  readonly only?: string | undefined;
}

/**
 * Runs the pipeline under one condition.
 *
 * @throws Error when the run does not end well, with what it printed
 */
export async function runUnder(condition: Condition, { workspace, folder, only }: RunUnderOptions): Promise<Results> {
  const home = join(folder, condition.folder ?? 'pipelines');
  await mkdir(home, { recursive: true });
  await writeFile(join(home, 'stories.txt'), stories());
  await writeFile(join(home, `${PIPELINE.name}.pipeline.json`), JSON.stringify(PIPELINE));
  const { PATH = '', HOME = '' } = process.env;
  const args = [
    join(workspace, 'apps/cli/bin/retort.mjs'),
    'run',
    `./${PIPELINE.name}.pipeline.json`,
    '--json',
    ...(condition.args ?? []),
    ...(only === undefined ? [] : ['--only', only]),
  ];
  const { exitCode, stdout, stderr } = await execa(process.execPath, args, {
    cwd: home,
    env: { PATH, HOME, RETORT_STORE: join(folder, condition.store ?? 'store'), ...condition.env },
    extendEnv: false,
    reject: false,
    maxBuffer: 1 << 27,
  });
  if (exitCode !== 0) throw new Error(`The run under "${condition.name}" ended with ${exitCode}:\n${stderr}`);
  return resultsOf(JSON.parse(stdout.trimEnd().split('\n').at(-1) as string) as RunEvent);
}

function resultsOf(last: RunEvent): Results {
  if (last.event !== 'run-finished') throw new Error(`The last event is ${last.event}.`);
  const results: Record<string, string | number> = {};
  for (const { id, key = '', outputs, metrics = {} } of last.stages) {
    results[`${id} key`] = key;
    const ports = Object.keys(outputs);
    for (const port of ports)
      if (!MEASURED.has(`${id}.${port}`)) results[`${id}.${port}`] = outputs[port]?.digest ?? '';
    for (const [name, value] of Object.entries(metrics)) results[`${id} ${name}`] = value;
  }
  return results;
}

/** Names of what differs, in the order of the stages; empty when nothing does. */
export function differences(reference: Results, results: Results): string[] {
  const names = [...new Set([...Object.keys(reference), ...Object.keys(results)])];
  return names.filter((name) => reference[name] !== results[name]);
}
