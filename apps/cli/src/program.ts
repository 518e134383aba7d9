import { UsageError } from '@retort/foundation/diagnostics';
import { TASK_KINDS } from '@retort/foundation/task';
import { ENGINES } from '@retort/plugin-kit';
import { Argument, type Command, InvalidArgumentError, Option } from 'commander';
import manifest from '../package.json' with { type: 'json' };
import { COMPARE_FORMATS, compare } from './commands/compare.ts';
import { DOCS_FORMATS, docs } from './commands/docs.ts';
import { doctor } from './commands/doctor.ts';
import { explain } from './commands/explain.ts';
import { gc } from './commands/gc.ts';
import { init } from './commands/init.ts';
import { NEW_KINDS, writeNew } from './commands/new.ts';
import { pin } from './commands/pin.ts';
import { plan } from './commands/plan.ts';
import { reproduce } from './commands/reproduce.ts';
import { run } from './commands/run.ts';
import { schema } from './commands/schema.ts';
import { show } from './commands/show.ts';
import { validate } from './commands/validate.ts';
import { verify } from './commands/verify.ts';
import { type Console, createConsole } from './console.ts';
import { FIXABLE_ENGINES } from './doctor/fix.ts';
import type { ExitCode } from './exit-codes.ts';

import { FORMATS, TRUE_FALSE } from './init/layout-options.ts';
import { UNUSED_EMBEDDINGS } from './init/model-facts.ts';
import { parseBytes, parseDuration } from './quantity.ts';
import type { Surroundings } from './settings.ts';
import { StrictCommand } from './strict-command.ts';

const TARGET = 'name or file, with optional [:variant] and [@cell], such as sst2-seeds@taskSeed=1';

type Handler<Arguments extends unknown[]> = (...args: [...Arguments, Surroundings, Console]) => Promise<ExitCode>;

/**
 * The command line. Parsing it calls `finish` with what the chosen command returns, or throws a CommanderError; it
 * never ends the process.
 */
