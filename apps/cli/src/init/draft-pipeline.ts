import { isAbsolute, relative, sep } from 'node:path';
import type { LayerMappingChoice } from '@retort/distillation/layer-mapping';
import { literalText, withoutExpressions } from '@retort/pipeline-schema';
import type { ModelFacts } from './model-facts.ts';
import type { StudentGeometry } from './student-geometry.ts';
import type { RowsFound } from './survey/survey-rows.ts';
import type { TableSource } from './table-source.ts';
import type { TeacherPlan } from './teacher-plan.ts';
import { BATCH_SIZE, type TrainingPlan } from './training-plan.ts';

export interface DraftInput {
  readonly name: string;
  /** Folder of the pipeline file: what its paths count from. */
  readonly folder: string;
  readonly schema: string;
  readonly modelPath: string;
  readonly model: ModelFacts;
  readonly teacher: TeacherPlan;
  readonly paths: Readonly<Record<'train' | 'validation', string>>;
  readonly source: TableSource;
  readonly student: StudentGeometry;
  readonly layerMapping: LayerMappingChoice;
  readonly rows: RowsFound;
  readonly training: TrainingPlans;
  /** Of the student and of the one without a teacher: a cell for each. Empty for the pipeline's seed alone. */
  readonly seeds: readonly number[];
}

export interface TrainingPlans {
  /** Missing where the model is the teacher as it is. */
  readonly teacher?: TrainingPlan;
  /** Each of the two phases. */
  readonly student: TrainingPlan;
}

/** Above this the teacher is asked batch by batch instead of being stored. */
const MOST_STORED_BYTES = 8 * 2 ** 30;
/** Row lengths to choose from. */
export const ROW_LENGTHS = [32, 64, 128, 256, 512];
/** Rows that may be longer than the row length: a longer one costs every row memory, and some time. */
const MOST_CUT_SHARE = 0.01;

/** A task distillation, TinyBERT's two phases, with a baseline to tell what the teacher was good for. */
export function draftPipeline(input: DraftInput): Record<string, unknown> {
  const { name, student, model } = input;
  return {
    $schema: input.schema,
    name,
    description: `Distils a ${model.architecture.layers} x ${model.architecture.hiddenSize} BERT into a ${student.layers} x ${student.hiddenSize} one for the same task.`,
    seed: 42,
    params: params(input),
    stages: { ...dataStages(input), ...teacherStages(input), ...studentStages(input) },
    variants: {
      quick: {
        'stages.task.with.maxTrain': 200,
        // Of so few rows a tenth may have one label only.
        ...(selectionShare(input.rows) !== undefined && { 'stages.task.with.selection': 0.5 }),
        'stages.task.with.maxValidation': 100,
        // So few rows teach nothing; this is to see that all stages run.
        'stages.teacher-score.with.floor.teacher': -1,
        ...(input.teacher.kind === 'finetune' && { 'params.teacherEpochs': 1 }),
        'params.studentEpochs': 1,
        'params.baselineEpochs': 1,
      },
      'no-attention': { 'stages.student-layers.with.loss.attention.weight': 0 },
    },
    ...(input.seeds.length > 0 && { matrix: { 'params.studentSeed': input.seeds } }),
    results: ['student-predictions.student', 'evaluate.report', 'evaluate.speed', 'export.huggingface', 'export.onnx'],
  };
}

function params(input: DraftInput): Record<string, unknown> {
  const { folder, modelPath, paths, training, seeds } = input;
  const path = (value: string, description: string) => ({
    type: 'path',
    default: literalText(pathFrom(folder, value)),
    description,
  });
  const epochs = (value: number, description: string) => ({ type: 'integer', default: value, minimum: 1, description });
  return {
    model: path(modelPath, 'Folder of the large model: config.json, model.safetensors and its vocabulary'),
    train: path(paths.train, 'Table of training examples'),
    validation: path(paths.validation, 'Table of examples to score the models on'),
    maxSequenceLength: {
      type: 'integer',
      default: rowLength(input),
      minimum: 8,
      maximum: input.model.architecture.maxPositions,
      description: 'Longest row in tokens, including special tokens. The student gets this many positions',
    },
    ...(training.teacher !== undefined && {
      teacherEpochs: epochs(training.teacher.epochs, 'Epochs of fine-tuning the teacher'),
    }),
    studentEpochs: epochs(training.student.epochs, 'Epochs of each of the two distillation phases'),
    baselineEpochs: epochs(
      2 * training.student.epochs,
      'Epochs of the student without a teacher: as many as both phases together',
    ),
    ...(seeds.length > 0 && {
      studentSeed: {
        type: 'integer',
        default: seeds[0],
        minimum: 0,
        description: 'Seed of both students, with and without a teacher. The teacher keeps the seed of the pipeline',
      },
    }),
  };
}

