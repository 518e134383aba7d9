import { RetortError } from '@retort/foundation/diagnostics';
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { progressPrinter } from './print-progress.ts';
import { setUpTensorflow } from './set-up.ts';

interface Options {
  readonly gpu?: boolean;
  readonly wheel?: readonly string[];
  readonly index?: string;
  readonly patience?: number;
  readonly again?: boolean;
}

/** @returns the exit code: 0 the library is there, 1 it could not be set up, 2 bad usage */
export async function main(_installation: string, args: readonly string[]): Promise<number> {
  const program = createProgram();
  try {
    program.parse(args, { from: 'user' });
    const { gpu = false, wheel = [], index, patience, again = false } = program.opts<Options>();
    const { status, folder } = await setUpTensorflow({
      build: gpu ? 'cuda' : 'cpu',
      wheels: wheel,
      again,
      onProgress: progressPrinter((line) => console.error(line)),
      ...(index !== undefined && { index }),
      ...(patience !== undefined && { patienceSeconds: patience }),
    });
    const engine = gpu ? 'tensorflow-cuda' : 'tensorflow';
    console.log(`${status === 'present' ? 'Already set up' : 'Set up'}: ${folder}\nUse it with --engine ${engine}.`);
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (!(error instanceof RetortError)) throw error;
    console.error(`${error.code}\n  ${error.message}`);
    return 1;
  }
}

function createProgram(): Command {
  return new Command('setup:tensorflow')
    .description('Downloads the TensorFlow C library and compiles its addon for Node, for --engine tensorflow.')
    .option('--gpu', 'the CUDA build with the NVIDIA libraries (downloads 2.4 GB)')
    .option('--wheel <file>', 'use this wheel instead of downloading it; repeatable', (file, before: string[] = []) => [
      ...before,
      file,
    ])
    .option('--index <url>', 'package index to download from (default: that of pip, then https://pypi.org/simple)')
    .option('--patience <seconds>', 'give up if the index does not answer in this time', positiveNumber)
    .option('--again', 'set it up again, even if it is installed')
    .addHelpText(
      'after',
      '\nExamples:\n  npm run setup:tensorflow\n  npm run setup:tensorflow -- --wheel tensorflow_cpu-2.18.1-….whl',
    )
    .exitOverride();
}

function positiveNumber(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError('Expected a number of seconds above 0.');
  return value;
}
