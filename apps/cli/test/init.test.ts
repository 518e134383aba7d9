import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { writeModel } from './model-folder.ts';
import { type Bench, createBench } from './retort.ts';

const schemaFile = fileURLToPath(new URL('../../../schemas/command-output.schema.json', import.meta.url));
let bench: Bench;

beforeEach(async () => {
  bench = await createBench();
  await writeModel(join(bench.folder, 'model'), { labels: ['LABEL_0', 'LABEL_1'] });
});

afterEach(() => bench.remove());

const rows = (count: number, row: (index: number) => string) =>
  Array.from({ length: count }, (_, i) => row(i)).join('\n');
const sentence = (i: number) => `the film is ${i % 2 ? 'good' : 'bad'} ${i % 10}`;

async function writeCsv(label: (index: number) => string): Promise<void> {
  const table = (count: number) => `sentence,label\n${rows(count, (i) => `"${sentence(i)}",${label(i)}`)}\n`;
  await bench.write('train.csv', table(40));
  await bench.write('dev.csv', table(12));
}

const TABLES = ['--model', './model', '--train', './train.csv', '--validation', './dev.csv', '--out', '.'];
const init = (...args: string[]) => bench.retort('init', ...args);

interface Draft {
  readonly stages: Record<string, { uses: string; description?: string; with: Record<string, unknown> }>;
}

async function draft(name: string): Promise<Draft> {
  return JSON.parse(await readFile(join(bench.folder, `${name}.pipeline.json`), 'utf8')) as Draft;
}

