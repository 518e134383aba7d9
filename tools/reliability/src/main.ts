import { experimentOf, runLab, suiteOptions } from '@retort/lab';
import { Command } from 'commander';
import { SUITES } from './suites.ts';

/**
 * @param workspace  absolute path of the checkout to try
 * @returns the exit code: 0 everything held, 1 something did not, 2 bad usage
 */
export function main(workspace: string, args: readonly string[]): Promise<number> {
  const command = suiteOptions(new Command('reliability'))
    .description('Kills, damages and crowds runs and stores, and says whether everything held.')
    .addHelpText(
      'after',
      '\nExamples:\n  node tools/reliability/bin/reliability.mjs damage\n  node tools/reliability/bin/reliability.mjs crowd --rounds 20 --json\n  node tools/reliability/bin/reliability.mjs damage --case "checkpoint: emptied"\n  node tools/reliability/bin/reliability.mjs damage --list',
    );
  return runLab({ command, noun: 'suite', experiments: SUITES.map(experimentOf) }, workspace, args);
}