function dataStages({ name, source, model, teacher, rows }: DraftInput): Record<string, unknown> {
  const selection = selectionShare(rows);
  const chooses =
    selection === undefined
      ? ''
      : ' Part of the training rows chooses the best weights, so the validation rows only score.';
  return {
    task: {
      uses: 'task-data',
      description: `Labelled ${source.columns.textB === undefined ? 'texts' : 'pairs of texts'} from your tables.${chooses}`,
      inputs: { train: '${params.train}', validation: '${params.validation}' },
      with: { task: name, source: withoutExpressions(source), ...(selection !== undefined && { selection }) },
    },
    source: {
      uses: 'import-model',
      description: 'Your model, with its own vocabulary.',
      inputs: { model: '${params.model}' },
      with: {
        ...(withoutExpressions(teacher.kind === 'ready' ? teacher.settings : { head: 'none' }) as object),
        ...model.choices,
      },
    },
    tokenize: {
      uses: 'tokenize',
      description: 'Word pieces from that vocabulary, which teacher and student share.',
      inputs: { examples: 'task.examples', tokenizer: 'source.tokenizer' },
      with: { maxSequenceLength: '${params.maxSequenceLength}' },
    },
  };
}

function teacherStages(input: DraftInput): Record<string, unknown> {
  const { teacher, training } = input;
  return {
    ...(teacher.kind === 'finetune' &&
      training.teacher !== undefined && {
        teacher: {
          uses: 'finetune',
          description: `The teacher: your model, trained on the task first because ${teacher.why}.`,
          inputs: { tokens: 'tokenize.train', ...validationInput(input), model: 'source.model' },
          with: { epochs: '${params.teacherEpochs}', ...trainingSettings(training.teacher) },
        },
      }),
    'teacher-score': {
      uses: 'evaluate',
      description: 'Stops here if the teacher is no better than always giving the same answer.',
      inputs: {
        tokens: 'tokenize.validation',
        train: 'tokenize.train',
        teacher: teacher.kind === 'ready' ? 'source.model' : 'teacher.model',
      },
      with: { floor: { teacher: 'aboveMajority' }, latency: { rows: 0 } },
    },
    ...signalStages(input),
  };
}

function trainingSettings({ learningRate }: TrainingPlan): Record<string, unknown> {
  return { batchSize: BATCH_SIZE, optimizer: { learningRate } };
}

function signalStages(input: DraftInput): Record<string, unknown> {
  if (isAskedOnline(input)) return {};
  return {
    'teacher-forward': {
      uses: 'teacher-forward',
      description: "The teacher's answers on the training examples, computed once for both phases.",
      inputs: { teacher: TEACHER, tokens: 'tokenize.train' },
      with: {
        studentLayers: input.student.layers,
        ...layerMappingSetting(input),
        store: { logits: true, hiddenStates: 'mapped', attentionScores: 'mapped', budget: '16 GiB' },
      },
    },
  };
}