describe('a model folder and two tables', () => {
  test('become a pipeline that validates and plans, every stage described, and a command to type', async () => {
    await writeCsv((i) => (i % 2 ? 'pos' : 'neg'));
    const { exitCode, stdout } = await init(...TABLES, '--name', 'reviews');
    expect(exitCode).toBe(0);
    expect(stdout.replaceAll(bench.folder, '<here>')).toMatchInlineSnapshot(`
      "Found
        data      CSV; 40 training rows, 12 validation rows
        columns   text "sentence" (the film is bad 0), label "label"
        labels    2 classes: neg 20 (50.0 %), pos 20 (50.0 %)
        lengths   median 7 tokens, 95th percentile 7, longest 7. At most 32 tokens per
                  row: no row is truncated
        model     2 layers x 24, 2 heads, 32 positions, 20 tokens: 10,145 parameters
      Chosen
        teacher   the model, which is fine-tuned first because its classes are
                  LABEL_0, LABEL_1, not those of the data. 20 epochs (40 steps),
                  learning rate 0.0003. Useful training takes at least 200 steps, and
                  so few rows give only 40. More rows would help. The rate suits a
                  hidden size of 24. The run stops before distillation if the teacher
                  is no better than always giving the same answer.
        student   1 layers x 10, 32 positions: 2,011 parameters, 19.8 % of the
                  teacher. Each of two phases: 60 epochs (120 steps), learning rate
                  0.001. Useful training takes at least 1000 steps, and so few rows
                  give only 120. More rows would help. The rate suits a hidden size of
                  10.
        layers    student layers learn from teacher layers 2 of 2

      Wrote <here>/reviews.pipeline.json (11 stages: 2 will run, 9 depend on their results).
      Wrote <here>/retort.config.json.

      Next:
        npx retort plan reviews.pipeline.json
        # a quick test on 200 examples
        npx retort run reviews.pipeline.json:quick
        npx retort run reviews.pipeline.json"
    `);
    const { stages } = await draft('reviews');
    expect(stages['task']?.with['source']).toMatchObject({
      format: 'csv',
      columns: { textA: 'sentence', label: 'label' },
      labels: { kind: 'classes', values: ['neg', 'pos'] },
    });
    for (const { description } of Object.values(stages)) expect(description).toMatch(/\.$/);
    expect((await bench.retort('validate', './reviews.pipeline.json')).exitCode).toBe(0);
  });

  test('are what --json documents, by its schema', async () => {
    await writeCsv((i) => (i % 2 ? 'pos' : 'neg'));
    const { exitCode, stdout } = await init(...TABLES, '--name', 'documented', '--json');
    expect(exitCode).toBe(0);
    const document = JSON.parse(stdout) as Record<string, unknown>;
    const ajv = new Ajv2020({ allowUnionTypes: true, strict: true, strictRequired: false });
    ajv.addSchema(JSON.parse(await readFile(schemaFile, 'utf8')), 'output');
    const validate = ajv.getSchema('output#/$defs/init');
    expect([validate?.(document), validate?.errors]).toEqual([true, null]);
    expect(validate?.({ ...document, task: { ...(document['task'] as object), format: 'xlsx' } })).toBe(false);
    expect(document).toEqual({
      pipeline: 'documented',
      file: join(bench.folder, 'documented.pipeline.json'),
      task: {
        format: 'csv',
        header: true,
        columns: { textA: 'sentence', label: 'label' },
        labels: expect.objectContaining({ kind: 'classes', values: ['neg', 'pos'] }),
        rows: 40,
        validationRows: 12,
        lengths: expect.objectContaining({ rows: 40, median: 7, longest: 7 }),
      },
      chosen: {
        teacher: { kind: 'finetune', why: 'its classes are LABEL_0, LABEL_1, not those of the data' },
        student: { layers: 1, hiddenSize: 10, heads: 2, intermediateSize: 40 },
        layerMapping: { kind: 'uniform' },
        training: {
          teacher: expect.objectContaining({ epochs: 20 }),
          student: expect.objectContaining({ epochs: 60 }),
        },
      },
      next: 'npx retort run documented.pipeline.json:quick',
    });
    expect((await init(...TABLES, '--name', 'documented', '--json')).stdout).toContain('"code":"INIT_EXISTS"');
  });

  test('under several seeds: students are cells of a matrix, all before them is shared', async () => {
    await writeCsv((i) => String(i % 2));
    const { exitCode, stderr } = await init(...TABLES, '--name', 'seeds', '--seeds', '1,2,3');
    expect(exitCode, stderr).toBe(0);
    const { stdout } = await bench.retort('plan', './seeds.pipeline.json@studentSeed=2', '--json');
    const { stages } = JSON.parse(stdout) as { stages: { id: string }[] };
    expect(stages.map(({ id }) => id)).toEqual([
      'task',
      'source',
      'tokenize',
      'teacher-score',
      'teacher-forward',
      'student-layers[studentSeed=2]',
      'student-predictions[studentSeed=2]',
      'baseline[studentSeed=2]',
      'evaluate[studentSeed=2]',
      'export[studentSeed=2]',
    ]);
    for (const wrong of ['1,1', '1,x', ',', '-1'])
      expect((await init(...TABLES, '--name', 'wrong', `--seeds=${wrong}`)).stderr).toContain('INIT_SEEDS');
  });

  test('run to the end, as drafted', async () => {
    await writeCsv((i) => String(i % 2));
    await init(...TABLES, '--name', 'small');
    const { exitCode, stdout, stderr } = await bench.retort('run', './small.pipeline.json:quick', '--json');
    expect(exitCode, stderr).toBe(0);
    expect(stdout.trimEnd().split('\n').at(-1)).toContain('"status":"done"');
  }, 240_000);

  test('whose classes the model has: it is the teacher as it is', async () => {
    await writeCsv((i) => String(i % 2));
    const { stdout } = await init(...TABLES, '--name', 'ready');
    expect(stdout).toContain('the model as it is, because its head already answers this task.');
    const { stages } = await draft('ready');
    expect(stages['source']?.with).toEqual({ head: 'huggingface', labelNames: { LABEL_0: '0', LABEL_1: '1' } });
    expect(stages['teacher']).toBeUndefined();
  });

  test('whose head is not said to be one: the warning says that this is a guess', async () => {
    await writeCsv((i) => String(i % 2));
    const file = join(bench.folder, 'model/config.json');
    const { architectures: _, retort: __, ...config } = JSON.parse(await readFile(file, 'utf8'));
    await writeFile(file, JSON.stringify(config));
    const { stdout } = await init(...TABLES, '--name', 'guess');
    expect(stdout.replace(/\s+/g, ' ')).toContain(
      'warning config.json has no "architectures", so its classifier is assumed',
    );
    const plan = await bench.retort('plan', './guess.pipeline.json');
    expect(plan.stdout).toContain('config.json has no "architectures", so its classifier is assumed');
    await writeCsv((i) => (i % 2 ? 'pos' : 'neg'));
    expect((await init(...TABLES, '--name', 'other')).stdout).not.toContain('is assumed');
  });

  test('of pairs and numbers, as gzipped JSON lines', async () => {
    const line = (i: number) => JSON.stringify({ premise: sentence(i), hypothesis: sentence(i + 1), score: i / 8 });
    for (const name of ['train', 'dev'])
      await writeFile(join(bench.folder, `${name}.jsonl.gz`), gzipSync(rows(30, line)));
    const tables = ['--train', './train.jsonl.gz', '--validation', './dev.jsonl.gz'];
    const { exitCode, stderr, stdout } = await init('--model', './model', ...tables, '--out', '.', '--json');
    expect(exitCode, stderr).toBe(0);
    const { pipeline } = JSON.parse(stdout) as { pipeline: string };
    const { stages } = await draft(pipeline);
    expect(stages['task']?.with['source']).toMatchObject({
      format: 'jsonl',
      columns: { textA: 'premise', textB: 'hypothesis', label: 'score' },
      labels: { kind: 'regression' },
    });
  });
});

