import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, onTestFinished, test, vi } from 'vitest';
import { peerEnvironment } from '../src/peers/environment.ts';

const COMMAND = join(import.meta.dirname, '../bin/bench.mjs');
/** Processes of their own, some of which load PyTorch: minutes on a busy machine. */
vi.setConfig({ testTimeout: 300_000 });
const bench = (...args: string[]) => execa(process.execPath, [COMMAND, ...args], { reject: false });

test('benches are measured beside each other and printed as one JSON document', async () => {
  const { stdout, exitCode } = await bench('planner', 'student-step', '--quick', '--json');
  const report = JSON.parse(stdout);
  expect(report.experiments.map((each: { error?: string }) => each.error)).toEqual([undefined, undefined]);
  expect(exitCode).toBe(0);
  expect(report).toMatchObject({
    options: { quick: true, threads: 2 },
    counts: { passed: 8, failed: 0, skipped: 0 },
    surroundings: {
      date: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      processor: expect.any(String),
      cores: expect.any(Number),
      memoryBytes: expect.any(Number),
      node: process.versions.node,
      packages: { 'onnxruntime-node': expect.any(String), 'apache-arrow': expect.any(String) },
    },
  });
  // In the order of the list, whatever was typed.
  expect(report.experiments.map(({ name }: { name: string }) => name)).toEqual(['student-step', 'planner']);
  const [steps, plans] = report.experiments.map(({ outcomes }: { outcomes: object[] }) => outcomes);
  expect(steps).toHaveLength(6);
  expect(plans).toHaveLength(2);
  for (const outcome of [...steps, ...plans]) {
    expect(outcome).toMatchObject({ name: expect.any(String), unit: 'ms', repetitions: 3 });
    expect(outcome.value).toBeGreaterThan(0);
    expect(outcome.lowest).toBeLessThanOrEqual(outcome.value);
    expect(outcome.highest).toBeGreaterThanOrEqual(outcome.value);
  }
  expect(plans[1]).toMatchObject({ limit: 1000, notes: expect.stringContaining('50 cached') });
});

test('augment says sentences per second, and of how many rows at once', async () => {
  const { stdout, exitCode } = await bench('augment', '--quick', '--json');
  expect(exitCode).toBe(0);
  const [{ outcomes }] = JSON.parse(stdout).experiments;
  expect(outcomes).toMatchObject([
    { name: 'augment with 4 x 48 at 64 rows', unit: 'sentences/s', notes: expect.stringContaining('8 sentences') },
  ]);
  expect(outcomes[0].value).toBeGreaterThan(0);
});

test('a bench that does not exist is refused with the nearest name', async () => {
  const { exitCode, stderr, stdout } = await bench('planer');
  expect({ exitCode, stderr, stdout }).toMatchInlineSnapshot(`
    {
      "exitCode": 2,
      "stderr": "BENCH_UNKNOWN
      There is no bench "planer". Did you mean "planner"? Known: tokenize, augment, teacher-signals, student-step, teacher-pass, planner, cold-start, stage-memory.",
      "stdout": "",
    }
  `);
});

const hasPyTorch = existsSync(join(peerEnvironment(join(import.meta.dirname, '../../..')), 'ready'));

test.skipIf(!hasPyTorch)(
  'beside PyTorch: both compute the same, and ratios are given (needs: npm run bench:peers once)',
  async () => {
    const { stdout, exitCode } = await bench('student-step', 'teacher-pass', '--peers', '--quick', '--json');
    expect(exitCode).toBe(0);
    const [steps, passes] = JSON.parse(stdout).experiments.map(({ outcomes }: { outcomes: object[] }) => outcomes);
    // Beside them are those of the engine tensorflow, where it is installed.
    const ratios = (outcomes: { name: string; unit: string; value: number }[]) =>
      outcomes.filter(({ name, unit }) => unit === 'ratio' && !name.includes('tensorflow'));
    expect(ratios(steps)).toHaveLength(6);
    expect(ratios(passes)).toHaveLength(3);
    for (const { value } of [...ratios(steps), ...ratios(passes)]) expect(value).toBeGreaterThan(0);
    const [, here, there] = /dropout (\S+) here, (\S+) there/.exec(steps[0].notes) as RegExpExecArray;
    expect(Number(here) / Number(there)).toBeCloseTo(1, 4);
  },
);

test.skipIf(!hasPyTorch)(
  'general distillation: the teacher in float32 and in int8, each beside both loops (needs: npm run bench:peers once)',
  async () => {
    const root = mkdtempSync(join(tmpdir(), 'retort-bench-'));
    onTestFinished(() => rmSync(root, { recursive: true }));
    mkdirSync(join(root, 'SST-2'));
    const sentences = Array.from({ length: 400 }, (_, i) => `film ${i} tells a good story about music\t1`);
    writeFileSync(join(root, 'SST-2/train.tsv'), ['sentence\tlabel', ...sentences].join('\n'));
    const known = [
      '[PAD]',
      '[UNK]',
      '[CLS]',
      '[SEP]',
      '[MASK]',
      'film',
      'tells',
      'a',
      'good',
      'story',
      'about',
      'music',
    ];
    const words = Array.from({ length: 30_522 }, (_, i) => known[i] ?? `word${i}`);
    writeFileSync(join(root, 'vocab.txt'), words.join('\n'));
    const given = ['--peers', '--quick', '--json', '--glue', root, '--vocabulary', root];
    const { stdout, exitCode } = await bench('general-distillation', ...given);
    expect(exitCode, stdout).toBe(0);
    const [{ outcomes }] = JSON.parse(stdout).experiments;
    const named = (part: string) => outcomes.filter(({ name }: { name: string }) => name.includes(part));
    const [rate, careful, published, peak] = named('int8');
    expect(rate).toMatchObject({ unit: 'rows/s', notes: expect.stringMatching(/hiddenStates \d+\.\d %/) });
    expect(careful).toMatchObject({ unit: 'ratio' });
    expect(published).toMatchObject({ unit: 'ratio', limit: 1 / 3 });
    expect(peak).toMatchObject({ unit: 'bytes', limit: 4e9 });
    expect(named('time of ours')).toHaveLength(4);
  },
);

test('the benches beside PyTorch have a list of their own', async () => {
  const { stdout } = await bench('--peers', '--list');
  expect(stdout.split('\n').map((line) => line.split(' ')[0])).toEqual([
    'student-step',
    'teacher-pass',
    'whole-job',
    'whole-job-published',
    'general-distillation',
  ]);
});
