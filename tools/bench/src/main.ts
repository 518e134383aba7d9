import { resolve } from 'node:path';
import { suggestion, UsageError } from '@retort/foundation/diagnostics';
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import type { Bench } from './bench.ts';
import { BENCHES, PEER_BENCHES } from './benches/index.ts';
import { asMarkdown } from './render/markdown.ts';
import { asText } from './render/text.ts';
import type { BenchReport } from './report.ts';
import { runBenches } from './run-benches.ts';

interface Options {
  readonly json?: boolean;
  readonly markdown?: boolean;
  readonly quick?: boolean;
  readonly list?: boolean;
  readonly threads: number;
  readonly peers?: boolean;
  readonly glue?: string;
  readonly vocabulary?: string;
}

/**
 * @param workspace  absolute path of the checkout to measure
 * @returns the exit code: 0 done, 1 a bench failed, 2 bad usage. A broken promise is no failure: it is in the figures.
 */
export async function main(workspace: string, args: readonly string[]): Promise<number> {
  const program = createProgram();
  try {
    program.parse(args, { from: 'user' });
    return await run(workspace, program.args, program.opts<Options>());
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (!(error instanceof UsageError)) throw error;
    console.error(`${error.code}\n  ${error.message}`);
    return 2;
  }
}

function createProgram(): Command {
  return new Command('bench')
    .description('Measures speed and memory, beside each other in one run.')
    .argument('[name...]', 'which benches; all when left out')
    .option('--json', 'print one JSON document')
    .option('--markdown', 'print what docs/benchmarks.md holds')
    .option('--quick', 'small sizes, to see that every bench works')
    .option('--list', 'say which benches there are')
    .option('--threads <n>', 'cores that models may keep busy', positiveInteger, 2)
    .option('--peers', 'the benches beside PyTorch, which is installed in an environment of its own (gigabytes)')
    .option('--glue <dir>', 'folder with the GLUE tasks, for benches on real sentences', resolvePath)
    .option('--vocabulary <dir>', "folder with BERT's vocab.txt", resolvePath)
    .addHelpText(
      'after',
      '\nExamples:\n  npm run bench\n  npm run bench -- student-step planner --json\n  npm run bench:peers -- --glue ../glue --vocabulary ../bert-base-uncased',
    )
    .exitOverride();
}

const resolvePath = (path: string) => resolve(path);

function positiveInteger(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('Expected a whole number above 0.');
  return value;
}

async function run(workspace: string, names: readonly string[], options: Options): Promise<number> {
  const benches = options.peers ? PEER_BENCHES : BENCHES;
  if (options.list) {
    for (const { name, description } of benches) console.log(`${name.padEnd(22)}${description}`);
    return 0;
  }
  const report = await runBenches(
    chosen(names, benches),
    {
      workspace,
      isQuick: options.quick === true,
      threads: options.threads,
      glue: options.glue,
      vocabulary: options.vocabulary,
    },
    { onStart: ({ name }) => console.error(`measuring ${name}`) },
  );
  console.log(rendered(report, options));
  return report.benches.some(({ error }) => error !== undefined) ? 1 : 0;
}

function chosen(names: readonly string[], benches: readonly Bench[]): readonly Bench[] {
  const known = benches.map(({ name }) => name);
  for (const name of names)
    if (!known.includes(name))
      throw new UsageError('BENCH_UNKNOWN', `There is no bench "${name}".${suggestion(name, known)}`);
  return names.length === 0 ? benches : benches.filter(({ name }) => names.includes(name));
}

function rendered(report: BenchReport, { json, markdown }: Options): string {
  if (json) return JSON.stringify(report, undefined, 2);
  return markdown ? asMarkdown(report) : asText(report);
}