describe('many training rows', () => {
  test('have a part that chooses the weights, so that the validation table only scores', async () => {
    const table = (count: number) =>
      `sentence,label\n${rows(count, (i) => `"${sentence(i)}",${i % 2 ? 'pos' : 'neg'}`)}\n`;
    await bench.write('train.csv', table(1200));
    await bench.write('dev.csv', table(12));
    const { exitCode } = await init(...TABLES, '--name', 'many');
    expect(exitCode).toBe(0);
    const { stages } = await draft('many');
    expect(stages['task']?.with).toMatchObject({ selection: 0.1 });
    const validated = Object.entries(stages).filter(
      ([, stage]) => (stage as { inputs?: Record<string, unknown> }).inputs?.['validation'] === 'tokenize.selection',
    );
    expect(validated.map(([name]) => name)).toEqual(['teacher', 'student-predictions', 'baseline']);
    expect((await bench.retort('plan', 'many.pipeline.json:quick')).exitCode).toBe(0);
  });
});

describe('is refused, and nothing is written,', () => {
  test('where something is needed that nobody can be asked for, all of it named', async () => {
    const { exitCode, stderr } = await init();
    expect(exitCode).toBe(2);
    expect(stderr).toMatchInlineSnapshot(`
      "INIT_MISSING
        init cannot ask questions without a terminal. Give the missing options:
        --model <path>: the model folder, with config.json and model.safetensors
        --train <path>: a table of training examples (CSV, TSV, JSONL, Parquet or Arrow)
        --validation <path>: a table of examples to score on, with the same columns"
    `);
  });

  test('where the file is there already', async () => {
    await writeCsv((i) => String(i % 2));
    await bench.write('reviews.pipeline.json', 'mine');
    const { exitCode, stderr } = await init(...TABLES, '--name', 'reviews');
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining('INIT_EXISTS')]);
    expect(await readFile(join(bench.folder, 'reviews.pipeline.json'), 'utf8')).toBe('mine');
  });

  test.each([
    ['a column that is not there', ['--label-column', 'lable'], 'INIT_COLUMNS', 'Did you mean "label"'],
    ['a label that is always another', ['--label-column', 'sentence', '--text-column', 'label'], 'INIT_LABELS', '200'],
    ['a student of other heads', ['--student', '1x25'], 'INIT_STUDENT', 'such as 24 or 26'],
    ['a student deeper than its teacher', ['--student', '3x24'], 'INIT_STUDENT', 'at most 2'],
    ['a name that is none', ['--name', 'My Task'], 'INIT_NAME', 'my-task'],
    ['a table that is not there', ['--train', './no.csv'], 'DATA_UNREADABLE', 'it does not exist'],
    ['a model that is not there', ['--model', './no-model'], 'INIT_MODEL', 'no-model'],
  ])('%s', async (_what, args, code, words) => {
    const table = `sentence,label\n${rows(300, (i) => `the film ${i},${i % 2}`)}\n`;
    for (const name of ['train.csv', 'dev.csv']) await bench.write(name, table);
    const given = TABLES.filter((word, i) => !args.includes(word) && !args.includes(TABLES[i - 1] ?? ''));
    const name = args.includes('--name') ? [] : ['--name', 'refused'];
    const { exitCode, stderr } = await init(...given, ...name, ...args);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(code);
    expect(stderr).toContain(words);
    await expect(readFile(join(bench.folder, 'refused.pipeline.json'))).rejects.toThrow('ENOENT');
  });
});
