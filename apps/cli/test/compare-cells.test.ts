import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Bench, createBench, lastLine, words } from './retort.ts';

const schemaFile = fileURLToPath(new URL('../../../schemas/command-output.schema.json', import.meta.url));

let bench: Bench;
const runs: string[] = [];

/** A small text and its two ablations, then the same with more text, and the pipeline without a matrix. */
beforeAll(async () => {
  bench = await createBench();
  await bench.write('words.pipeline.json', words);
  await bench.write('grid.pipeline.json', {
    name: 'grid',
    extends: './words.pipeline.json',
    params: { documents: { default: 20 } },
    matrix: { variant: ['base', 'short'], seed: [1, 2] },
  });
  for (const args of [
    ['grid.pipeline.json'],
    ['grid.pipeline.json', '--set', 'params.documents=25'],
    ['words.pipeline.json'],
  ]) {
    const { stdout } = await bench.retort('run', ...args, '--json');
    runs.push(lastLine(stdout).run as string);
  }
}, 300_000);

afterAll(() => bench.remove());

const compare = async (...args: string[]) => (await bench.retort('compare', ...args)).stdout;
const plain = (text: string) => text.replaceAll(/ +/g, ' ');

async function document(...args: string[]) {
  const read = JSON.parse(await compare(...args, '--json')) as Comparison;
  const ajv = new Ajv2020({ allowUnionTypes: true, strict: true, strictRequired: false });
  ajv.addSchema(JSON.parse(await readFile(schemaFile, 'utf8')), 'output');
  const validate = ajv.getSchema('output#/$defs/compare');
  expect({ isValid: validate?.(read), errors: validate?.errors }).toEqual({ isValid: true, errors: null });
  return read;
}

interface Comparison {
  readonly names: readonly string[];
  readonly runs: readonly string[];
  readonly cells?: readonly (string | null)[];
  readonly cellValues?: readonly (object | null)[];
  readonly rows: readonly { section: string; stage?: string; name: string; values: unknown[] }[];
  readonly stages: readonly { id: string; works: unknown[] }[];
  readonly shared: readonly string[];
}

test('a run of a matrix alone is put beside itself cell by cell', async () => {
  const text = await compare(runs[0] as string);
  expect(text).toMatch(new RegExp(`^4 cells of run ${runs[0]}\n.*pipeline grid, .*engine onnx`));
  expect(plain(text)).toContain(
    'Settings that differ\n variant=base variant=base variant=short variant=short\n seed=1 seed=2 seed=1 seed=2\n',
  );
  expect(text).toMatch(/^corpus seed +1 +2 +1 +2$/m);
  expect(text).toMatch(/^tokenize with\.maxSequenceLength +32 +32 +16 +16$/m);
  expect(text).toMatch(/^tokenize validationTokens +249 +211 +179 +178$/m);
});

test('two cells of one run are named by what tells them apart, and share work', async () => {
  const one = runs[0] as string;
  const text = await compare(`${one}@variant=base,seed=1`, `${one}@variant=short,seed=1`);
  expect(plain(text)).toContain('Settings that differ\n variant=base variant=short\n');
  expect(text).toMatch(/^tokenize validationTokens +249 +179 +−70$/m);
  expect(text).toMatch(/^Shared work {2}2 of 3 stages: corpus, vocabulary$/m);
  expect(await compare(`${one}@seed=1`)).toBe(text);
});

test('the same cell of two runs, and a cell beside a run without a matrix', async () => {
  const [first, second, alone] = runs as [string, string, string];
  const cell = 'variant=base,seed=1';
  const { names, cells, cellValues, rows } = await document(`${first}@${cell}`, `${second}@${cell}`, alone);
  expect(names).toEqual([`grid@${cell}`, `grid@${cell}`, 'words']);
  expect(cells).toEqual([cell, cell, null]);
  expect(cellValues).toEqual([{ variant: 'base', seed: 1 }, { variant: 'base', seed: 1 }, null]);
  expect(
    rows.filter(({ section }) => section === 'setting').map(({ stage, name, values }) => [stage, name, values]),
  ).toEqual([
    ['corpus', 'seed', [1, 1, 42]],
    ['corpus', 'with.source.documents', [20, 25, 40]],
  ]);
  expect(rows.find(({ name }) => name === 'variant')?.values).toEqual(['base', 'base', null]);
  expect(plain(await compare(`${first}@${cell}`, `${second}@${cell}`))).toContain(`${first}@ ${second}@`);
});

