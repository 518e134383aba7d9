import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { peerEnvironment } from '../src/peers/environment.ts';

const COMMAND = join(import.meta.dirname, '../bin/bench.mjs');
const bench = (...args: string[]) => execa(process.execPath, [COMMAND, ...args], { reject: false });

test('benches are measured beside each other and printed as one JSON document', async () => {
  const { stdout, exitCode } = await bench('planner', 'student-step', '--quick', '--json');
  const report = JSON.parse(stdout);
  expect(report.benches.map((each: { error?: string }) => each.error)).toEqual([undefined, undefined]);
  expect(exitCode).toBe(0);
  expect(report).toMatchObject({
    isQuick: true,
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
  expect(report.benches.map(({ name }: { name: string }) => name)).toEqual(['student-step', 'planner']);
  const [steps, plans] = report.benches.map(({ outcomes }: { outcomes: object[] }) => outcomes);
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

test('a bench that does not exist is refused with the nearest name', async () => {
  const { exitCode, stderr, stdout } = await bench('planer');
  expect({ exitCode, stderr, stdout }).toMatchInlineSnapshot(`
    {
      "exitCode": 2,
      "stderr": "BENCH_UNKNOWN
      There is no bench "planer". Did you mean "planner"? Known: tokenize, teacher-signals, student-step, teacher-pass, planner, cold-start, stage-memory.",
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
    const [steps, passes] = JSON.parse(stdout).benches.map(({ outcomes }: { outcomes: object[] }) => outcomes);
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