function studentStages(input: DraftInput): Record<string, unknown> {
  const { training } = input;
  const student = { ...input.student, maxPositions: '${params.maxSequenceLength}' };
  const seed = input.seeds.length === 0 ? {} : { seed: '${params.studentSeed}' };
  const taught = isAskedOnline(input) ? { teacher: TEACHER } : { signals: 'teacher-forward.signals' };
  return {
    'student-layers': {
      uses: 'student-train',
      description:
        "First phase: starting from random weights, the student learns the teacher's hidden states and attention.",
      inputs: { tokens: 'tokenize.train', ...taught },
      ...seed,
      with: {
        student,
        loss: {
          attention: { weight: 1 },
          hidden: { weight: 1 },
          embedding: { weight: 1 },
          ...layerMappingSetting(input),
        },
        epochs: '${params.studentEpochs}',
        ...trainingSettings(training.student),
      },
    },
    'student-predictions': {
      uses: 'student-train',
      description: "Second phase: the student learns the teacher's answers.",
      inputs: { tokens: 'tokenize.train', ...validationInput(input), ...taught, student: 'student-layers.student' },
      ...seed,
      with: {
        loss: { logits: { weight: 1, ...logitsKind(input) } },
        epochs: '${params.studentEpochs}',
        ...trainingSettings(training.student),
      },
    },
    baseline: {
      uses: 'finetune',
      description: 'The same student trained on labels alone, to show what it learns without a teacher.',
      inputs: { tokens: 'tokenize.train', ...validationInput(input) },
      ...seed,
      with: {
        architecture: student,
        epochs: '${params.baselineEpochs}',
        ...trainingSettings(training.student),
      },
    },
    evaluate: {
      uses: 'evaluate',
      description:
        'Scores, sizes and speed of all three, and the score of a bag of words, on examples that none of them has seen.',
      inputs: {
        tokens: 'tokenize.validation',
        train: 'tokenize.train',
        teacher: TEACHER,
        student: 'student-predictions.student',
        baseline: 'baseline.model',
      },
    },
    export: {
      uses: 'export',
      description: 'The student for transformers and for ONNX Runtime, each checked against the source.',
      inputs: { model: 'student-predictions.student', tokens: 'tokenize.validation', evaluation: 'evaluate.report' },
      with: { formats: ['huggingface', 'onnx'] },
    },
  };
}

/** Training rows that choose weights: fewer choose by chance, and more are better learned from. */
const LEAST_SELECTION = 100;
const MOST_SELECTION = 2000;

/** Share of the training rows that chooses weights; undefined where they are too few. */
function selectionShare({ examples: { train } }: RowsFound): number | undefined {
  const share = Math.min(0.1, MOST_SELECTION / train);
  return share * train < LEAST_SELECTION ? undefined : Number(share.toPrecision(2));
}

function validationInput({ rows }: DraftInput): Record<string, string> {
  return selectionShare(rows) === undefined ? {} : { validation: 'tokenize.selection' };
}

/** The teacher once it has passed its floor. */
const TEACHER = 'teacher-score.teacher';

function logitsKind({ source: { labels } }: DraftInput): Record<string, unknown> {
  if (labels.kind === 'regression') return { kind: 'meanSquaredError' };
  return labels.kind === 'multi-label' ? { kind: 'sigmoidCrossEntropy' } : {};
}

/** Left out where it is the default. */
function layerMappingSetting({ layerMapping }: DraftInput): Record<string, unknown> {
  return layerMapping.kind === 'uniform' ? {} : { layerMapping };
}

/** The shortest that cuts few rows, as far as the model reads. */
export function rowLength({ rows, model }: Pick<DraftInput, 'rows' | 'model'>): number {
  const fitting = rows.lengths.longer.find(({ share }) => share <= MOST_CUT_SHARE)?.length ?? 512;
  return Math.min(fitting, model.architecture.maxPositions);
}

/** Float16 hidden states and attention scores of the mapped layers. */
function isAskedOnline({ student, model, rows }: DraftInput): boolean {
  const { mean, meanSquare } = rows.lengths;
  const { hiddenSize, heads } = model.architecture;
  const perRow = 2 * ((student.layers + 1) * mean * hiddenSize + student.layers * heads * meanSquare);
  return rows.examples.train * perRow > MOST_STORED_BYTES;
}

/** As a pipeline file writes it: relative where that leads through few folders, with `/`. */
function pathFrom(folder: string, path: string): string {
  const near = relative(folder, path);
  if (isAbsolute(near) || near.startsWith(['..', '..', '..', '..'].join(sep))) return path;
  const text = near.split(sep).join('/');
  return text.startsWith('.') ? text : `./${text}`;
}