test('runs of a matrix beside each other without @ are taken as a whole', async () => {
  const { cells, rows } = await document(...runs.slice(0, 2));
  expect(cells).toBeUndefined();
  expect(rows.map(({ stage }) => stage)).toContain('tokenize[variant=short,seed=2]');
});

test('CSV of cells has a line for each value and a column for each axis; Markdown a column for each cell', async () => {
  const csv = (await compare(runs[0] as string, '--format', 'csv')).split('\r\n');
  expect(csv[0]).toBe('run,pipeline,cell,axis variant,axis seed,section,stage,name,unit,value');
  expect(csv).toContain(`${runs[0]},grid,"variant=short,seed=2",short,2,metric,tokenize,validationTokens,,178`);
  const markdown = (await compare(`${runs[0]}@seed=1`, '--format', 'markdown')).split('\n');
  expect(markdown[0]).toBe('|  |  | grid@variant=base,seed=1 | grid@variant=short,seed=1 |');
  expect(markdown).toContain('| metric | tokenize validationTokens | 249 | 179 |');
});

test.each([
  ['a cell that is not there', [() => `${runs[0]}@seed=3`], 'PLAN_UNKNOWN_CELL'],
  ['a cell of a run without a matrix', [() => `${runs[2]}@seed=1`, () => runs[0] as string], 'NO_CELLS'],
  ['one cell alone', [() => `${runs[0]}@variant=base,seed=1`], 'COMPARE_ONE_RUN'],
])('%s is refused', async (_what, targets, code) => {
  const { exitCode, stderr } = await bench.retort('compare', ...targets.map((target) => target()));
  expect([exitCode, stderr]).toEqual([2, expect.stringContaining(code)]);
});

test('planned cells are put beside each other, and beside the pipeline without a matrix, by the names of the file', async () => {
  const sides = ['grid.pipeline.json@variant=base,seed=1', 'grid.pipeline.json@variant=short,seed=1'];
  const { names, stages, rows } = await document('--planned', ...sides);
  expect(names).toEqual(['grid@variant=base,seed=1', 'grid@variant=short,seed=1']);
  expect(stages.map(({ id, works }) => [id, ...works])).toEqual([
    ['corpus', 1, 1],
    ['vocabulary', 1, 1],
    ['tokenize', 1, 2],
  ]);
  expect(rows.filter(({ section }) => section === 'setting')).toEqual([
    { section: 'setting', stage: 'tokenize', name: 'with.maxSequenceLength', values: [32, 16] },
  ]);
  expect((await document('--planned', 'grid.pipeline.json')).cells).toHaveLength(4);
  const other = ['words.pipeline.json', 'grid.pipeline.json@variant=base,seed=2'];
  const { stderr } = await bench.retort('compare', '--planned', ...other, '--set', 'seed=2');
  expect(stderr).toContain('PLAN_UNKNOWN_CELL');
  expect(await compare('--planned', ...other)).toMatch(/^corpus with\.source\.documents +40 +20$/m);
});

test('a cell behind @ is what --only-cell chooses, and both together are refused', async () => {
  const ids = async (...args: string[]) => {
    const { stdout } = await bench.retort('plan', ...args, '--json');
    return (JSON.parse(stdout) as { stages: { id: string }[] }).stages.map(({ id }) => id);
  };
  const behind = await ids('grid.pipeline.json@variant=short,seed=2');
  expect(behind).toEqual(['corpus[seed=2]', 'vocabulary[seed=2]', 'tokenize[variant=short,seed=2]']);
  expect(await ids('grid.pipeline.json', '--only-cell', 'variant=short,seed=2')).toEqual(behind);
  const { exitCode, stderr } = await bench.retort('plan', 'grid.pipeline.json@seed=1', '--only-cell', 'seed=2');
  expect([exitCode, stderr]).toEqual([2, expect.stringContaining('USAGE_TWO_CELLS')]);
});

