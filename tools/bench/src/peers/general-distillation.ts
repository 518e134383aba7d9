import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Precision } from '@retort/engine';
import { initialValues, parameterSpecs, saveModel } from '@retort/families';
import { type Ended, type Outcome, requireResults, retort } from '@retort/lab';
import { execa } from 'execa';
import type { BenchContext } from '../bench.ts';
import { bertConfig, geometryFor, nameOf } from '../paper-geometry.ts';
import { type RealSentences, realSentences } from './given.ts';
import { ratioRow, single } from './interleave.ts';

const LENGTH = 128;
const BATCH_ROWS = 32;
const STEPS = 16;
/** An int8 teacher is that much faster, so that both runs take about as long. */
const INT8_STEPS = 3;
const LIMIT_BYTES = 4e9;
/** Three times as fast as the published code: its time to ours is what `ratioRow` turns around. */
const LIMIT = 1 / 3;

/**
 * General distillation at 128 tokens with the teacher asked at every step, since its answers fit on no disk: the steps of the
 * stage `student-train` beside PyTorch loops, both from their first warm step.
 */
export async function generalDistillation(context: BenchContext): Promise<readonly Outcome[]> {
  const given = await realSentences(context);
  const { python } = given;
  const ours = await runOurs(context, given, 'float32');
  const int8 = await runOurs(context, given, 'int8');
  const careful = await runPeer(context, { python, published: false });
  const published = await runPeer(context, { python, published: true });
  const { teacher, student } = geometryFor(context);
  const name = `${nameOf(teacher)} to ${nameOf(student)} at ${BATCH_ROWS} x ${lengthOf(context)}`;
  const labels = { careful: 'a careful PyTorch loop', published: "PyTorch as the published code's loop" };
  return [
    single(name, 'rows/s', ours.examplesPerSecond, notesOf(ours)),
    single('the same with the teacher in int8', 'rows/s', int8.examplesPerSecond, `${notesOf(int8)}; ${int8.errors}`),
    single(`the same in ${labels.careful}`, 'rows/s', careful.examplesPerSecond, 'warm steps'),
    single(
      `the same in ${labels.published}`,
      'rows/s',
      published.examplesPerSecond,
      'warm steps; the teacher has dropout and keeps its graph',
    ),
    ratioRow({
      who: 'time of ours',
      label: labels.careful,
      ours: careful.examplesPerSecond,
      peer: ours.examplesPerSecond,
    }),
    ratioRow({
      who: 'time of ours',
      label: labels.published,
      ours: published.examplesPerSecond,
      peer: ours.examplesPerSecond,
      limit: LIMIT,
    }),
    ...ratiosOfInt8(int8, { careful, published, labels }),
    { ...single('peak memory', 'bytes', ours.peakBytes, 'the process of the stage'), limit: LIMIT_BYTES },
    { ...single('peak memory with the teacher in int8', 'bytes', int8.peakBytes), limit: LIMIT_BYTES },
    single(`peak memory in ${labels.careful}`, 'bytes', careful.peakBytes),
    single(`peak memory in ${labels.published}`, 'bytes', published.peakBytes),
  ];
}

function ratiosOfInt8(
  int8: Result,
  { careful, published, labels }: Readonly<Record<'careful' | 'published', Result>> & { labels: Labels },
): Outcome[] {
  const who = 'time of ours with the teacher in int8';
  const peer = int8.examplesPerSecond;
  return [
    ratioRow({ who, label: labels.careful, ours: careful.examplesPerSecond, peer }),
    ratioRow({ who, label: labels.published, ours: published.examplesPerSecond, peer, limit: LIMIT }),
  ];
}

type Labels = Readonly<Record<'careful' | 'published', string>>;

interface Result {
  readonly examplesPerSecond: number;
  readonly peakBytes: number;
}

interface Ours extends Result {
  readonly steps: number;
  /** Of the whole stage: starting, compiling, measuring what int8 costs, and saving included. */
  readonly seconds: number;
  readonly errors: string;
}

const notesOf = ({ steps, seconds }: Ours) =>
  `warm steps; the whole stage ran ${steps} steps in ${seconds.toFixed(0)} s, starting, compiling and saving included`;
const lengthOf = ({ quick }: BenchContext) => (quick ? 16 : LENGTH);
const stepsOf = ({ quick }: BenchContext) => (quick ? 2 : STEPS);

async function runPeer(
  context: BenchContext,
  { python, published }: { python: string; published: boolean },
): Promise<Result> {
  const { teacher, student, vocabularySize } = geometryFor(context);
  const sizes = {
    batchSize: BATCH_ROWS,
    length: lengthOf(context),
    steps: stepsOf(context),
    vocabularySize: Math.max(vocabularySize, 2000),
  };
  const job = { ...sizes, published, threads: context.threads, teacher, student };
  const script = join(context.workspace, 'tools/bench/peers/general_distillation.py');
  const { stdout } = await execa(python, [script, JSON.stringify(job)], {
    env: { OMP_NUM_THREADS: String(context.threads) },
  });
  return JSON.parse(stdout) as Result;
}

