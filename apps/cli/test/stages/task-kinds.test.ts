import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { RandomStream } from '@retort/foundation/random';
import type { Report } from '@retort/plugin-kit';
import { type PredictionRow, readTokens, streamPredictions, streamText } from '@retort/tables';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Bench, createBench, lastLine } from '../retort.ts';

// Tasks that a user brings, through the real command: several labels a row, a floor under the teacher, and Chinese.

let bench: Bench;
beforeAll(async () => {
  bench = await createBench();
});
afterAll(() => bench.remove());

const geometry = { layers: 1, hiddenSize: 32, heads: 2, intermediateSize: 64 };
const training = {
  epochs: 20,
  batchSize: 16,
  optimizer: { learningRate: 0.005 },
  dropout: { hidden: 0, attention: 0 },
};

type Outputs = Record<string, Record<string, { digest: string }>>;

/** Runs a pipeline and returns the folders of its outputs, by stage and port. */
async function runPipeline(name: string, ...options: string[]) {
  const { exitCode, stdout, stderr } = await bench.retort('run', `${name}.pipeline.json`, '--json', ...options);
  const { stages } = lastLine(stdout) as { stages: { id: string; status: string; outputs?: Outputs[string] }[] };
  const folder = (stage: string, port: string) => {
    const digest = stages.find(({ id }) => id === stage)?.outputs?.[port]?.digest as string;
    return join(bench.folder, 'store/artifacts', digest.slice(0, 2), digest);
  };
  return { exitCode, stderr, folder, statuses: Object.fromEntries(stages.map(({ id, status }) => [id, status])) };
}

async function predictionsOf(folder: string): Promise<PredictionRow[]> {
  const rows: PredictionRow[] = [];
  for await (const batch of streamPredictions(join(folder, 'predictions.arrow'))) rows.push(...batch);
  return rows;
}