export function createProgram(surroundings: Surroundings, finish: (code: ExitCode) => void): Command {
  const program = new StrictCommand('retort')
    .description('Turns a large BERT into a small one from one pipeline file, repeatably.')
    .version(manifest.version, '-v, --version', 'show the version')
    .helpOption('-h, --help', 'show this help, or the options of a command')
    .helpCommand('help [command]', 'show the options of a command')
    .exitOverride();

  /** Commander gives the arguments, then the options, then the command. */
  const action =
    <Arguments extends unknown[]>(handler: Handler<Arguments>) =>
    async (...given: unknown[]) => {
      const args = given.slice(0, -1) as Arguments;
      const { json } = (args.at(-1) ?? {}) as { json?: boolean };
      finish(await handler(...args, surroundings, createConsole({ json: json === true })));
    };

  pipelineCommand(program, 'run', 'run a pipeline, reusing the results that are cached')
    .addOptions(selectionOptions())
    .addOption(
      new Option('--jobs <n>', 'stages to run at the same time (default: one for every 4 cores)').argParser(
        positiveInteger,
      ),
    )
    .addHelpText(
      'after',
      examples([
        'run general-distill',
        'run task-distill:no-attention',
        'run sst2 --set params.data=../data/SST-2',
        'run task-distill --from student-layers --json',
      ]),
    )
    .action(action(run));

  pipelineCommand(program, 'plan', 'show what would run and why, without running it')
    .addOptions(selectionOptions())
    .addHelpText(
      'after',
      examples([
        'plan task-distill',
        'plan task-distill --set stages.student-layers.with.loss.attention.weight=0',
        'plan task-distill --json',
      ]),
    )
    .action(action(plan));

  pipelineCommand(program, 'explain', 'explain why each stage would run or not, and what changed since an earlier run')
    .addArgument(new Argument('[stage]', 'a single stage (default: all stages)'))
    .addOption(
      new Option(
        '--against <run>',
        'run to compare each stage with: run id or manifest file, with optional [@cell] (default: the most similar earlier execution)',
      ).argParser(once('against')),
    )
    .addHelpText(
      'after',
      examples([
        'explain task-distill',
        'explain task-distill student-layers --set seed=43',
        'explain task-distill --against 20260101T120000000Z-1a2b3c4d',
        'explain sst2-seeds@taskSeed=1 student-layers',
        'explain task-distill --json',
      ]),
    )
    .action(action(explain));

  command(program, 'validate', 'check pipeline files and list every problem')
    .addArgument(
      new Argument(
        '[pipelines...]',
        'names or files, with optional [:variant] (default: every pipeline in the workspace)',
      ),
    )
    .addOptions(resolutionOptions())
    .addHelpText(
      'after',
      examples(['validate', 'validate task-distill:no-attention', 'validate ./my.pipeline.json --json']),
    )
    .action(action(validate));

  command(program, 'show', 'show a run: its stages, times, results and reports')
    .addArgument(new Argument('[run]', 'run id or manifest file, with optional [@cell] (default: the last run)'))
    .addOption(new Option('--list', 'list the runs in the store, newest first'))
    .addHelpText('after', examples(['show', 'show --list', 'show --json', 'show 20260101T120000000Z-1a2b3c4d@seed=1']))
    .action(action(show));

  command(program, 'compare', 'compare runs, pipelines or cells: settings, losses, scores, times, sizes, shared work')
    .addArgument(
      new Argument(
        '<targets...>',
        'run ids, or pipelines with optional [:variant] for their newest run. Add [@cell] to select cells; a single matrix compares all its cells',
      ),
    )
    .addOption(new Option('--planned', 'take pipelines as their files are now, not their newest runs; runs nothing'))
    .addOptions(resolutionOptions().filter(({ long }) => long !== '--variant'))
    .addOption(new Option('--format <name>', 'output format (default: table)').choices(COMPARE_FORMATS))
    .addOption(
      new Option(
        '--tolerance <name=value>',
        'allowed difference of losses and scores between engines, such as metrics.relative=0.001; repeatable',
      ).argParser(collect),
    )
    .addHelpText(
      'after',
      examples([
        'compare task-distill task-distill:no-attention',
        'compare 20260101T120000000Z-1a2b3c4d 20260102T120000000Z-5e6f7a8b --format csv',
        'compare task-distill task-distill:no-attention --json',
        'compare sst2-seeds --format csv',
        'compare 20260101T120000000Z-1a2b3c4d 20260102T120000000Z-5e6f7a8b --tolerance metrics.relative=1e-4',
        'compare sst2-seeds@taskSeed=1',
        'compare --planned task-distill task-distill:no-attention',
        'compare --planned sst2 ./mine.pipeline.json --set params.layers=3',
      ]),
    )
    .action(action(compare));

  command(program, 'init', 'write a pipeline file for your model and data; on a terminal, it asks for what is missing')
    .addOption(
      new Option('--model <dir>', 'folder of the large model, with config.json, model.safetensors and vocabulary'),
    )
    .addOption(
      new Option('--train <file>', 'training examples: CSV, TSV or JSONL (optionally gzipped), Parquet or Arrow'),
    )
    .addOption(new Option('--validation <file>', 'examples to score on, with the same columns'))
    .addOption(new Option('--text-column <name>', 'column of the text (default: detected)'))
    .addOption(new Option('--text-b-column <name>', 'column of the second text, for text pairs'))
    .addOption(new Option('--label-column <name>', 'column of the label (default: detected)'))
    .addOption(new Option('--labels <kind>', 'kind of labels (default: detected)').choices(TASK_KINDS))
    .addOption(new Option('--skip-label <value>', 'skip rows with this label, such as -1; repeatable').argParser(each))
    .addOption(new Option('--skip-unlabelled', 'skip rows without a label'))
    .addOption(new Option('--format <name>', 'file format of the tables (default: by file name)').choices(FORMATS))
    .addOption(
      new Option('--header <is-there>', 'whether the first row names the columns (default: detected)').choices(
        TRUE_FALSE,
      ),
    )
    .addOption(new Option('--delimiter <character>', 'character between CSV columns (default: detected)'))
    .addOption(
      new Option('--quoting <is-used>', 'whether values may be in double quotes (default: detected)').choices(
        TRUE_FALSE,
      ),
    )
    .addOption(new Option('--max-row-bytes <n>', 'longest row to accept (default: 1 MiB)').argParser(positiveInteger))
    .addOption(
      new Option(
        '--unused-embeddings <what>',
        'what to do with embedding rows beyond the vocabulary: refuse the model, or drop them',
      ).choices(UNUSED_EMBEDDINGS),
    )
    .addOption(new Option('--ignore-tensor <name>', 'tensor of the model to ignore; repeatable').argParser(each))
    .addOption(
      new Option('--student <LxH>', "layers and hidden size, such as 4x312 (default: in TinyBERT's proportions)"),
    )
    .addOption(
      new Option('--seeds <n,n,...>', 'train one student per seed, as cells of a matrix, and report mean and spread'),
    )
    .addOption(new Option('--name <name>', 'name of the pipeline (default: named after the table)'))
    .addOption(new Option('--out <dir>', 'folder for the pipeline file (default: pipelines/ in the workspace)'))
    .addHelpText(
      'after',
      examples([
        'init',
        'init --model ./bert --train train.csv --validation dev.csv',
        'init --model ./bert --train a.tsv --validation b.tsv --seeds 1,2,3',
        'init --model ./bert --train a.csv --validation b.csv --student 4x312',
      ]),
    )
    .action(action(init));

  command(
    program,
    'new',
    'write a plug-in: a stage, loss term, metric and so on, its test, and a pipeline that uses it',
  )
    .addArgument(new Argument('<what>', 'what to write').choices(NEW_KINDS))
    .addArgument(new Argument('<name>', 'its name in kebab-case, such as clean-text'))
    .addOption(new Option('--out <dir>', 'folder that its own goes into (default: plugins in the workspace)'))
    .addHelpText(
      'after',
      examples(['new stage shout', 'new loss-term near-miss', 'new metric error-rate --out ./tools']),
    )
    .action(action(writeNew));

  command(program, 'docs', 'show the reference of stages, loss terms, metrics and so on, those of plug-ins too')
    .addArgument(
      new Argument('[name]', 'a stage, any other object, or a plug-in for all that it brings (default: a list of all)'),
    )
    .addOption(new Option('--format <name>', 'output format (default: text)').choices(DOCS_FORMATS))
    .addHelpText('after', examples(['docs', 'docs student-train', 'docs attention', 'docs minilm --format markdown']))
    .action(action(docs));

  command(program, 'schema', 'write the schema that editors complete pipeline files with, plug-ins included')
    .addOption(new Option('--out <file>', 'where to write it (default: schemas/pipeline.schema.json in the workspace)'))
    .addHelpText('after', examples(['schema', 'schema --out ./pipeline.schema.json']))
    .action(action(schema));

  command(program, 'reproduce', 'repeat a run in a fresh store and report whether the bytes match')
    .addArgument(new Argument('<run>', 'run id or manifest file (from show --json), with optional [@cell]'))
    .addOption(
      new Option('--into <dir>', 'new folder to reproduce into (default: a temporary folder)').argParser(once('into')),
    )
    .addOption(
      new Option(
        '--set <path=path>',
        'new location of an input: params.data=<path> or stages.<stage>.inputs.<input>=<path>; repeatable',
      ).argParser(collect),
    )
    .addOption(
      new Option(
        '--tolerance <name=value>',
        'allowed difference where bytes differ, such as weights.relative=0.05; repeatable',
      ).argParser(collect),
    )
    .addOption(new Option('--jobs <n>', 'stages to run at the same time').argParser(positiveInteger))
    .addHelpText(
      'after',
      examples([
        'reproduce 20260101T120000000Z-1a2b3c4d',
        'reproduce 20260101T120000000Z-1a2b3c4d@seed=1',
        'reproduce ./run.json --set params.data=../data/SST-2 --into ./reproduced',
        'reproduce ./run.json --tolerance metrics.absolute=0.02 --json',
      ]),
    )
    .action(action(reproduce));

  command(program, 'verify', 'check everything in the store and move damaged data to quarantine')
    .addOption(new Option('--dry-run', 'only report damage'))
    .addHelpText('after', examples(['verify', 'verify --dry-run --json']))
    .action(action(verify));

  command(program, 'gc', 'list unused data in the store, slowest to recompute first; delete it with --yes')
    .addOptions(garbageOptions())
    .addHelpText('after', examples(['gc', 'gc --budget 20GiB', 'gc --keep-runs 3 --older-than 30d --yes']))
    .action(action(gc));

  command(program, 'pin', 'name a run or one of its outputs so that gc keeps it')
    .addArgument(new Argument('[run]', 'run id, with [@cell] for an output of that cell (default: the last run)'))
    .addOption(new Option('--output <stage.output>', 'pin only this output of the run').argParser(once('output')))
    .addOption(new Option('--name <name>', 'name of the pin (default: derived from the run)').argParser(once('name')))
    .addOption(new Option('--remove <name>', 'remove a pin; gc can then delete what it kept').argParser(once('remove')))
    .addOption(new Option('--list', 'list the pins'))
    .addHelpText('after', examples(['pin --name paper', 'pin --output student-layers.model --name best', 'pin --list']))
    .action(action(pin));

  command(program, 'doctor', 'check engines and hardware, and say how to fix what is missing')
    .addOption(
      new Option('--fix <engine>', 'set up this engine first: download and compile it').choices(FIXABLE_ENGINES),
    )
    .addOption(new Option('--wheel <file>', 'with --fix: use this local wheel file; repeatable').argParser(each))
    .addOption(new Option('--index <url>', "with --fix: package index to download from (default: pip's)"))
    .addOption(new Option('--again', 'with --fix: set it up even if it exists'))
    .addHelpText('after', examples(['doctor', 'doctor --fix tensorflow', 'doctor --json']))
    .action(action(doctor));

  return program;
}

