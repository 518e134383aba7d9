import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { initialValues, parameterSpecs, saveModel } from '@retort/families';
import { type Measurement, type Outcome, requireResults, retort } from '@retort/lab';
import { execa } from 'execa';
import type { BenchContext } from '../bench.ts';
import { bertConfig, geometryFor } from '../paper-geometry.ts';
import { spreadOf, timed } from '../repeat.ts';
import { type RealSentences, realSentences } from './given.ts';
import { ratioRow } from './interleave.ts';

interface Recipe {
  readonly name: string;
  readonly intermediateEpochs: number;
  readonly predictionEpochs: number;
  /** How often each side does the whole job, in turns. */
  readonly rounds: number;
  /** The most that ours may take, as a part of the careful loop's seconds. */
  readonly limit: number;
  readonly int8Limit: number;
}

/** Ratios of the aims beside the careful loop: 40 s and 30 s to 53.5 s, 110 s to 332 s. */
const SHORT: Recipe = {
  name: '1 + 1 epochs',
  intermediateEpochs: 1,
  predictionEpochs: 1,
  rounds: 2,
  limit: 40 / 53.5,
  int8Limit: 30 / 53.5,
};
const PUBLISHED: Recipe = {
  name: '10 + 3 epochs, as published',
  intermediateEpochs: 10,
  predictionEpochs: 3,
  rounds: 1,
  limit: 110 / 332,
  int8Limit: 110 / 332,
};
const SETTINGS = { batchSize: 32, maxSequenceLength: 64, learningRate: 5e-5 };

/**
 * SST-2's first 2,048 training sentences, teacher 12 x 768, student 4 x 312, from starting the process to the evaluated
 * student, beside a careful PyTorch loop: length buckets, fused AdamW, the teacher without gradients at every step.
 */
export const wholeJob = (context: BenchContext): Promise<readonly Outcome[]> => besideCarefulLoop(context, SHORT);

/** The same with the epochs of the published recipe: a quarter of an hour. */
export const wholeJobAsPublished = (context: BenchContext): Promise<readonly Outcome[]> =>
  besideCarefulLoop(context, PUBLISHED);

async function besideCarefulLoop(context: BenchContext, recipe: Recipe): Promise<readonly Outcome[]> {
  const given = await realSentences(context);
  return compare(context, await prepare(context, given), recipe, given.python);
}

interface Job {
  readonly folder: string;
  readonly pipeline: string;
  readonly data: string;
  readonly teacher: string;
}

async function compare(context: BenchContext, job: Job, recipe: Recipe, python: string): Promise<Measurement[]> {
  const seconds = { ours: [] as number[], int8: [] as number[], peers: [] as number[], changed: [] as number[] };
  const [store, int8Store] = [join(job.folder, 'store'), join(job.folder, 'store-int8')];
  for (let round = 0; round < (context.quick ? 1 : recipe.rounds); round++) {
    for (const folder of [store, int8Store]) await rm(folder, { recursive: true, force: true });
    seconds.ours.push(await secondsOf(() => runOurs(context, job, { recipe, store })));
    seconds.changed.push(
      await secondsOf(() =>
        runOurs(context, job, {
          recipe,
          store,
          more: ['--set', 'stages.student-layers.with.loss.attention.weight=0.5'],
        }),
      ),
    );
    seconds.int8.push(
      await secondsOf(() =>
        runOurs(context, job, { recipe, store: int8Store, more: ['--set', 'params.precision=int8'] }),
      ),
    );
    seconds.peers.push(await secondsOf(() => runPeer(context, job, { recipe, python })));
  }
  const ours = spreadOf(seconds.ours);
  const int8 = spreadOf(seconds.int8);
  const peers = spreadOf(seconds.peers);
  const changed = spreadOf(seconds.changed);
  const notes = `${trainRows(context)} training sentences and SST-2's dev set`;
  const label = 'the careful PyTorch loop';
  return [
    { name: `whole job, ${recipe.name}`, unit: 's', ...ours, notes },
    { name: `the same with the teacher in int8, ${recipe.name}`, unit: 's', ...int8 },
    { name: `the same in ${label}`, unit: 's', ...peers },
    {
      name: 'the same again with one loss weight changed',
      unit: 's',
      ...changed,
      notes: 'the careful loop does everything again',
    },
    ratioRow({ label, ours: ours.value, peer: peers.value, limit: recipe.limit }),
    ratioRow({
      who: 'ours with the teacher in int8',
      label,
      ours: int8.value,
      peer: peers.value,
      limit: recipe.int8Limit,
    }),
    ratioRow({ who: 'ours with one loss weight changed', label, ours: changed.value, peer: peers.value }),
  ];
}

async function secondsOf(body: () => Promise<void>): Promise<number> {
  return (await timed(body)) / 1000;
}

