import { existsSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { basename, join, relative, resolve } from 'node:path';
import { InvalidInputError, makeFolder, printable, UsageError } from '@retort/foundation/diagnostics';
import { fileIdentity } from '@retort/foundation/digest';
import { labelsOfTask, type TaskKind } from '@retort/foundation/task';
import { listPath, planPipeline } from '@retort/pipeline-graph';
import { displayPath, KEBAB_CASE, resolvePath, withDefaults } from '@retort/pipeline-schema';
import { taskData } from '@retort/stage-task-data';
import { sharedColumn } from '@retort/stage-task-data/columns';
import { pipelineWord, retortLine, runLine } from '../command-line.ts';
import type { Console } from '../console.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { draftPipeline, ROW_LENGTHS, rowLength } from '../init/draft-pipeline.ts';
import { type Findings, findingsText } from '../init/findings-text.ts';
import { inOptions, problemInOptions } from '../init/in-options.ts';
import { labelSettings } from '../init/label-settings.ts';
import { type LayoutOptions, readLayoutOptions } from '../init/layout-options.ts';
import { type ModelFacts, readModelFacts, type UnusedEmbeddings } from '../init/model-facts.ts';
import { type Questions, terminalQuestions } from '../init/questions.ts';
import { readSeeds } from '../init/seeds.ts';
import {
  chooseLayerMapping,
  defaultStudent,
  readStudent,
  type StudentQuestion,
  studentProblem,
} from '../init/student-geometry.ts';
import type { RowsQuestion } from '../init/survey/survey-rows.ts';
import type { TableProfile } from '../init/survey/table-profile.ts';
import { surveyRows, surveyTables } from '../init/survey.ts';
import {
  type ChosenColumns,
  type ColumnRole,
  columnOf,
  columnProblem,
  columnsUnknown,
  guessColumn,
  refuseWordLabels,
} from '../init/table-columns.ts';
import { tableSource } from '../init/table-source.ts';
import { planTeacher } from '../init/teacher-plan.ts';
import { planTraining } from '../init/training-plan.ts';
import { openPipeline, planContext } from '../open-pipeline.ts';
import { planCounts } from '../render/plan-text.ts';
import type { CommonOptions, Surroundings } from '../settings.ts';
import { writeWorkspaceConfig } from '../workspace-config.ts';
import { schemaFile } from './schema.ts';

interface InitOptions extends CommonOptions, LayoutOptions {
  readonly model?: string;
  readonly train?: string;
  readonly validation?: string;
  readonly textColumn?: string;
  readonly textBColumn?: string;
  readonly labelColumn?: string;
  readonly labels?: TaskKind;
  /** Values of the label column that are no label. */
  readonly skipLabel?: readonly string[];
  /** Leave out rows that have nothing where a label could be. */
  readonly skipUnlabelled?: boolean;
  readonly unusedEmbeddings?: UnusedEmbeddings;
  readonly ignoreTensor?: readonly string[];
  readonly student?: string;
  /** `1,2,3`: students of several seeds, as cells of a matrix. */
  readonly seeds?: string;
  readonly name?: string;
  /** Folder of the pipeline file. */
  readonly out?: string;
}

/** Writes a pipeline file that distils a person's model on a person's table. Asks on a terminal for what is not given. */
export async function init(options: InitOptions, typedIn: Surroundings, out: Console): Promise<ExitCode> {
  const { installation, cwd } = typedIn;
  const workspace = typedIn.workspace ?? cwd;
  const surroundings: Surroundings = { ...typedIn, workspace };
  const seeds = readSeeds(options.seeds);
  const ask = isInteractive(out) ? terminalQuestions() : undefined;
  const paths = await choosePaths(options, ask, surroundings);
  const name = await chooseName(options, paths, ask);
  const folder = options.out === undefined ? join(workspace, 'pipelines') : resolvePath(cwd, options.out);
  const file = join(folder, `${name}.pipeline.json`);
  const findings = await inOptions(file, () => investigate(options, { paths, ask, surroundings }));
  // The workspace's own knows its plug-ins.
  const ownSchema = schemaFile(workspace);
  const schemaPath = existsSync(ownSchema) ? ownSchema : join(installation, 'schemas/pipeline.schema.json');
  const schema = relative(folder, schemaPath);
  const document = draftPipeline({ name, folder, schema, seeds, ...findings });
  await makeFolder(folder);
  await writeNew(file, `${JSON.stringify(document, undefined, 2)}\n`);
  const counts = await planned(file, options, surroundings);
  const config = await writeWorkspaceConfig(workspace, installation);
  const next = runLine({ file, variant: 'quick' }, surroundings);
  out.writeDocument({ pipeline: name, file, task: taskDocument(findings), chosen: chosenDocument(findings), next });
  out.print(
    [
      `${ask === undefined ? '' : '\n'}${findingsText(findings, out.colors)}`,
      `\nWrote ${printable(file)} (${counts}).${config === undefined ? '' : `\nWrote ${printable(config)}.`}`,
      `\nNext:\n  ${retortLine(['plan', pipelineWord(file, surroundings)])}`,
      `  # a quick test on 200 examples\n  ${next}`,
      `  ${runLine({ file }, surroundings)}`,
    ].join('\n'),
  );
  return EXIT.done;
}

interface Place {
  readonly paths: Paths;
  readonly ask: Questions | undefined;
  readonly surroundings: Surroundings;
}

/** Everything that a pipeline file says, from what is in the tables and the model, and what a person wants. */
async function investigate(options: InitOptions, { paths, ask, surroundings }: Place): Promise<Findings> {
  const { installation, cwd } = surroundings;
  const tableFile = (path: string) => ({ path, label: displayPath(path, cwd) });
  const files = { train: tableFile(paths.train), validation: tableFile(paths.validation) };
  const model = await readModel(options, paths, ask);
  const choice = readLayoutOptions(options);
  const tables = await surveyTables({ tables: [files.train, files.validation], choice }, installation);
  const skipLabels = skippedLabels(options, tables[0]);
  const columns = await chooseColumns(options, { tables, skipLabels, ask });
  refusePairs(columns, model);
  const labelColumns = tables.map((table) => columnOf(table, columns.label));
  const modelLabels = 'task' in model.head ? labelsOfTask(model.head.task) : undefined;
  const labels = labelSettings({ columns: labelColumns, skipLabels, kind: options.labels, modelLabels });
  const source = tableSource(tables, { columns, labels, skipLabels });
  const { architecture } = model;
  const settled = withDefaults(taskData.configSchema, { source }) as Pick<RowsQuestion, 'source'>;
  const question = { source: settled.source, files, tokenizer: paths.model };
  const lengths = [...new Set([...ROW_LENGTHS, architecture.maxPositions])].sort((a, b) => a - b);
  const rows = await surveyRows({ ...question, lengths }, installation);
  const asked = { teacher: model, maxPositions: rowLength({ rows, model }) };
  const student = readStudent(await chooseStudent(options, asked, ask), asked);
  const teacher = planTeacher(model, labels);
  const trained = { rows: rows.examples.train };
  const training = {
    ...(teacher.kind === 'finetune' && {
      teacher: planTraining({ ...trained, hiddenSize: architecture.hiddenSize }, 'pretrained'),
    }),
    student: planTraining({ ...trained, hiddenSize: student.hiddenSize }, 'random'),
  };
  const layerMapping = chooseLayerMapping(student.layers, architecture.layers);
  return { modelPath: paths.model, paths, tables, model, source, rows, student, teacher, training, layerMapping };
}

async function readModel(
  { unusedEmbeddings, ignoreTensor }: InitOptions,
  { model }: Paths,
  ask: Questions | undefined,
): Promise<ModelFacts> {
  const given = {
    ...(unusedEmbeddings !== undefined && { unusedEmbeddings }),
    ...(ignoreTensor !== undefined && { ignoreTensors: ignoreTensor }),
  };
  return readModelFacts(
    model,
    given,
    async (problem) => (await ask?.confirm(`${problemInOptions(problem).message}\nDrop these rows?`)) ?? false,
  );
}

/** @throws UsageError INIT_PAIRS for a second text that the model has no embedding for */
function refusePairs({ textA, textB }: ChosenColumns, { readsPairs }: ModelFacts): void {
  if (textB === undefined || readsPairs) return;
  const message = `The model reads only single texts (type_vocab_size 1), so it cannot read "${textB}" as a second one. Use another model, or read one column with --text-column ${JSON.stringify(textA)}.`;
  throw new UsageError('INIT_PAIRS', message);
}

/** Nothing is an empty cell of a text table, and a null or missing value elsewhere. */
function skippedLabels({ skipLabel = [], skipUnlabelled }: InitOptions, { layout }: TableProfile): (string | null)[] {
  const isText = layout.format === 'csv' || layout.format === 'tsv';
  const nothing = isText ? [''] : ['', null];
  return [...skipLabel, ...(skipUnlabelled ? nothing : [])];
}

function taskDocument({ tables: [train], source: { columns, labels }, rows }: Findings): Record<string, unknown> {
  const { format, header } = train.layout;
  const { lengths, examples } = rows;
  return { format, header, columns, labels, rows: examples.train, validationRows: examples.validation, lengths };
}

function chosenDocument({ teacher, student, layerMapping, training }: Findings): Record<string, unknown> {
  return { teacher, student, layerMapping, training };
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
  { option: 'model', what: 'the model folder, with config.json and model.safetensors' },
  { option: 'train', what: 'a table of training examples (CSV, TSV, JSONL, Parquet or Arrow)' },
  { option: 'validation', what: 'a table of examples to score on, with the same columns' },
];

async function choosePaths(options: InitOptions, ask: Questions | undefined, { cwd }: Surroundings): Promise<Paths> {
  if (options.model?.startsWith('hf:'))
    throw new UsageError(
      'INIT_HUB_MODEL',
      `init reads a model folder, and ${options.model} is a model on the hub. Give the folder of a local copy. Afterwards you can set "params.model" in the pipeline file to the hub model.`,
    );
  const missing = PATHS.filter(({ option }) => options[option] === undefined);
  if (ask === undefined && missing.length > 0) {
    const lines = missing.map(({ option, what }) => `--${option} <path>: ${what}`);
    throw new UsageError(
      'INIT_MISSING',
      `init cannot ask questions without a terminal. Give the missing options:\n${lines.join('\n')}`,
    );
  }
  const problem = (value: string) =>
    existsSync(resolvePath(cwd, value)) && value !== '' ? undefined : `There is no file or folder "${value}".`;
  const chosen: Record<string, string> = {};
  for (const { option, what } of PATHS)
    chosen[option] = resolvePath(cwd, options[option] ?? (await ask?.text(`Where is ${what}?`, '', problem)) ?? '');
  const paths = chosen as unknown as Paths;
  for (const { option } of PATHS) await refuseOddPath(option, paths[option]);
  await refuseSameTable(paths);
  return paths;
}

/** Links included. What is not there is refused by who reads tables. */
async function refuseSameTable({ train, validation }: Paths): Promise<void> {
  const [one, other] = await Promise.all([train, validation].map((path) => fileIdentity(path).catch(() => undefined)));
  if (one === undefined || one !== other) return;
  const names = train === validation ? `both ${train}` : `the same file, ${train} and ${validation}`;
  throw new UsageError(
    'INIT_SAME_TABLE',
    `--train and --validation are ${names}. Scores on training rows mean nothing. Give --validation a table of other rows.`,
  );
}

/** Before anything is opened: a pipe may never end. What is not there is refused by who reads tables. */
async function refuseOddPath(option: keyof Paths, path: string): Promise<void> {
  const isModel = option === 'model';
  const found = await listPath(path, isModel ? 'folder' : 'file').catch((error: NodeJS.ErrnoException) => error);
  if (isModel && found instanceof Error && found.code === 'ENOENT')
    throw new UsageError(
      'INIT_MODEL',
      `There is no model folder at ${path}. init reads only local models. Download the model, and give its folder with --model.`,
    );
  if (!(found instanceof Error) && 'message' in found) throw new InvalidInputError([found]);
}

async function chooseName({ name }: InitOptions, { train }: Paths, ask: Questions | undefined): Promise<string> {
  const problem = (value: string) =>
    KEBAB_CASE.test(value) ? undefined : `Expected lower-case words with dashes, such as my-task, got "${value}".`;
  const proposal = proposedName(train);
  const chosen = name ?? (await ask?.text('Name of the pipeline?', proposal, problem)) ?? proposal;
  const found = problem(chosen);
  if (found !== undefined)
    throw new UsageError('INIT_NAME', `This name is not allowed for a pipeline. ${found} Set --name.`);
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

/** Of a column and what is in it, to choose from in 80 columns. */
const SHOWN_CHARACTERS = 70;

async function chooseColumns(
  { textColumn, textBColumn, labelColumn }: InitOptions,
  {
    tables,
    skipLabels,
    ask,
  }: {
    readonly tables: readonly [TableProfile, TableProfile];
    readonly skipLabels: readonly (string | null)[];
    readonly ask: Questions | undefined;
  },
): Promise<ChosenColumns> {
  const [train] = tables;
  const guesses = {
    textA: textColumn ?? guessColumn('textA', train),
    label: labelColumn ?? guessColumn('label', train),
  };
  refuseWordLabels(guesses, train);
  const choices = train.columns.map(({ name, examples }) => {
    const label = printable(`${name} (${examples.join(', ')})`);
    return { value: name, label: label.length > SHOWN_CHARACTERS ? `${label.slice(0, SHOWN_CHARACTERS)}…` : label };
  });
  const numbered = train.layout.header ? '' : ' The first row is read as data, so columns are numbered.';
  const find = async (given: string | undefined, guess: string | undefined, what: string) =>
    given ?? (await ask?.choice(`Which column holds ${what}?${numbered}`, choices, guess)) ?? guess;
  const textA = await find(textColumn, guesses.textA, 'the text');
  const label = await find(labelColumn, guesses.label, 'the label');
  const second = textColumn === undefined ? guessColumn('textB', train) : undefined;
  const textB = textBColumn ?? ([textA, label].includes(second) ? undefined : second);
  const chosen: Partial<Record<ColumnRole, string | undefined>> = {
    textA,
    ...(textB !== undefined && { textB }),
    label,
  };
  const roles = Object.keys(chosen) as ColumnRole[];
  const unknown = roles.filter((role) => chosen[role] === undefined);
  const problems = [
    ...(unknown.length === 0 ? [] : [columnsUnknown(unknown, train)]),
    ...roles.flatMap((role) => {
      const column = chosen[role];
      return column === undefined ? [] : (columnProblem(role, column, tables, skipLabels) ?? []);
    }),
  ];
  if (problems.length > 0) throw new UsageError('INIT_COLUMNS', problems.join('\n'));
  const found = chosen as ChosenColumns;
  const shared = sharedColumn(found);
  if (shared !== undefined) throw new InvalidInputError([{ code: 'INIT_COLUMNS', ...shared }]);
  refuseWordLabels(found, train);
  return found;
}

async function chooseStudent(
  { student }: InitOptions,
  question: StudentQuestion,
  ask: Questions | undefined,
): Promise<string> {
  const proposal = defaultStudent(question.teacher.architecture);
  if (student !== undefined || ask === undefined) return student ?? proposal;
  return ask.text('Size of the student? Layers x hidden size', proposal, (value) => studentProblem(value, question));
}

/** Refuses to overwrite. */
async function writeNew(file: string, text: string): Promise<void> {
  await writeFile(file, text, { flag: 'wx' }).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code !== 'EEXIST') throw cause;
    throw new UsageError('INIT_EXISTS', `${file} already exists. Remove it, or choose another --name or --out.`, {
      cause,
    });
  });
}

/** Every check that a run begins with. A file that does not pass is taken away again. */
async function planned(file: string, { store }: InitOptions, surroundings: Surroundings): Promise<string> {
  try {
    return await inOptions(file, async () => {
      const opened = await openPipeline(file, store === undefined ? {} : { store }, surroundings);
      return planCounts(await planPipeline(opened.graph, planContext(opened)));
    });
  } catch (error) {
    await rm(file, { force: true });
    throw error;
  }
}
