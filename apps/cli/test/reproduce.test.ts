import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readSafetensors, writeSafetensors } from '@retort/families';
import { ArtifactStore } from '@retort/store';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Bench, createBench, lastLine } from './retort.ts';

/** Text of the user's own, a teacher and a student that train for a second each. */
const tiny = {
  name: 'tiny',
  description: 'A teacher and a student that take seconds.',
  params: { data: { type: 'path', default: './data', description: 'Folder with text' } },
  stages: {
    corpus: { uses: 'corpus', inputs: { files: '${params.data}/stories.txt' }, with: { source: { kind: 'files' } } },
    vocabulary: { uses: 'train-tokenizer', inputs: { text: 'corpus.text' }, with: { vocabularySize: 120 } },
    tokenize: {
      uses: 'tokenize',
      inputs: { text: 'corpus.text', tokenizer: 'vocabulary.tokenizer' },
      with: { maxSequenceLength: 24 },
    },
    teacher: {
      uses: 'pretrain',
      inputs: { tokens: 'tokenize.train' },
      with: {
        architecture: { layers: 1, hiddenSize: 8, heads: 2, intermediateSize: 16, maxPositions: 24 },
        epochs: 1,
        optimizer: { learningRate: 0.001 },
      },
    },
    signals: {
      uses: 'teacher-forward',
      inputs: { teacher: 'teacher.model', tokens: 'tokenize.train' },
      with: { studentLayers: 1, store: { hiddenStates: 'mapped' } },
    },
  },
  results: ['teacher.model'],
};

const STORIES = Array.from({ length: 60 }, (_, i) => `The fox number ${i} chased the old hen around the barn.`).join(
  '\n\n',
);

interface Manifest {
  run: string;
  stages: {
    id: string;
    outputs: Record<string, { digest: string; bytes: number }>;
    metrics: Record<string, number>;
  }[];
}

let bench: Bench;
let manifest: Manifest;
const reproduce = (...args: string[]) => bench.retort('reproduce', ...args);
const stageOf = (of: Manifest, id: string) => of.stages.find((stage) => stage.id === id) as Manifest['stages'][number];

beforeAll(async () => {
  bench = await createBench();
  await mkdir(join(bench.folder, 'data'));
  await writeFile(join(bench.folder, 'data/stories.txt'), STORIES);
  await bench.write('tiny.pipeline.json', tiny);
  const { exitCode, stderr } = await bench.retort('run', 'tiny.pipeline.json', '--engine', 'cpu');
  expect([exitCode, stderr]).toEqual([0, expect.any(String)]);
  manifest = JSON.parse((await bench.retort('show', '--json')).stdout) as Manifest;
}, 120_000);

afterAll(() => bench.remove());

describe('a run that nothing has changed', () => {
  test('is identical, and its temporary store is gone', async () => {
    const { exitCode, stdout, stderr } = await reproduce(manifest.run, '--json');
    expect(exitCode).toBe(0);
    const last = lastLine(stdout) as { verdict: string; stages: { id: string; verdict: string }[]; store?: string };
    expect(last).toMatchObject({ event: 'reproduce-finished', run: manifest.run, verdict: 'identical' });
    expect(last.stages.map(({ verdict }) => verdict)).toEqual(Array(5).fill('identical'));
    expect(last.store).toBeUndefined();
    const [, folder = ''] = /Reproducing \S+ \(tiny\) in (\S+)/.exec(stderr) ?? [];
    await expect(readdir(folder)).rejects.toThrow('ENOENT');
  });

  test('is identical elsewhere: from the exported manifest, with its inputs at another place', async () => {
    const away = await createBench();
    try {
      await away.write('run.json', manifest);
      await mkdir(join(away.folder, 'moved'));
      await writeFile(join(away.folder, 'moved/stories.txt'), STORIES);
      const args = ['./run.json', '--set', 'params.data=./moved', '--into', './again'];
      const { exitCode, stdout, stderr } = await away.retort('reproduce', ...args);
      expect([exitCode, stdout.split('\n').at(-1)]).toEqual([0, 'Verdict: identical']);
      expect(stderr).toContain(join(away.folder, 'again'));
      const repeated = await away.retort('reproduce', ...args, '--json');
      expect(stagesRan(repeated.stdout)).toEqual([]);
    } finally {
      await away.remove();
    }
  });
});

function stagesRan(stdout: string): string[] {
  const events = stdout.split('\n').map((line) => JSON.parse(line) as { event: string; stage: string });
  return events.filter(({ event }) => event === 'stage-started').map(({ stage }) => stage);
}

