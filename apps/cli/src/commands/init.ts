import { existsSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { basename, join, relative, resolve } from 'node:path';
import { makeFolder, printable, UsageError } from '@retort/diagnostics';
import { planPipeline } from '@retort/pipeline-graph';
import { pipelineWord, retortLine, runLine } from '../command-line.ts';
import type { Console } from '../console.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { draftPipeline } from '../init/draft-pipeline.ts';
import { labelSettings } from '../init/label-settings.ts';
import { readModelFacts } from '../init/model-facts.ts';
import { type Questions, terminalQuestions } from '../init/questions.ts';
import { readSeeds } from '../init/seeds.ts';
import { defaultStudent, readStudent } from '../init/student-geometry.ts';
import {
  type ChosenColumns,
  COLUMN_FLAGS,
  type ColumnRole,
  columnOf,
  columnProblem,
  guessColumn,
} from '../init/table-columns.ts';
import { profileTable, type TableProfile } from '../init/table-profile.ts';
import { planTeacher } from '../init/teacher-plan.ts';
import { openPipeline, planContext } from '../open-pipeline.ts';
import { planCounts } from '../render/plan-text.ts';
import type { CommonOptions, Surroundings } from '../settings.ts';

interface InitOptions extends CommonOptions {
  readonly model?: string;
  readonly train?: string;
  readonly validation?: string;
  readonly textColumn?: string;
  readonly textBColumn?: string;
  readonly labelColumn?: string;
  readonly student?: string;
  /** `1,2,3`: students of several seeds, as cells of a matrix. */
  readonly seeds?: string;
  readonly name?: string;
  /** Folder of the pipeline file. */
  readonly out?: string;
}

const NAME = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;

/** Writes a pipeline file that distils a person's model on a person's table. Asks on a terminal for what is not given. */
export async function init(options: InitOptions, surroundings: Surroundings, out: Console): Promise<ExitCode> {
  const seeds = readSeeds(options.seeds);
  const ask = isInteractive(out) ? terminalQuestions() : undefined;
  const paths = await choosePaths(options, ask, surroundings);
  const name = await chooseName(options, paths, ask);
  const folder =
    options.out === undefined ? join(surroundings.workspace, 'pipelines') : resolve(surroundings.cwd, options.out);
  const file = join(folder, `${name}.pipeline.json`);
  const [train, validation] = [await profileTable(paths.train), await profileTable(paths.validation)];
  const columns = await chooseColumns(options, [train, validation], ask);
  const labels = labelSettings([train, validation].map((table) => columnOf(table, columns.label)));
  const model = await readModelFacts(paths.model);
  const student = readStudent(
    await chooseStudent(options, defaultStudent(model.architecture), ask),
    model.architecture,
  );
  const teacher = planTeacher(model, labels);
  const schema = relative(folder, join(surroundings.workspace, 'schemas/pipeline.schema.json'));
  const found = { model, teacher, train, validation, columns, labels, student, seeds };
  const document = draftPipeline({ name, folder, schema, modelPath: paths.model, ...found });
  await makeFolder(folder);
  await writeNew(file, `${JSON.stringify(document, undefined, 2)}\n`);
  const counts = await planned(file, options, surroundings);
  const next = runLine({ file, variant: 'quick' }, surroundings);
  const task = { format: train.format, columns, labels, rows: train.rows };
  out.writeDocument({ pipeline: name, file, task, next });
  out.print(
    [
      `Wrote ${printable(file)}: ${counts}.`,
      teacher.kind === 'ready'
        ? 'The model already answers this task, so it is the teacher as it is.'
        : `The model is fine-tuned first, since ${printable(teacher.why)}.`,
      `\nNext:\n  ${retortLine(['plan', pipelineWord(file, surroundings)])}`,
      `  ${next}  # on 200 examples, to see that all of it works`,
      `  ${runLine({ file }, surroundings)}`,
    ].join('\n'),
  );
  return EXIT.done;
}

/** Never where a script reads or writes: it would wait for ever. */
function isInteractive({ json, stderr, env }: Console): boolean {
  return !json && process.stdin.isTTY === true && process.stdout.isTTY === true && stderr.isTTY && !env.CI;
}

interface Paths {
  readonly model: string;
  readonly train: string;
  readonly validation: string;
}

const PATHS: readonly { readonly option: keyof Paths; readonly what: string }[] = [
  { option: 'model', what: 'the folder of the large model, with config.json and model.safetensors' },
  { option: 'train', what: 'a table of training examples: CSV, TSV or JSONL' },
  { option: 'validation', what: 'a table of examples to score on, of the same columns' },
];

async function choosePaths(options: InitOptions, ask: Questions | undefined, { cwd }: Surroundings): Promise<Paths> {
  const missing = PATHS.filter(({ option }) => options[option] === undefined);
  if (ask === undefined && missing.length > 0) {
    const lines = missing.map(({ option, what }) => `--${option} <path>: ${what}`);
    throw new UsageError(
      'INIT_MISSING',
      `This is no terminal to ask on, so give all that is needed.\n${lines.join('\n')}`,
    );
  }
  const problem = (value: string) =>
    existsSync(resolve(cwd, value)) && value !== '' ? undefined : `There is no file or folder "${value}".`;
  const chosen: Record<string, string> = {};
  for (const { option, what } of PATHS)
    chosen[option] = resolve(cwd, options[option] ?? (await ask?.text(`Where is ${what}?`, '', problem)) ?? '');
  return chosen as unknown as Paths;
}

async function chooseName({ name }: InitOptions, { train }: Paths, ask: Questions | undefined): Promise<string> {
  const problem = (value: string) =>
    NAME.test(value) ? undefined : `Expected lower-case words with dashes, such as my-task, got "${value}".`;
  const proposal = proposedName(train);
  const chosen = name ?? (await ask?.text('What is the pipeline called?', proposal, problem)) ?? proposal;
  const found = problem(chosen);
  if (found !== undefined)
    throw new UsageError('INIT_NAME', `The pipeline cannot be called that. ${found} Set --name.`);
  return chosen;
}

/** `reviews` for `reviews/train.csv`, as tables of one task often lie together under the task's name. */
function proposedName(train: string): string {
  const stem = basename(train).replace(/\..*$/, '');
  const word = /^train(ing)?$/i.test(stem) ? basename(resolve(train, '..')) : stem;
  const plain = word
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^[^a-z]+|-+$/g, '');
  return `${plain || 'task'}-distill`;
}