/** A command with the options that all have. */
function command(program: Command, name: string, description: string): StrictCommand {
  const made = new StrictCommand(name).copyInheritedSettings(program).description(description);
  program.addCommand(made);
  return made.addOptions(commonOptions());
}

function pipelineCommand(program: Command, name: string, description: string): StrictCommand {
  return command(program, name, description)
    .addArgument(new Argument('<pipeline>', TARGET))
    .addOptions(resolutionOptions())
    .addOption(
      new Option(
        '--only-cell <cell>',
        'only this cell of the matrix, or all cells with a value such as seed=1 (the same as @cell); repeatable',
      ).argParser((value: string, previous: readonly string[] = []) => [...previous, value]),
    );
}

function commonOptions(): Option[] {
  const store = 'folder of the store (default: RETORT_STORE, then .retort in the workspace)';
  const json = 'print only JSON, as described by schemas/command-output.schema.json';
  return [new Option('--store <dir>', store).argParser(once('store')), new Option('--json', json)];
}

function resolutionOptions(): Option[] {
  const set = 'override one setting, such as params.layers=4; repeatable';
  return [
    new Option('--variant <name>', 'named set of overrides in the pipeline file').argParser(once('variant')),
    new Option('--set <path=value>', set).argParser(collect),
    new Option('--engine <name>', 'engine that trains and evaluates').choices(ENGINES),
  ];
}

