import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Bench, createBench, words } from './retort.ts';

let bench: Bench;

/** `words` reads a text of the user's; `top` tokenizes it once more and sets something in `words`. */
beforeAll(async () => {
  bench = await createBench();
  await writeFile(join(bench.folder, 'a.txt'), 'The fox ran.\n\nThe hen sat.\n\nThe owl saw a v1.0.\n');
  const params = { rate: { type: 'number', default: 0.2, description: 'Fraction' } };
  const corpus = {
    uses: 'corpus',
    inputs: { files: './a.txt' },
    with: { source: { kind: 'files' }, validationFraction: '${params.rate}' },
  };
  await bench.write('words.pipeline.json', { ...words, params, stages: { ...words.stages, corpus } });
  await bench.write('top.pipeline.json', {
    name: 'top',
    stages: {
      more: {
        uses: 'tokenize',
        inputs: { text: 'words#corpus.text', tokenizer: 'words#vocabulary.tokenizer' },
        with: { maxSequenceLength: 8 },
      },
    },
    variants: { rare: { 'words#params.rate': 0.5 } },
    matrix: { 'words#stages.vocabulary.with.vocabularySize': [150, 2e2] },
    results: ['more.train'],
  });
});
afterAll(() => bench.remove());

const json = async (...args: string[]) => {
  const { stdout, stderr, exitCode } = await bench.retort(...args, '--json');
  expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
  // The last document: `run` and `reproduce` print lines, others one that is indented.
  return JSON.parse(stdout.slice(stdout.lastIndexOf('\n{') + 1));
};

test('what is set in another pipeline is in keys, plan, manifest and comparison, and a run of it is reproduced', async () => {
  const axis = 'words#stages.vocabulary.with.vocabularySize';
  const plain = await json('plan', 'words.pipeline.json', '--set', 'params.rate=0.5');
  const plan = await json('plan', 'top.pipeline.json:rare');
  expect(plan.stages.map(({ id }: { id: string }) => id)).toEqual([
    'words#corpus',
    'words#vocabulary[vocabularySize=150]',
    'more[vocabularySize=150]',
    'words#vocabulary[vocabularySize=200]',
    'more[vocabularySize=200]',
  ]);
  expect(plan.stages[0].key).toBe(plain.stages[0].key);
  expect((await json('plan', 'top.pipeline.json')).stages[0].key).not.toBe(plan.stages[0].key);

  const finished = await json('run', `top.pipeline.json:rare@${axis}=1.5e2`);
  const manifest = await json('show', finished.run);
  expect(manifest.pipeline.stages.map(({ with: config }: { with: object }) => config).slice(0, 2)).toMatchObject([
    { validationFraction: 0.5 },
    { vocabularySize: 150 },
  ]);

  const sides = [`top.pipeline.json:rare@${axis}=150`, `top.pipeline.json@${axis}=2e2`];
  const { rows, stages } = await json('compare', '--planned', ...sides);
  const settings = rows.filter(({ section }: { section: string }) => section === 'setting');
  expect(settings.map(({ stage, name }: { stage: string; name: string }) => [stage, name])).toEqual([
    ['words#corpus', 'with.validationFraction'],
    ['words#vocabulary', 'with.vocabularySize'],
  ]);
  expect(stages.map(({ id, works }: { id: string; works: number[] }) => [id, ...works])).toEqual([
    ['words#corpus', 1, 2],
    ['words#vocabulary', 1, 2],
    ['more', 1, 2],
  ]);
  const explained = await bench.retort('explain', sides[1] as string, '--against', finished.run);
  expect(explained.stdout).toContain('`validationFraction` 0.5 to 0.2');

  await bench.write('run.json', manifest);
  await rename(join(bench.folder, 'a.txt'), join(bench.folder, 'b.txt'));
  for (const name of ['words#stages.corpus.inputs.files', 'stages.words#corpus.inputs.files'])
    expect(await json('reproduce', './run.json', '--set', `${name}=./b.txt`)).toMatchObject({ verdict: 'identical' });
  await rename(join(bench.folder, 'b.txt'), join(bench.folder, 'a.txt'));
}, 120_000);

test('a stage of some cells is found again by its whole id, and so is a manifest with a number that cannot be', async () => {
  await writeFile(join(bench.folder, 'c.txt'), 'Another fox ran.\n\nAnd a hen.\n');
  const settings = { source: { kind: 'files' }, validationFraction: 0 };
  const corpus = { uses: 'corpus', inputs: { files: './a.txt' }, with: settings };
  await bench.write('two.pipeline.json', {
    name: 'two',
    stages: { corpus },
    matrix: { 'stages.corpus.inputs.files': ['./a.txt', './c.txt'] },
  });
  const manifest = await json('show', (await json('run', 'two.pipeline.json')).run);
  await bench.write('run.json', manifest);
  await rename(join(bench.folder, 'c.txt'), join(bench.folder, 'd.txt'));
  const name = 'stages.corpus[inputs.files=./c.txt].inputs.files';
  expect(await json('reproduce', './run.json', '--set', `${name}=./d.txt`)).toMatchObject({ verdict: 'identical' });
  await bench.write('run.json', JSON.stringify(manifest).replace('"jobs":', '"jobs":1e999,"more":'));
  const refused = await bench.retort('reproduce', './run.json');
  expect([refused.exitCode, refused.stderr]).toEqual([2, expect.stringContaining('got 1e999')]);
}, 120_000);
