import { join } from 'node:path';
import { execa } from 'execa';

/** Runs the command of the checkout to its end. @returns what it printed on standard output */
export async function runRetort(workspace: string, args: readonly string[]): Promise<string> {
  const command = join(workspace, 'apps/cli/bin/retort.mjs');
  const { stdout } = await execa(process.execPath, [command, ...args], { cwd: workspace, stdin: 'ignore' });
  return stdout;
}
