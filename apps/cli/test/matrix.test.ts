import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Bench, createBench, lastLine, words } from './retort.ts';

const schemaFile = fileURLToPath(new URL('../../../schemas/command-output.schema.json', import.meta.url));
const length = 'stages.tokenize.with.maxSequenceLength';

let bench: Bench;
let gridRun: string;

beforeAll(async () => {
  bench = await createBench();
  await bench.write('words.pipeline.json', words);
  await bench.write('grid.pipeline.json', {
    name: 'grid',
    extends: './words.pipeline.json',
    params: { documents: { default: 20 } },
    matrix: { seed: [1, 2], [length]: [16, 32] },
  });
});

afterAll(() => bench.remove());

interface Summary {
  readonly cells: readonly {
    readonly id: string;
    readonly status: string;
    readonly metrics: Readonly<Record<string, number>>;
  }[];
  readonly groups: readonly {
    readonly values: object;
    readonly metrics: Readonly<Record<string, { readonly count: number }>>;
  }[];
}

async function expectValid(definition: string, document: unknown) {
  const ajv = new Ajv2020({ allowUnionTypes: true, strict: true, strictRequired: false });
  ajv.addSchema(JSON.parse(await readFile(schemaFile, 'utf8')), 'output');
  const validate = ajv.getSchema(`output#/$defs/${definition}`);
  expect({ isValid: validate?.(document), errors: validate?.errors }).toEqual({ isValid: true, errors: null });
}

test('plan shows what cells share once, and what they do not under them', async () => {
  const { stdout } = await bench.retort('plan', 'grid.pipeline.json');
  expect(stdout).toMatchInlineSnapshot(`
    "grid  8 stages in 4 cells: 2 will run, 6 depend on their results

    stage                                  uses             status   size  why
    ─────────────────────────────────────  ───────────────  ───────  ────  ────────────────────────────────────────────
    2 cells with seed=1
    corpus[seed=1]                         corpus           run            never run
    vocabulary[seed=1]                     train-tokenizer  unknown        waits for corpus[seed=1]
    cell seed=1,maxSequenceLength=16
    tokenize[seed=1,maxSequenceLength=16]  tokenize         unknown        waits for corpus[seed=1], vocabulary[seed=1]
    cell seed=1,maxSequenceLength=32
    tokenize[seed=1,maxSequenceLength=32]  tokenize         unknown        waits for corpus[seed=1], vocabulary[seed=1]
    2 cells with seed=2
    corpus[seed=2]                         corpus           run            never run
    vocabulary[seed=2]                     train-tokenizer  unknown        waits for corpus[seed=2]
    cell seed=2,maxSequenceLength=16
    tokenize[seed=2,maxSequenceLength=16]  tokenize         unknown        waits for corpus[seed=2], vocabulary[seed=2]
    cell seed=2,maxSequenceLength=32
    tokenize[seed=2,maxSequenceLength=32]  tokenize         unknown        waits for corpus[seed=2], vocabulary[seed=2]"
  `);
  const json = JSON.parse((await bench.retort('plan', 'grid.pipeline.json', '--json')).stdout) as {
    stages: { id: string; cells?: string[] }[];
  };
  await expectValid('plan', json);
  expect(json).toMatchObject({ matrix: { axes: [{ path: 'seed', isSeed: true }, { name: 'maxSequenceLength' }] } });
  expect(json.stages.find(({ id }) => id === 'corpus[seed=2]')?.cells).toEqual([
    'seed=2,maxSequenceLength=16',
    'seed=2,maxSequenceLength=32',
  ]);
});

test('run computes shared stages once and ends in one table, with a mean over seeds', async () => {
  const { stdout, exitCode } = await bench.retort('run', 'grid.pipeline.json', '--json');
  expect(exitCode).toBe(0);
  const finished = lastLine(stdout) as { run: string; stages: { id: string; status: string }[]; matrix: Summary };
  gridRun = finished.run;
  await expectValid('runEvent', finished);
  expect(finished.stages.filter(({ status }) => status === 'ran')).toHaveLength(8);
  expect(finished.matrix.cells.map(({ status }) => status)).toEqual(['done', 'done', 'done', 'done']);
  expect(finished.matrix.groups.map(({ values, metrics }) => [values, metrics['trainTokens']?.count])).toEqual([
    [{ maxSequenceLength: 16 }, 2],
    [{ maxSequenceLength: 32 }, 2],
  ]);
  const again = await bench.retort('run', 'grid.pipeline.json');
  expect(
    again.stdout
      .split('\n\n')
      .slice(0, 2)
      .join('\n\n')
      .replaceAll(/\d,\d{3}/g, 'n,nnn'),
  ).toMatchInlineSnapshot(`
    "
    Matrix of 4 cells
    seed  maxSequenceLength  status  trainTokens  validationTokens
    ────  ─────────────────  ──────  ───────────  ────────────────
    1     16                 done          n,nnn               179
    1     32                 done          n,nnn               249
    2     16                 done          n,nnn               178
    2     32                 done          n,nnn               211

    Over seeds: mean ± standard deviation (count)
    maxSequenceLength        trainTokens    validationTokens
    ─────────────────  ─────────────────  ──────────────────
    16                 n,nnn ± 2.828 (2)  178.5 ± 0.7071 (2)
    32                 n,nnn ± 8.485 (2)     230 ± 26.87 (2)"
  `);
});