async function chooseColumns(
  { textColumn, textBColumn, labelColumn }: InitOptions,
  tables: readonly [TableProfile, TableProfile],
  ask: Questions | undefined,
): Promise<ChosenColumns> {
  const [train] = tables;
  const names = train.columns.map(({ name }) => name);
  const find = async (role: 'textA' | 'label', given: string | undefined, what: string) => {
    const guess = guessColumn(role, train);
    return given ?? (await ask?.choice(`Which column holds ${what}?`, names, guess)) ?? guess;
  };
  const textA = await find('textA', textColumn, 'the text');
  const label = await find('label', labelColumn, 'the label');
  const textB = textBColumn ?? (textColumn === undefined ? guessColumn('textB', train) : undefined);
  const chosen = { textA, ...(textB !== undefined && { textB }), label };
  const problems = Object.entries(chosen).flatMap(([role, name]) => columnProblems(role as ColumnRole, name, tables));
  if (problems.length > 0) throw new UsageError('INIT_COLUMNS', problems.join('\n'));
  return chosen as ChosenColumns;
}

function columnProblems(role: ColumnRole, name: string | undefined, tables: readonly TableProfile[]): string[] {
  if (name !== undefined) return [columnProblem(role, name, tables)].filter((problem) => problem !== undefined);
  const names = tables[0]?.columns.map((column) => column.name).join(', ');
  return [
    `Which column holds the ${role === 'label' ? 'label' : 'text'} cannot be told. Give ${COLUMN_FLAGS[role]}, one of: ${names}.`,
  ];
}

async function chooseStudent({ student }: InitOptions, proposal: string, ask: Questions | undefined): Promise<string> {
  if (student !== undefined || ask === undefined) return student ?? proposal;
  const problem = (value: string) =>
    /^\d+x\d+$/.test(value) ? undefined : 'Expected layers and hidden size, such as 4x312.';
  return ask.text('How large is the student? Layers x hidden size', proposal, problem);
}

/** Refuses to overwrite. */
async function writeNew(file: string, text: string): Promise<void> {
  await writeFile(file, text, { flag: 'wx' }).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code !== 'EEXIST') throw cause;
    throw new UsageError('INIT_EXISTS', `${file} is there already. Remove it, or choose another --name or --out.`, {
      cause,
    });
  });
}

/** Every check that a run begins with. A file that does not pass is taken away again. */
async function planned(file: string, { store }: InitOptions, surroundings: Surroundings): Promise<string> {
  try {
    const opened = await openPipeline(file, store === undefined ? {} : { store }, surroundings);
    return planCounts(await planPipeline(opened.graph, planContext(opened)));
  } catch (error) {
    await rm(file, { force: true });
    throw error;
  }
}