describe('several labels a row', () => {
  const TAGS = ['food', 'price', 'staff'];
  const WORDS: Readonly<Record<string, readonly string[]>> = {
    food: ['soup', 'bread', 'fish'],
    price: ['cheap', 'dear', 'fair'],
    staff: ['waiter', 'cook', 'host'],
  };

  /** A review names what it is about; that is all there is to learn. */
  function reviews(count: number, seed: number): string {
    const random = new RandomStream(seed);
    return Array.from({ length: count }, () => {
      const tags = TAGS.filter(() => random.unit() < 0.45);
      const words = tags.map((tag) => random.pick(WORDS[tag] as readonly string[]));
      return `${JSON.stringify({ text: ['the', ...words, 'was', 'there'].join(' '), tags })}\n`;
    }).join('');
  }

  const pipeline = {
    name: 'reviews',
    description: 'What a review is about.',
    stages: {
      task: {
        uses: 'task-data',
        inputs: { train: './train.jsonl', validation: './dev.jsonl' },
        with: {
          source: {
            kind: 'files',
            format: 'jsonl',
            columns: { textA: 'text', label: 'tags' },
            labels: { kind: 'multi-label', values: TAGS },
          },
        },
      },
      tokenize: {
        uses: 'tokenize',
        inputs: { examples: 'task.examples', tokenizer: './vocabulary' },
        with: { maxSequenceLength: 16 },
      },
      teacher: {
        uses: 'finetune',
        inputs: { tokens: 'tokenize.train' },
        with: { architecture: geometry, ...training },
      },
      check: {
        uses: 'evaluate',
        inputs: { tokens: 'tokenize.validation', teacher: 'teacher.model' },
        with: { floor: { teacher: 'aboveMajority' }, latency: { rows: 0 } },
      },
      signals: {
        uses: 'teacher-forward',
        inputs: { teacher: 'check.teacher', tokens: 'tokenize.train' },
        with: { store: { logits: true, hiddenStates: 'none', attentionScores: 'none' } },
      },
      student: {
        uses: 'student-train',
        inputs: { tokens: 'tokenize.train', signals: 'signals.signals' },
        with: {
          student: geometry,
          loss: { logits: { weight: 1, kind: 'sigmoidCrossEntropy' }, labels: { weight: 0.5 } },
          ...training,
        },
      },
      evaluate: {
        uses: 'evaluate',
        inputs: { tokens: 'tokenize.validation', teacher: 'check.teacher', student: 'student.student' },
        with: { latency: { rows: 0 } },
      },
    },
    results: ['evaluate.report'],
  };

  beforeAll(async () => {
    const words = ['the', 'was', 'there', ...Object.values(WORDS).flat()];
    await bench.write('train.jsonl', reviews(400, 1));
    await bench.write('dev.jsonl', reviews(60, 2));
    await bench.write('reviews.pipeline.json', pipeline);
    await mkdir(join(bench.folder, 'vocabulary'));
    await bench.write(
      'vocabulary/vocab.txt',
      `${['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', ...words].join('\n')}\n`,
    );
  });

  it('are learned by a teacher, distilled and scored', async () => {
    const { exitCode, stderr, folder } = await runPipeline('reviews');
    expect(exitCode, stderr).toBe(0);
    // A floor changes nothing of what comes after it.
    expect(folder('check', 'teacher')).toBe(folder('teacher', 'model'));
    const report = JSON.parse(await readFile(join(folder('evaluate', 'report'), 'report.json'), 'utf8')) as Report;
    const scores = report.tables[0]?.rows.map(({ microF1 }) => (microF1 as { value: number }).value) ?? [];
    expect(scores.length).toBe(2);
    for (const score of scores) expect(score).toBeGreaterThan(0.9);
    const rows = await predictionsOf(folder('evaluate', 'predictions'));
    expect(rows.length).toBe(120);
    expect(new Set(rows.map(({ label }) => (label as number[]).length)).size).toBeGreaterThan(2);
    const config = JSON.parse(await readFile(join(folder('student', 'student'), 'config.json'), 'utf8'));
    expect(config).toMatchObject({ problem_type: 'multi_label_classification', id2label: { 0: 'food' } });
  }, 120_000);

  it('stop at a floor that the teacher does not reach, before anything is distilled', async () => {
    const { exitCode, stderr, statuses } = await runPipeline(
      'reviews',
      '--set',
      'stages.check.with.floor.teacher=1',
      '--set',
      'stages.teacher.with.epochs=1',
    );
    expect(exitCode).toBe(1);
    expect(stderr).toContain('"floor.teacher" wants at least 100.0 %');
    expect(statuses).toMatchObject({ teacher: 'ran', check: 'failed', signals: 'skipped', student: 'skipped' });
  }, 60_000);

  it('end a run with a warning when the teacher has learned nothing, also when all of it is cached', async () => {
    const unlearned = ['stages.teacher.with.optimizer.learningRate=1e-9', 'stages.check.with.floor.teacher=-1'];
    const options = ['--only', 'check', ...unlearned.flatMap((each) => ['--set', each])];
    const runs = [];
    for (let i = 0; i < 2; i++) runs.push(await bench.retort('run', 'reviews.pipeline.json', ...options));
    for (const { exitCode, stdout, stderr } of runs) {
      expect(exitCode, stderr).toBe(0);
      expect(stdout).toMatch(/Warnings\n! check {2}The teacher has .* not clearly better than .*\n/);
    }
    expect(runs[1]?.stderr).toContain('= check  cached');
    const { stdout } = await bench.retort('show');
    expect(stdout).toMatch(/^! check {2}The teacher has /m);
  }, 60_000);

  it('are refused with a loss for classes that exclude each other, before anything runs', async () => {
    const { exitCode, stderr } = await bench.retort(
      'plan',
      'reviews.pipeline.json',
      '--set',
      'stages.student.with.loss.logits.kind="klDivergence"',
    );
    expect(exitCode).toBe(2);
    expect(stderr).toContain('LOSS_KIND_NEEDS_ONE_CLASS');
  }, 60_000);
});