test('a cell is the same as the pipeline with its values set, also to the cache', async () => {
  const { stdout } = await bench.retort(
    'plan',
    'grid.pipeline.json',
    '--json',
    '--set',
    'seed=2',
    '--set',
    `${length}=32`,
  );
  const { stages } = JSON.parse(stdout) as { stages: { id: string; status: string }[] };
  expect(stages.map(({ id, status }) => [id, status])).toEqual([
    ['corpus', 'cached'],
    ['vocabulary', 'cached'],
    ['tokenize', 'cached'],
  ]);
});

test('--only-cell takes a whole cell or some values, repeatedly, and refuses others', async () => {
  const ids = async (...cells: string[]) => {
    const args = cells.flatMap((cell) => ['--only-cell', cell]);
    const { stdout } = await bench.retort('plan', 'grid.pipeline.json', '--json', ...args);
    return (JSON.parse(stdout) as { matrix: { cells: { id: string }[] } }).matrix.cells.map(({ id }) => id);
  };
  expect(await ids('seed=2,maxSequenceLength=16')).toEqual(['seed=2,maxSequenceLength=16']);
  expect(await ids('seed=1', 'maxSequenceLength=32')).toHaveLength(3);
  const { exitCode, stderr } = await bench.retort('run', 'grid.pipeline.json', '--only-cell', 'seed=3');
  expect(exitCode).toBe(2);
  expect(stderr).toContain('PLAN_UNKNOWN_CELL');
});

test('variants are an axis like any other: one file, one table, cells by their name', async () => {
  await bench.write('ablation.pipeline.json', {
    name: 'ablation',
    extends: './words.pipeline.json',
    params: { documents: { default: 20 } },
    matrix: { variant: ['base', 'short'], seed: [1, 2] },
  });
  const only = await bench.retort('run', 'ablation.pipeline.json', '--only-cell', 'variant=short', '--json');
  const { matrix } = lastLine(only.stdout) as { matrix: Summary };
  expect(matrix.cells.map(({ id }) => id)).toEqual(['variant=short,seed=1', 'variant=short,seed=2']);
  const all = await bench.retort('run', 'ablation.pipeline.json');
  expect(all.stdout.replaceAll(/[\d.,]+/g, 'n').replaceAll(/ +/g, ' ')).toContain(
    '\nbase n ± n (n) n ± n (n)\nshort n ± n (n) n ± n (n)\n',
  );
  expect(all.stdout).not.toContain('ablation.pipeline.json:short');
  expect((await bench.retort('validate', 'ablation.pipeline.json')).stdout.trim()).toBe('✓ ablation');
  const { exitCode, stderr } = await bench.retort('run', 'ablation.pipeline.json:short');
  expect(exitCode).toBe(2);
  expect(stderr).toContain('To run only its cells: --only-cell variant=short');
});

test('show prints the table of the run, and its manifest holds it', async () => {
  const { stdout } = await bench.retort('show', gridRun);
  expect(stdout).toContain('Matrix of 4 cells');
  const manifest = JSON.parse((await bench.retort('show', gridRun, '--json')).stdout) as { matrix: Summary };
  await expectValid('show', manifest);
  expect(manifest.matrix.cells).toHaveLength(4);
});

test('a cell that fails leaves the others going, and the table says which', async () => {
  await bench.write('two.txt', 'one line\nand another one\nand a third\n');
  await bench.write('none.txt', '\n\n');
  await bench.write('half.pipeline.json', {
    name: 'half',
    extends: './words.pipeline.json',
    params: { documents: null },
    stages: {
      corpus: { inputs: { files: './two.txt' }, with: { source: { kind: 'files' }, validationFraction: 0.4 } },
    },
    matrix: { 'stages.corpus.inputs.files': ['./two.txt', './none.txt'] },
  });
  const { stdout, stderr, exitCode } = await bench.retort('run', 'half.pipeline.json');
  expect(exitCode).toBe(2);
  expect(stdout).toMatch(/^\.\/two\.txt +done/m);
  expect(stdout).toMatch(/^\.\/none\.txt +failed/m);
  expect(stderr).toContain('To resume:');
});

test('validate checks every cell', async () => {
  const { stdout, exitCode } = await bench.retort('validate', 'grid.pipeline.json');
  expect([stdout.trim(), exitCode]).toEqual(['✓ grid', 0]);
  await bench.write('bad.pipeline.json', {
    name: 'bad',
    extends: './words.pipeline.json',
    matrix: { [length]: [16, 1] },
  });
  const bad = await bench.retort('validate', 'bad.pipeline.json');
  expect(bad.exitCode).toBe(2);
  expect(bad.stdout).toContain('bad.pipeline.json:7:7  /matrix/stages.tokenize.with.maxSequenceLength/1');
});
