import { isAbsolute, relative, sep } from 'node:path';
import type { LabelSettings } from './label-settings.ts';
import type { ModelFacts } from './model-facts.ts';
import type { StudentGeometry } from './student-geometry.ts';
import { type ChosenColumns, columnOf } from './table-columns.ts';
import type { TableProfile } from './table-profile.ts';
import type { TeacherPlan } from './teacher-plan.ts';

export interface DraftInput {
  readonly name: string;
  /** Folder of the pipeline file: what its paths count from. */
  readonly folder: string;
  readonly schema: string;
  readonly modelPath: string;
  readonly model: ModelFacts;
  readonly teacher: TeacherPlan;
  readonly train: TableProfile;
  readonly validation: TableProfile;
  readonly columns: ChosenColumns;
  readonly labels: LabelSettings;
  readonly student: StudentGeometry;
  /** Of the student and of the one without a teacher: a cell for each. Empty for the pipeline's seed alone. */
  readonly seeds: readonly number[];
}

/** Above this the teacher is asked batch by batch instead of being stored. */
const MOST_STORED_BYTES = 8 * 2 ** 30;
/** English text in WordPiece. Only for choosing a row length and for estimating what signals take. */
const CHARACTERS_PER_TOKEN = 4;
const ROW_LENGTHS = [32, 64, 128, 256, 512];