describe('Chinese', () => {
  const subjects = ['狐狸', '老虎', '小鸡', '山羊'];
  const verbs = ['喜欢', '害怕', '看见', '追赶'];
  const sentence = (random: RandomStream) => `${random.pick(subjects)}${random.pick(verbs)}${random.pick(subjects)}`;

  /** One paragraph a line, no spaces anywhere, a blank line between documents. */
  function stories(documents: number): string {
    const random = new RandomStream(5);
    const paragraph = () =>
      Array.from({ length: 4 }, () => `${sentence(random)}${random.pick(['。', '！', '？'])}`).join('');
    return Array.from({ length: documents }, () => `${paragraph()}\n${paragraph()}\n`).join('\n');
  }

  function labelled(count: number, seed: number): string {
    const random = new RandomStream(seed);
    const rows = Array.from({ length: count }, () => {
      const text = sentence(random);
      return `${text}\t${text.startsWith('狐狸') || text.startsWith('老虎') ? '是' : '否'}\n`;
    });
    return `句子\t标签\n${rows.join('')}`;
  }

  const pipeline = {
    name: 'chinese',
    description: 'A Chinese corpus and task, from raw text to a distilled student.',
    stages: {
      corpus: {
        uses: 'corpus',
        inputs: { files: './stories.txt' },
        with: { source: { kind: 'files' }, validationFraction: 0.1 },
      },
      vocabulary: { uses: 'train-tokenizer', inputs: { text: 'corpus.text' }, with: { vocabularySize: 100 } },
      'tokenize-corpus': {
        uses: 'tokenize',
        inputs: { text: 'corpus.text', tokenizer: 'vocabulary.tokenizer' },
        with: { maxSequenceLength: 32, packing: 'sentence-pairs' },
      },
      pretrain: {
        uses: 'pretrain',
        inputs: { tokens: 'tokenize-corpus.train', validation: 'tokenize-corpus.validation' },
        with: { architecture: geometry, ...training, epochs: 1 },
      },
      'general-signals': {
        uses: 'teacher-forward',
        inputs: { teacher: 'pretrain.model', tokens: 'tokenize-corpus.train' },
        with: { studentLayers: 1, store: { hiddenStates: 'mapped', attentionScores: 'mapped', logits: false } },
      },
      'general-student': {
        uses: 'student-train',
        inputs: { tokens: 'tokenize-corpus.train', signals: 'general-signals.signals' },
        with: { student: geometry, loss: { hidden: { weight: 1 }, attention: { weight: 1 } }, ...training, epochs: 1 },
      },
      task: {
        uses: 'task-data',
        inputs: { train: './train.tsv', validation: './dev.tsv' },
        with: {
          source: {
            kind: 'files',
            columns: { textA: '句子', label: '标签' },
            labels: { kind: 'classes', values: ['否', '是'] },
          },
        },
      },
      tokenize: {
        uses: 'tokenize',
        inputs: { examples: 'task.examples', tokenizer: 'vocabulary.tokenizer' },
        with: { maxSequenceLength: 32 },
      },
      teacher: {
        uses: 'finetune',
        inputs: { tokens: 'tokenize.train', model: 'pretrain.model' },
        with: training,
      },
      signals: {
        uses: 'teacher-forward',
        inputs: { teacher: 'teacher.model', tokens: 'tokenize.train' },
        with: { store: { logits: true, hiddenStates: 'none', attentionScores: 'none' } },
      },
      student: {
        uses: 'student-train',
        inputs: { tokens: 'tokenize.train', signals: 'signals.signals', student: 'general-student.student' },
        with: { loss: { logits: { weight: 1 } }, ...training },
      },
      evaluate: {
        uses: 'evaluate',
        inputs: { tokens: 'tokenize.validation', teacher: 'teacher.model', student: 'student.student' },
        with: { latency: { rows: 0 } },
      },
    },
    results: ['evaluate.report'],
  };

  it('goes from raw text through general and task distillation, a token for each character', async () => {
    await bench.write('stories.txt', stories(30));
    await bench.write('train.tsv', labelled(160, 6));
    await bench.write('dev.tsv', labelled(60, 7));
    await bench.write('chinese.pipeline.json', pipeline);
    const { exitCode, stderr, folder } = await runPipeline('chinese');
    expect(exitCode, stderr).toBe(0);

    const texts: string[] = [];
    for await (const rows of streamText(join(folder('corpus', 'text'), 'text.arrow')))
      texts.push(...rows.map(({ sentence: text }) => text));
    expect(texts.length).toBe(240);
    expect(texts.every((text) => /^[^。！？]+[。！？]$/u.test(text))).toBe(true);

    const vocabulary = (await readFile(join(folder('vocabulary', 'tokenizer'), 'vocab.txt'), 'utf8'))
      .trim()
      .split('\n');
    const { tokenIds, offsets } = await readTokens(join(folder('tokenize', 'train'), 'tokens.arrow'));
    const row = [...tokenIds.subarray(0, offsets[1])].map((id) => vocabulary[id] as string);
    expect(row.join('')).toMatch(/^\[CLS\]\p{Script=Han}{6}\[SEP\]$/u);
    expect(row.slice(1, -1).every((token) => /^\p{Script=Han}$/u.test(token))).toBe(true);

    const report = JSON.parse(await readFile(join(folder('evaluate', 'report'), 'report.json'), 'utf8')) as Report;
    const scores = report.tables[0]?.rows.map(({ accuracy }) => (accuracy as { value: number }).value) ?? [];
    expect(scores.length).toBe(2);
    for (const score of scores) expect(score).toBeGreaterThan(0.9);
  }, 180_000);
});
