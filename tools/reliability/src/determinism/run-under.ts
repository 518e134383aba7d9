import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Results, requireResults, retort } from '@retort/lab';
import type { Condition } from './conditions.ts';
import { PIPELINE, userFiles } from './pipeline.ts';

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
  const { name, args = [], env = {}, store = 'store', folder: home = 'pipelines' } = condition;
  const cwd = join(folder, home);
  await mkdir(cwd, { recursive: true });
  for (const [name, text] of Object.entries(userFiles())) await writeFile(join(cwd, name), text);
  await writeFile(join(cwd, `${PIPELINE.name}.pipeline.json`), JSON.stringify(PIPELINE));
  const ended = await retort({
    workspace,
    cwd,
    store: join(folder, store),
    env,
    args: [
      'run',
      `./${PIPELINE.name}.pipeline.json`,
      '--json',
      ...args,
      ...(only === undefined ? [] : ['--only', only]),
    ],
  });
  return requireResults(ended, `the run under "${name}"`);
}
