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
    .description('Fetches the TensorFlow C library and compiles what joins it to Node, for --engine tensorflow.')
    .option('--gpu', 'the CUDA build, with its libraries of NVIDIA (2.4 GB to fetch)')
    .option('--wheel <file>', 'a wheel that is here already; repeatable', (file, before: string[] = []) => [
      ...before,
      file,
    ])
    .option('--index <url>', 'package index to fetch from (default: that of pip, then https://pypi.org/simple)')
    .option('--patience <seconds>', 'give up if the index has not answered by then', positiveNumber)
    .option('--again', 'set it up anew, even if it is there')
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