test('explain tells once what is so in many cells, and takes a stage by its name in the file', async () => {
  const text = async (...args: string[]) => {
    const { stdout, stderr } = await bench.retort('explain', 'grid.pipeline.json', ...args);
    expect(stderr).toBe('');
    return stdout
      .replaceAll(/[0-9a-f]{12}/g, '<key>')
      .replaceAll(/\d{8}T\S+/g, '<run>')
      .replaceAll(/─+/g, '─');
  };
  expect(await text('--set', 'stages.vocabulary.with.vocabularySize=150')).toMatchInlineSnapshot(`
    "corpus[seed=1], corpus[seed=2]  cached
    vocabulary[seed=1], vocabulary[seed=2]  runs: changed since then: \`vocabularySize\` 200 to 150
    compared with 2 keys, <key> the first, run <run>
    differs in           old  new
    ─  ─  ─
    with.vocabularySize  200  150

    tokenize[variant=base,seed=1], tokenize[variant=base,seed=2], tokenize[variant=short,seed=1] and 1 more  may run: because its input \`tokenizer\` may change, see vocabulary"
  `);
  expect(await text('tokenize', '--set', 'stages.tokenize.run.threads=1')).toMatchInlineSnapshot(
    `"tokenize[variant=base,seed=1], tokenize[variant=base,seed=2], tokenize[variant=short,seed=1] and 1 more  cached"`,
  );
  const json = JSON.parse((await bench.retort('explain', 'grid.pipeline.json', 'tokenize', '--json')).stdout) as {
    explanations: { id: string }[];
  };
  expect(json.explanations).toHaveLength(4);
});

test('explain compares with one cell of another run', async () => {
  const against = (cell: string) =>
    bench.retort('explain', 'words.pipeline.json', 'tokenize', '--set', 'seed=1', '--against', `${runs[1]}@${cell}`);
  const { stdout } = await against('variant=short,seed=1');
  expect(stdout).toMatch(/^with\.maxSequenceLength +16 +32$/m);
  expect((await against('seed=1')).stderr).toContain('MANY_CELLS');
});

test('show has one cell of a run, called as in the file, and its manifest is of no matrix', async () => {
  const { stdout } = await bench.retort('show', `${runs[0]}@variant=short,seed=2`, '--json');
  const { run, matrix, stages, pipeline } = JSON.parse(stdout) as {
    run: string;
    matrix?: object;
    stages: { id: string }[];
    pipeline: { stages: { id: string; with: object }[] };
  };
  expect([run, matrix]).toEqual([runs[0], undefined]);
  expect(stages.map(({ id }) => id)).toEqual(['corpus', 'vocabulary', 'tokenize']);
  expect(pipeline.stages.at(-1)?.with).toMatchObject({ maxSequenceLength: 16 });
  const many = await bench.retort('show', `${runs[0]}@seed=2`);
  expect([many.exitCode, many.stderr]).toEqual([2, expect.stringContaining('MANY_CELLS')]);
});

test('a pin keeps an output of a cell, and no cell as a whole', async () => {
  const cell = `${runs[0]}@variant=short,seed=2`;
  const { stdout } = await bench.retort('pin', cell, '--output', 'tokenize.train', '--json');
  const { pins } = JSON.parse(stdout) as { pins: { name: string; target: { artifact: string } }[] };
  const shown = JSON.parse((await bench.retort('show', cell, '--json')).stdout) as {
    stages: { id: string; outputs: Record<string, { digest: string }> }[];
  };
  const digest = shown.stages.find(({ id }) => id === 'tokenize')?.outputs['train']?.digest;
  expect(pins).toMatchObject([
    { name: `${runs[0]}.variant.short.seed.2.tokenize.train`, target: { artifact: digest } },
  ]);
  const whole = await bench.retort('pin', cell);
  expect([whole.exitCode, whole.stderr]).toEqual([2, expect.stringContaining('PIN_WHOLE_CELL')]);
});

test('one cell is reproduced without the others, from the store and from a manifest', async () => {
  const cell = 'variant=short,seed=2';
  const manifest = (await bench.retort('show', `${runs[0]}@${cell}`, '--json')).stdout;
  await bench.write('cell.json', manifest);
  for (const target of [`${runs[0]}@${cell}`, './cell.json']) {
    const { stdout, exitCode } = await bench.retort('reproduce', target, '--json');
    expect(exitCode).toBe(0);
    const { stages, ...verdict } = lastLine(stdout) as unknown as { stages: { id: string }[] };
    expect(verdict).toMatchObject({
      run: runs[0],
      verdict: 'identical',
      ...(target === './cell.json' ? {} : { cell }),
    });
    expect(stages.map(({ id }) => id)).toEqual(['corpus', 'vocabulary', 'tokenize']);
  }
});
