import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';

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