/** The manifest of a run whose teacher came out a little differently, as on another machine, in the store beside the real one. */
async function perturbed(change: (values: Float32Array) => void, loss: number): Promise<string> {
  const store = new ArtifactStore(join(bench.folder, 'store'));
  const attempt = await store.createAttempt();
  const teacher = stageOf(manifest, 'teacher').outputs['model'] as { digest: string };
  const [from, to] = [store.artifactPath(teacher.digest), join(attempt.path, 'model')];
  await mkdir(to);
  for (const name of await readdir(from)) {
    if (name === 'model.safetensors') continue;
    await writeFile(join(to, name), await readFile(join(from, name)));
  }
  const tensors = await readSafetensors(join(from, 'model.safetensors'));
  for (const { values } of tensors.values()) change(values);
  await writeSafetensors(join(to, 'model.safetensors'), tensors);
  const published = await store.publishArtifact(to);
  await attempt.remove();
  const copy = structuredClone(manifest);
  stageOf(copy, 'teacher').outputs['model'] = published;
  stageOf(copy, 'teacher').metrics['loss'] = loss;
  const file = join(bench.folder, `perturbed-${published.digest.slice(0, 8)}.json`);
  await writeFile(file, JSON.stringify(copy));
  return file;
}

describe('a run whose weights came out differently', () => {
  const loss = () => stageOf(manifest, 'teacher').metrics['loss'] as number;

  test('a little is within tolerance, with the measured difference of each tensor and metric', async () => {
    const file = await perturbed((values) => values.forEach((value, i) => (values[i] = value + 1e-4)), loss() + 0.001);
    const { exitCode, stdout } = await reproduce(file, '--json');
    expect(exitCode).toBe(0);
    const last = lastLine(stdout) as unknown as Verdicts;
    expect(last.verdict).toBe('within-tolerance');
    const teacher = last.stages.find(({ id }) => id === 'teacher');
    expect(teacher?.verdict).toBe('within-tolerance');
    const parts = teacher?.outputs[0]?.measurement.parts ?? [];
    expect(parts.length).toBeGreaterThan(10);
    for (const { absolute } of parts) expect(absolute).toBeCloseTo(1e-4, 5);
    expect(teacher?.metrics).toEqual([expect.objectContaining({ name: 'loss', isWithin: true })]);
    const strict = await reproduce(
      file,
      '--tolerance',
      'weights.absolute=1e-6',
      '--tolerance',
      'weights.relative=1e-6',
    );
    expect(strict.exitCode).toBe(1);
    expect(strict.stdout).toContain('The first stage that differs: teacher');
  });

  test('a lot is different, and so is a metric that is far off', async () => {
    const file = await perturbed((values) => values.forEach((value, i) => (values[i] = 2 * value + 1)), loss() + 0.001);
    const { exitCode, stdout } = await reproduce(file);
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/^teacher +different +model has different content$/m);
    expect(stdout.split('\n').at(-1)).toBe('Verdict: different');
    const far = await reproduce(
      await perturbed((values) => values.forEach((value, i) => (values[i] = value + 2e-4)), 99),
    );
    expect(far.stdout).toMatch(/^teacher +different +loss out of tolerance$/m);
  });
});

interface Verdicts {
  readonly verdict: string;
  readonly stages: readonly {
    readonly id: string;
    readonly verdict: string;
    readonly outputs: readonly { readonly measurement: { readonly parts: readonly { readonly absolute: number }[] } }[];
    readonly metrics: readonly unknown[];
  }[];
}

describe('is refused, and nothing is run,', () => {
  test('when an input is no longer what it was, with every one of them', async () => {
    const file = join(bench.folder, 'data/stories.txt');
    await writeFile(file, `${STORIES} `);
    const changed = await reproduce(manifest.run);
    expect(changed.exitCode).toBe(2);
    expect(changed.stderr).toMatch(/^REPRODUCE_INPUT_CHANGED$/m);
    expect(changed.stderr).toContain('--set stages.corpus.inputs.files=<path>');
    await rm(file);
    const missing = await reproduce(manifest.run, '--json');
    expect(missing.exitCode).toBe(2);
    expect(lastLine(missing.stdout)).toMatchObject({ error: { code: 'REPRODUCE_INPUT_MISSING' } });
    await writeFile(file, STORIES);
  });

  test.each([
    ['a run that is not there', ['20260101T000000000Z-00000000'], 'SHOW_UNKNOWN_RUN'],
    ['a file that is no manifest', ['./tiny.pipeline.json'], 'MANIFEST_INVALID'],
    ['a setting', ['--set', 'seed=7'], 'REPRODUCE_SET'],
    ['a tolerance that is none', ['--tolerance', 'weight.absolute=1'], 'REPRODUCE_TOLERANCE'],
    ['a tolerance below 0', ['--tolerance', 'weights.absolute=-1'], 'REPRODUCE_TOLERANCE'],
    ['a folder in which something lies', ['--into', './data'], 'REPRODUCE_INTO'],
  ])('%s', async (_what, args, code) => {
    const target = args[0]?.startsWith('--') ? [manifest.run] : [];
    const { exitCode, stderr } = await reproduce(...target, ...args);
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining(code)]);
  });
});