/** The stage's own steps and memory, as events and manifest of the run have them. */
async function runOurs(context: BenchContext, given: RealSentences, precision: Precision): Promise<Ours> {
  const { workspace, scratchFolder, threads } = context;
  const folder = join(scratchFolder, `general-distillation-${precision}`);
  await mkdir(join(folder, 'teacher'), { recursive: true });
  const steps = stepsOf(context) * (precision === 'int8' ? INT8_STEPS : 1);
  await writePipeline(context, { ...given, folder, precision, steps });
  const store = join(folder, 'store');
  const pipeline = join(folder, 'general.pipeline.json');
  const ran = await retort({ workspace, store, args: ['run', pipeline, '--threads', String(threads), '--json'] });
  requireResults(ran);
  const manifest = JSON.parse((await retort({ workspace, store, args: ['show', '--json'] })).stdout) as {
    stages: { id: string; seconds: number; peakMemoryBytes: number; metrics?: Record<string, number> }[];
  };
  const stage = manifest.stages.find(({ id }) => id === 'student-train');
  if (stage === undefined) throw new Error('The manifest has no stage student-train.');
  return {
    examplesPerSecond: BATCH_ROWS * (warmStepsPerSecond(ran) ?? steps / stage.seconds),
    peakBytes: stage.peakMemoryBytes,
    steps,
    seconds: stage.seconds,
    errors: errorsOf(stage.metrics ?? {}),
  };
}

/** Between the first and the last time that the stage told how far it was; undefined where it was over too soon. */
function warmStepsPerSecond({ events }: Ended): number | undefined {
  const told = events.flatMap((each) =>
    each.event === 'stage-progress' && each.stage === 'student-train' ? [each] : [],
  );
  const [first, last] = [told[0], told.at(-1)];
  if (first === undefined || last === undefined || first === last) return undefined;
  return (last.progress.done - first.progress.done) / (last.seconds - first.seconds);
}

/** `hiddenStates 2.1 %, attentionScores 5.4 %`. */
function errorsOf(metrics: Readonly<Record<string, number>>): string {
  const errors = Object.entries(metrics).filter(([name]) => name.startsWith('int8.'));
  return errors.map(([name, error]) => `${name.slice('int8.'.length)} ${(100 * error).toFixed(1)} %`).join(', ');
}

/** Sentences of SST-2 packed into full rows, and a teacher with random weights. */
async function writePipeline(
  context: BenchContext,
  {
    folder,
    glue,
    vocabulary,
    precision,
    steps,
  }: { folder: string; glue: string; vocabulary: string; precision: Precision; steps: number },
): Promise<void> {
  const rows = steps * BATCH_ROWS;
  const lines = (await readFile(join(glue, 'SST-2/train.tsv'), 'utf8')).split('\n').slice(1, 1 + rows * 30);
  await writeFile(join(folder, 'corpus.txt'), lines.map((line) => line.split('\t')[0]).join('\n'));
  const geometry = geometryFor(context);
  const config = bertConfig(geometry.teacher, { ...geometry, vocabularySize: 30_522 });
  const values = initialValues(parameterSpecs(config, []), 1);
  await saveModel({ folder: join(folder, 'teacher'), config, heads: [], values, tokenizerFolder: vocabulary });
  const { maxPositions: _, ...student } = geometry.student;
  const on = { weight: 1 };
  const stages = {
    corpus: {
      uses: 'corpus',
      inputs: { files: './corpus.txt' },
      with: { source: { kind: 'files', unit: 'paragraph' }, validationFraction: 0.01 },
    },
    tokenize: {
      uses: 'tokenize',
      inputs: { text: 'corpus.text', tokenizer: vocabulary },
      with: { maxSequenceLength: lengthOf(context), packing: 'packed', maxRows: rows },
    },
    teacher: { uses: 'import-model', inputs: { model: './teacher' }, with: { head: 'none' } },
    'student-train': {
      uses: 'student-train',
      inputs: { tokens: 'tokenize.train', teacher: 'teacher.model' },
      with: {
        student,
        loss: { attention: on, hidden: on, embedding: on },
        teacherPrecision: precision,
        batchSize: BATCH_ROWS,
        epochs: 1,
        optimizer: { learningRate: 1e-4 },
      },
    },
  };
  await writeFile(join(folder, 'general.pipeline.json'), JSON.stringify({ name: 'general', stages }));
}