async function runOurs(
  { workspace, threads }: BenchContext,
  { pipeline }: Job,
  { recipe, store, more = [] }: { recipe: Recipe; store: string; more?: readonly string[] },
): Promise<void> {
  const epochs = [
    `params.intermediateEpochs=${recipe.intermediateEpochs}`,
    `params.predictionEpochs=${recipe.predictionEpochs}`,
  ];
  const set = epochs.flatMap((each) => ['--set', each]);
  const args = ['run', pipeline, '--json', '--threads', String(threads), ...set, ...more];
  requireResults(await retort({ workspace, store, args }));
}

async function runPeer(
  { workspace, threads, vocabulary }: BenchContext,
  { data, teacher }: Job,
  { recipe, python }: { recipe: Recipe; python: string },
): Promise<void> {
  const { student } = geometryFor({ quick: false });
  const request = { ...SETTINGS, ...recipe, data, teacher, student, vocabulary, threads };
  await execa(python, [join(workspace, 'tools/bench/peers/careful_loop.py'), JSON.stringify(request)], {
    env: { OMP_NUM_THREADS: String(threads) },
  });
}

const trainRows = ({ quick }: BenchContext) => (quick ? 64 : 2048);

/** The same sentences and the same teacher for both. The teacher's weights are random: time does not depend on them. */
async function prepare(context: BenchContext, { glue, vocabulary }: RealSentences): Promise<Job> {
  const folder = join(context.scratchFolder, 'whole-job');
  const [data, teacher] = [join(folder, 'SST-2'), join(folder, 'teacher')];
  await mkdir(data, { recursive: true });
  await mkdir(teacher);
  const train = (await readFile(join(glue, 'SST-2/train.tsv'), 'utf8')).split('\n');
  await writeFile(join(data, 'train.tsv'), `${train.slice(0, trainRows(context) + 1).join('\n')}\n`);
  await writeFile(join(data, 'dev.tsv'), await readFile(join(glue, 'SST-2/dev.tsv')));
  const geometry = geometryFor({ quick: false });
  const config = {
    ...bertConfig(geometry.teacher, geometry),
    task: { kind: 'classes', labels: ['negative', 'positive'] } as const,
  };
  const heads = ['classifier'] as const;
  const values = initialValues(parameterSpecs(config, heads), 1);
  if (!existsSync(join(vocabulary, 'vocab.txt')))
    throw new Error(`${vocabulary} has no vocab.txt, which the peer reads.`);
  await saveModel({ folder: teacher, config, heads, values, tokenizerFolder: vocabulary });
  const pipeline = join(folder, 'whole-job.pipeline.json');
  await writeFile(pipeline, JSON.stringify(pipelineDocument({ data, teacher, vocabulary }), undefined, 2));
  return { folder, pipeline, data, teacher };
}

function pipelineDocument({
  data,
  teacher,
  vocabulary,
}: {
  data: string;
  teacher: string;
  vocabulary: string;
}): object {
  const epochs = (description: string) => ({ type: 'integer', default: 1, minimum: 1, description });
  const { batchSize, maxSequenceLength, learningRate } = SETTINGS;
  const { maxPositions: _, ...student } = geometryFor({ quick: false }).student;
  const training = { batchSize, optimizer: { learningRate } };
  const on = { weight: 1 };
  return {
    name: 'whole-job',
    params: {
      intermediateEpochs: epochs('Epochs of Transformer-layer distillation'),
      predictionEpochs: epochs('Epochs of prediction-layer distillation'),
      precision: { type: 'string', default: 'float32', description: 'How the teacher computes' },
    },
    stages: {
      task: {
        uses: 'task-data',
        inputs: { train: join(data, 'train.tsv'), validation: join(data, 'dev.tsv') },
        with: {
          task: 'sst2',
          source: {
            kind: 'files',
            columns: { textA: 'sentence', label: 'label' },
            labels: { kind: 'classes', values: ['0', '1'], names: ['negative', 'positive'] },
          },
        },
      },
      tokenize: {
        uses: 'tokenize',
        inputs: { examples: 'task.examples', tokenizer: vocabulary },
        with: { maxSequenceLength },
      },
      teacher: { uses: 'import-model', inputs: { model: teacher }, with: { head: 'huggingface' } },
      'teacher-forward': {
        uses: 'teacher-forward',
        inputs: { teacher: 'teacher.model', tokens: 'tokenize.train' },
        with: {
          studentLayers: student.layers,
          precision: '${params.precision}',
          store: { logits: true, hiddenStates: 'mapped', attentionScores: 'mapped', budget: '50 GiB' },
        },
      },
      'student-layers': {
        uses: 'student-train',
        inputs: { tokens: 'tokenize.train', signals: 'teacher-forward.signals' },
        with: {
          student,
          loss: { attention: on, hidden: on, embedding: on },
          epochs: '${params.intermediateEpochs}',
          ...training,
        },
      },
      'student-predictions': {
        uses: 'student-train',
        inputs: { tokens: 'tokenize.train', signals: 'teacher-forward.signals', student: 'student-layers.student' },
        with: { loss: { logits: on }, epochs: '${params.predictionEpochs}', ...training },
      },
      evaluate: { uses: 'evaluate', inputs: { tokens: 'tokenize.validation', student: 'student-predictions.student' } },
    },
  };
}