function selectionOptions(): Option[] {
  const from = 'run this stage and everything after it again, even if cached';
  return [
    new Option('--from <stage>', from).argParser(once('from')),
    new Option('--only <stage>', 'run only this stage and what it needs').argParser(once('only')),
    new Option('--force', 'run every stage of this pipeline again, even if cached'),
    new Option('--threads <n>', 'cores for all stages together (default: all)').argParser(positiveInteger),
  ];
}

function garbageOptions(): Option[] {
  const budget = 'delete results, cheapest to recompute first, only until the store fits in this size, such as 20GiB';
  const age =
    'delete only what is older than this, such as 30d (default: 7d for quarantined data, 14d for checkpoints)';
  const keep =
    'for each pipeline, variant and cell, keep the results of this many of the newest runs that computed something';
  return [
    new Option('--keep-runs <n>', keep).argParser(wholeNumber).default(10),
    new Option('--older-than <age>', age).argParser(parseDuration),
    new Option('--budget <bytes>', budget).argParser(parseBytes),
    new Option('--yes', 'delete it; without --yes, nothing changes'),
  ];
}

function collect(value: string, previous: readonly string[] = []): string[] {
  if (!/^[^=\s][^=]*=/.test(value)) throw new InvalidArgumentError('Expected path=value, such as params.layers=4.');
  return [...previous, value];
}

function each(value: string, previous: readonly string[] = []): string[] {
  return [...previous, value];
}

/** An option that decides something may be given twice only with the same value: the last one must not win silently. */
function once(name: string): (value: string, previous?: string) => string {
  return (value, previous) => {
    if (previous !== undefined && previous !== value) {
      throw new UsageError(
        'USAGE_OPTION_TWICE',
        `--${name} is given twice, as ${JSON.stringify(previous)} and ${JSON.stringify(value)}. Give it only once.`,
      );
    }
    return value;
  };
}

function positiveInteger(value: string): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number) || number < 1)
    throw new InvalidArgumentError('Expected a whole number of at least 1.');
  return number;
}

function wholeNumber(value: string): number {
  const number = Number(value);
  if (!/^\d+$/.test(value) || !Number.isSafeInteger(number)) throw new InvalidArgumentError('Expected a whole number.');
  return number;
}

function examples(lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  retort ${line}`).join('\n')}\n`;
}
