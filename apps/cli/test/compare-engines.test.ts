import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Bench, createBench, lastLine } from './retort.ts';

const schemaFile = fileURLToPath(new URL('../../../schemas/command-output.schema.json', import.meta.url));
const generalDistill = fileURLToPath(new URL('../../../pipelines/general-distill.pipeline.json', import.meta.url));
const ENGINES = ['wasm', 'onnx'];

let bench: Bench;
const runs: string[] = [];

/** General distillation with its sizes cut, on each engine. */
beforeAll(async () => {
  bench = await createBench();
  await bench.write('tiny.pipeline.json', {
    name: 'tiny',
    extends: generalDistill,
    params: { documents: { default: 10 }, teacherLayers: { default: 1 }, layers: { default: 1 } },
    stages: {
      teacher: { with: { architecture: { hiddenSize: 8, heads: 2, intermediateSize: 16 }, epochs: 1 } },
      'student-train': { with: { student: { hiddenSize: 4, heads: 2, intermediateSize: 8 }, epochs: 1 } },
      evaluate: { with: { latency: { rows: 0 } } },
    },
  });
  for (const engine of ENGINES) {
    const { stdout, stderr } = await bench.retort('run', 'tiny.pipeline.json', '--engine', engine, '--json');
    const { status, run } = lastLine(stdout);
    expect(status, stderr).toBe('done');
    runs.push(run as string);
  }
}, 300_000);

afterAll(() => bench.remove());

const compare = (...args: string[]) => bench.retort('compare', ...runs, ...args);

test('compare shows the engine of each run, and that the numbers agree within a stated tolerance', async () => {
  const { stdout, exitCode } = await compare();
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/^engine +wasm +onnx$/m);
  expect(stdout).toMatch(/^teacher engine +wasm +onnx$/m);
  expect(stdout).toMatch(/^Agreement of wasm, onnx\nThey agree: \d+ losses and scores within 0\.01 or 2 %\.\n/m);
  expect(stdout).toMatch(/^Shared work {2}3 of 8 stages: corpus, vocabulary, tokenize$/m);
});

/** Of a few steps; as of a loss of one step in the conformance suite. */
const FEW_STEPS = 1e-5;

test('they agree to far less than that', async () => {
  const { stdout } = await compare(
    '--json',
    '--tolerance',
    'metrics.absolute=0',
    '--tolerance',
    `metrics.relative=${FEW_STEPS}`,
  );
  const document = JSON.parse(stdout) as {
    agreement: {
      engines: string[];
      tolerance: object;
      metrics: { stage: string; name: string; relative: number; isWithin: boolean }[];
      notCompared: object[];
    };
  };
  const ajv = new Ajv2020({ allowUnionTypes: true, strict: true, strictRequired: false });
  ajv.addSchema(JSON.parse(await readFile(schemaFile, 'utf8')), 'output');
  const validate = ajv.getSchema('output#/$defs/compare');
  expect({ isValid: validate?.(document), errors: validate?.errors }).toEqual({ isValid: true, errors: null });
  const { engines, tolerance, metrics, notCompared } = document.agreement;
  expect({ engines, tolerance, notCompared }).toEqual({
    engines: ENGINES,
    tolerance: { absolute: 0, relative: FEW_STEPS },
    notCompared: [],
  });
  expect(metrics.map(({ stage, name }) => `${stage} ${name}`)).toEqual(
    expect.arrayContaining(['teacher loss', 'student-train loss', 'evaluate heldOut.hidden']),
  );
  expect(metrics.filter(({ isWithin }) => !isWithin)).toEqual([]);
});

test('CSV has how far each run lies from the first', async () => {
  expect((await compare('--format', 'csv')).stdout).toMatch(
    /^agreement,teacher,loss relative difference,,0,[\de.-]+\r$/m,
  );
});

test('a tolerance without use is refused', async () => {
  const one = await bench.retort(
    'compare',
    runs[0] as string,
    runs[0] as string,
    '--tolerance',
    'metrics.relative=0.1',
  );
  expect([one.exitCode, one.stderr]).toEqual([2, expect.stringContaining('COMPARE_TOLERANCE')]);
  const weights = await compare('--tolerance', 'weights.relative=0.1');
  expect([weights.exitCode, weights.stderr]).toEqual([2, expect.stringContaining('COMPARE_TOLERANCE')]);
});

test('a speed that was not measured has no heading', async () => {
  const again = await bench.retort('run', 'tiny.pipeline.json', '--engine', 'wasm');
  expect(again.stdout).toContain('\nEvaluation\n');
  expect(again.stdout).not.toContain('Speed');
  expect((await bench.retort('show')).stdout).not.toContain('Speed');
});
