import { experimentOf, runLab, suiteOptions } from '@retort/lab';
import { Command } from 'commander';
import { SUITES } from './suites.ts';

/**
 * @param workspace  absolute path of the checkout to try
 * @returns the exit code: 0 all engines agree, 1 one does not, 2 bad usage
 */
export function main(workspace: string, args: readonly string[]): Promise<number> {
  const command = suiteOptions(new Command('conformance'))
    .description('Holds every engine to the engine cpu: outputs, losses and gradients.')
    .addHelpText('after', '\nExample:\n  node tools/conformance/bin/conformance.mjs wasm --case "operation: gelu"');
  return runLab({ command, noun: 'engine', experiments: SUITES.map(experimentOf) }, workspace, args);
}