/** A task distillation, TinyBERT's two phases, with a baseline to tell what the teacher was good for. */
export function draftPipeline(input: DraftInput): Record<string, unknown> {
  const { name, student, model } = input;
  return {
    $schema: input.schema,
    name,
    description: `Distils a ${model.architecture.layers} x ${model.architecture.hiddenSize} BERT into a ${student.layers} x ${student.hiddenSize} one that does the same task.`,
    seed: 42,
    params: params(input),
    stages: { ...dataStages(input), ...teacherStages(input), ...studentStages(input) },
    variants: {
      quick: {
        'stages.task.with.maxTrain': 200,
        'stages.task.with.maxValidation': 100,
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

function params({ folder, modelPath, train, validation, teacher, seeds }: DraftInput): Record<string, unknown> {
  const path = (value: string, description: string) => ({
    type: 'path',
    default: pathFrom(folder, value),
    description,
  });
  const epochs = (value: number, description: string) => ({ type: 'integer', default: value, minimum: 1, description });
  return {
    model: path(modelPath, 'Folder of the large model: config.json, model.safetensors and its vocabulary'),
    train: path(train.path, 'Table of training examples'),
    validation: path(validation.path, 'Table of examples that the models are scored on'),
    ...(teacher.kind === 'finetune' && { teacherEpochs: epochs(3, 'Epochs of fine-tuning the teacher') }),
    studentEpochs: epochs(6, 'Epochs of each of the two phases of distillation'),
    baselineEpochs: epochs(12, 'Epochs of the student without a teacher: as many as the two phases together'),
    ...(seeds.length > 0 && {
      studentSeed: {
        type: 'integer',
        default: seeds[0],
        minimum: 0,
        description: 'Seed of the students, with and without a teacher; the teacher keeps that of the pipeline',
      },
    }),
  };
}

function dataStages(input: DraftInput): Record<string, unknown> {
  const { train, columns, labels, name, teacher } = input;
  const { format, hasWiderRows } = train;
  return {
    task: {
      uses: 'task-data',
      description: `Labelled ${columns.textB === undefined ? 'texts' : 'pairs of texts'} from your tables.`,
      inputs: { train: '${params.train}', validation: '${params.validation}' },
      with: {
        task: name,
        source: { kind: 'files', format, ...(hasWiderRows && { extraColumns: 'allow' }), columns, labels },
      },
    },
    source: {
      uses: 'import-model',
      description: 'Your model, with the vocabulary that it was trained with.',
      inputs: { model: '${params.model}' },
      with: teacher.kind === 'ready' ? teacher.settings : { head: 'none' },
    },
    tokenize: {
      uses: 'tokenize',
      description: 'Word pieces of that vocabulary, which teacher and student share.',
      inputs: { examples: 'task.examples', tokenizer: 'source.tokenizer' },
      with: { maxSequenceLength: rowLength(input) },
    },
  };
}

function teacherStages(input: DraftInput): Record<string, unknown> {
  const { teacher } = input;
  if (teacher.kind === 'ready') return signalStages(input);
  return {
    teacher: {
      uses: 'finetune',
      description: `The teacher: your model, trained on the task first, since ${teacher.why}.`,
      inputs: { tokens: 'tokenize.train', model: 'source.model' },
      with: { batchSize: 32, epochs: '${params.teacherEpochs}', optimizer: { learningRate: 0.00003 } },
    },
    ...signalStages(input),
  };
}

function signalStages(input: DraftInput): Record<string, unknown> {
  if (isAskedOnline(input)) return {};
  return {
    'teacher-forward': {
      uses: 'teacher-forward',
      description: "The teacher's answers on the training examples, computed once for both phases.",
      inputs: { teacher: teacherOutput(input), tokens: 'tokenize.train' },
      with: {
        studentLayers: input.student.layers,
        store: { logits: true, hiddenStates: 'mapped', attentionScores: 'mapped', budget: '16 GiB' },
      },
    },
  };
}

function studentStages(input: DraftInput): Record<string, unknown> {
  const { student } = input;
  const seed = input.seeds.length === 0 ? {} : { seed: '${params.studentSeed}' };
  const taught = isAskedOnline(input) ? { teacher: teacherOutput(input) } : { signals: 'teacher-forward.signals' };
  return {
    'student-layers': {
      uses: 'student-train',
      description: 'First phase: the student learns hidden states and attention of the teacher, from random weights.',
      inputs: { tokens: 'tokenize.train', ...taught },
      ...seed,
      with: {
        student,
        loss: { attention: { weight: 1 }, hidden: { weight: 1 }, embedding: { weight: 1 } },
        batchSize: 32,
        epochs: '${params.studentEpochs}',
        optimizer: { learningRate: 0.0005 },
      },
    },
    'student-predictions': {
      uses: 'student-train',
      description: "Second phase: it learns the teacher's answers.",
      inputs: { tokens: 'tokenize.train', ...taught, student: 'student-layers.student' },
      ...seed,
      with: {
        loss: { logits: { weight: 1, ...(input.labels.kind === 'regression' && { kind: 'meanSquaredError' }) } },
        batchSize: 32,
        epochs: '${params.studentEpochs}',
        optimizer: { learningRate: 0.0003 },
      },
    },
    baseline: {
      uses: 'finetune',
      description: 'The same student trained on the labels alone: what it learns without a teacher.',
      inputs: { tokens: 'tokenize.train' },
      ...seed,
      with: {
        architecture: student,
        batchSize: 32,
        epochs: '${params.baselineEpochs}',
        optimizer: { learningRate: 0.0005 },
      },
    },
    evaluate: {
      uses: 'evaluate',
      description: 'Scores, sizes and speed of all three, on examples that none of them was trained on.',
      inputs: {
        tokens: 'tokenize.validation',
        teacher: teacherOutput(input),
        student: 'student-predictions.student',
        baseline: 'baseline.model',
      },
    },
    export: {
      uses: 'export',
      description: 'The student for transformers and for ONNX Runtime, each compared with the source.',
      inputs: { model: 'student-predictions.student', tokens: 'tokenize.validation', evaluation: 'evaluate.report' },
      with: { formats: ['huggingface', 'onnx'] },
    },
  };
}

function teacherOutput({ teacher }: DraftInput): string {
  return teacher.kind === 'ready' ? 'source.model' : 'teacher.model';
}

function tokensPerRow({ train, columns }: DraftInput): number {
  const texts = [columns.textA, ...(columns.textB === undefined ? [] : [columns.textB])];
  const characters = texts.reduce((sum, name) => sum + columnOf(train, name).meanCharacters, 0);
  return characters / CHARACTERS_PER_TOKEN + 1 + texts.length;
}

/** Three times the mean leaves few rows to be cut. */
function rowLength(input: DraftInput): number {
  const wanted = 3 * tokensPerRow(input);
  const fitting = ROW_LENGTHS.find((length) => length >= wanted) ?? 512;
  return Math.min(fitting, input.model.architecture.maxPositions);
}

/** Float16 hidden states and attention scores of the mapped layers. */
function isAskedOnline(input: DraftInput): boolean {
  const { student, model, train } = input;
  const tokens = Math.min(tokensPerRow(input), rowLength(input));
  const { hiddenSize, heads } = model.architecture;
  const perRow = 2 * ((student.layers + 1) * tokens * hiddenSize + student.layers * heads * tokens ** 2);
  return train.rows * perRow > MOST_STORED_BYTES;
}

/** As a pipeline file writes it: relative where that leads through few folders, with `/`. */
function pathFrom(folder: string, path: string): string {
  const near = relative(folder, path);
  if (isAbsolute(near) || near.startsWith(['..', '..', '..', '..'].join(sep))) return path;
  const text = near.split(sep).join('/');
  return text.startsWith('.') ? text : `./${text}`;
}
