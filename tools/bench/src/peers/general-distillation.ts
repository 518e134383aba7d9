import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { initialValues, parameterSpecs, saveModel } from '@retort/bert';
import { execa } from 'execa';
import type { BenchContext, Outcome } from '../bench.ts';
import { bertConfig, geometryFor, nameOf } from '../paper-geometry.ts';
import { ratioRow, single } from './interleave.ts';
import { type RealSentences, withRealSentences } from './real-sentences.ts';
import { runRetort } from './run-retort.ts';

const LENGTH = 128;
const BATCH_ROWS = 32;
const STEPS = 12;
const LIMIT_BYTES = 4e9;
/** Three times as fast as the published code: its time to ours is what `ratioRow` turns around. */
const LIMIT = 1 / 3;

/**
 * General distillation at 128 tokens with the teacher asked at every step, since its answers fit on no disk: the stage
 * `student-train` from its start to its end, beside PyTorch loops from their first warm step.
 */
export function generalDistillation(context: BenchContext): Promise<readonly Outcome[]> {
  return withRealSentences(context, 'general distillation', (given) => compare(context, given));
}

async function compare(context: BenchContext, given: RealSentences): Promise<Outcome[]> {
  const { python } = given;
  const ours = await runOurs(context, given);
  const careful = await runPeer(context, { python, published: false });
  const published = await runPeer(context, { python, published: true });
  const { teacher, student } = geometryFor(context);
  const name = `${nameOf(teacher)} to ${nameOf(student)} at ${BATCH_ROWS} x ${lengthOf(context)}`;
  const labels = { careful: 'a careful PyTorch loop', published: "PyTorch as the published code's loop" };
  return [
    single(name, 'rows/s', ours.examplesPerSecond, 'the whole stage: starting, compiling and saving included'),
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
    { ...single('peak memory', 'bytes', ours.peakBytes, 'the process of the stage'), limit: LIMIT_BYTES },
    single(`peak memory in ${labels.careful}`, 'bytes', careful.peakBytes),
    single(`peak memory in ${labels.published}`, 'bytes', published.peakBytes),
  ];
}

interface Result {
  readonly examplesPerSecond: number;
  readonly peakBytes: number;
}

const lengthOf = ({ isQuick }: BenchContext) => (isQuick ? 16 : LENGTH);
const stepsOf = ({ isQuick }: BenchContext) => (isQuick ? 2 : STEPS);

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

/** The stage's own seconds and memory, as the run's manifest has them. */
async function runOurs(context: BenchContext, given: RealSentences): Promise<Result> {
  const { workspace, scratchFolder, threads } = context;
  const folder = join(scratchFolder, 'general-distillation');
  await mkdir(join(folder, 'teacher'), { recursive: true });
  await writePipeline(context, { ...given, folder });
  const store = join(folder, 'store');
  const retort = (...args: string[]) => runRetort(workspace, [...args, '--store', store]);
  await retort('run', join(folder, 'general.pipeline.json'), '--threads', String(threads));
  const manifest = JSON.parse(await retort('show', '--json')) as {
    stages: { id: string; seconds: number; peakMemoryBytes: number }[];
  };
  const stage = manifest.stages.find(({ id }) => id === 'student-train');
  if (stage === undefined) throw new Error('The manifest has no stage student-train.');
  return {
    examplesPerSecond: (stepsOf(context) * BATCH_ROWS) / stage.seconds,
    peakBytes: stage.peakMemoryBytes,
  };
}

/** Sentences of SST-2 packed into full rows, and a teacher with random weights. */
async function writePipeline(
  context: BenchContext,
  { folder, glue, vocabulary }: { folder: string; glue: string; vocabulary: string },
): Promise<void> {
  const rows = stepsOf(context) * BATCH_ROWS;
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
        batchSize: BATCH_ROWS,
        epochs: 1,
        optimizer: { learningRate: 1e-4 },
      },
    },
  };
  await writeFile(join(folder, 'general.pipeline.json'), JSON.stringify({ name: 'general', stages }));
}
