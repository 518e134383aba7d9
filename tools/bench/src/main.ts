import { resolve } from 'node:path';
import { runLab, wholeNumber } from '@retort/lab';
import { Command } from 'commander';
import type { BenchContext } from './bench.ts';
import { BENCHES, PEER_BENCHES } from './benches/index.ts';

/**
 * @param workspace  absolute path of the checkout to measure
 * @returns the exit code: 0 done, 1 a bench failed, 2 bad usage. A broken promise is no failure: it is in the figures.
 */
export function main(workspace: string, args: readonly string[]): Promise<number> {
  const command = new Command('bench')
    .description('Measures speed and memory, beside each other in one run.')
    .option('--markdown', 'print what docs/benchmarks.md holds')
    .option('--quick', 'small sizes, to see that every bench works', false)
    .option('--threads <n>', 'cores that models may keep busy', wholeNumber, 2)
    .option('--peers', 'the benches beside PyTorch, which is installed in an environment of its own (gigabytes)')
    .option('--glue <dir>', 'folder with the GLUE tasks, for benches on real sentences', resolvePath)
    .option('--vocabulary <dir>', "folder with BERT's vocab.txt", resolvePath)
    .addHelpText(
      'after',
      '\nExamples:\n  npm run bench\n  npm run bench -- student-step planner --json\n  npm run bench:peers -- --glue ../glue --vocabulary ../bert-base-uncased',
    );
  const experiments = ({ peers }: BenchContext) => (peers ? PEER_BENCHES : BENCHES);
  return runLab({ command, noun: 'bench', experiments }, workspace, args);
}

const resolvePath = (path: string) => resolve(path);
