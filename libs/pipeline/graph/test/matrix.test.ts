import { UsageError } from '@retort/foundation/diagnostics';
import { buildMatrixGraph, findCells, type PipelineGraph, planPipeline, selectCells } from '@retort/pipeline-graph';
import { type LoadOptions, loadMatrix } from '@retort/pipeline-schema';
import { describe, expect, it } from 'vitest';
import { chain, Memory, registry, runAll, useKitchen } from './kitchen.ts';

const kitchen = useKitchen();

const graphOf = async (options: Partial<LoadOptions> = {}) =>
  buildMatrixGraph(await loadMatrix({ file: 'tiny.pipeline.json', registry, cwd: kitchen.folder(), ...options }), {
    engine: 'cpu',
  });
const idsOf = ({ stages }: PipelineGraph) => stages.map(({ id }) => id);
const refusal = (act: () => unknown) => {
  try {
    act();
  } catch (error) {
    if (error instanceof UsageError) return `${error.code} ${error.message}`;
    throw error;
  }
  return 'none';
};

const matrix = { 'stages.corpus.with.rows': [10, 20], 'stages.train.with.weight': [0, 1] };

describe('the graph of a matrix', () => {
  it('has what cells share once, and names what they do not after what its cells have in common', async () => {
    kitchen.write('tiny', chain, { matrix });
    const graph = await graphOf();
    expect(idsOf(graph)).toEqual([
      'corpus[rows=10]',
      'vocabulary[rows=10]',
      'tokenize[rows=10]',
      'train[rows=10,weight=0]',
      'train[rows=10,weight=1]',
      'corpus[rows=20]',
      'vocabulary[rows=20]',
      'tokenize[rows=20]',
      'train[rows=20,weight=0]',
      'train[rows=20,weight=1]',
    ]);
    const train = graph.stages.find(({ id }) => id === 'train[rows=20,weight=0]');
    expect(train).toMatchObject({ cells: ['rows=20,weight=0'], inputs: { teacher: { stage: 'tokenize[rows=20]' } } });
    expect(graph.stages[0]?.cells).toEqual(['rows=10,weight=0', 'rows=10,weight=1']);
  });

  it('keeps the ids of stages that all cells share, and of a pipeline without a matrix', async () => {
    kitchen.write('tiny', chain, { matrix: { 'stages.train.with.weight': [0, 1, 0.5] } });
    const graph = await graphOf();
    expect(idsOf(graph)).toEqual([
      'corpus',
      'vocabulary',
      'tokenize',
      'train[weight=0]',
      'train[weight=1]',
      'train[weight=0.5]',
    ]);
    expect(graph.stages[2]?.cells).toBeUndefined();
    kitchen.write('tiny', chain);
    expect(await graphOf()).toEqual(await kitchen.graph('tiny'));
  });

  it('lets a seed reach only the stages that use it, and what comes after them', async () => {
    const second = { uses: 'source' };
    kitchen.write('tiny', { ...chain, corpus: { ...chain.corpus, seed: 5 }, second }, { matrix: { seed: [1, 2] } });
    expect(idsOf(await graphOf())).toEqual([
      'corpus',
      'vocabulary',
      'tokenize',
      'train',
      'second[seed=1]',
      'second[seed=2]',
    ]);
  });

  it('is of no variant where cells are of several, and names stages after theirs', async () => {
    const variants = { heavy: { 'stages.train.with.weight': 5 }, many: { 'stages.corpus.with.rows': 20 } };
    kitchen.write('tiny', chain, { variants, matrix: { variant: ['heavy', 'base', 'many'] } });
    const graph = await graphOf();
    expect(graph).not.toHaveProperty('variant');
    expect(idsOf(graph).filter((id) => /^(corpus|train)/.test(id))).toEqual([
      'corpus[variant=heavy]',
      'train[variant=heavy]',
      'train[variant=base]',
      'corpus[variant=many]',
      'train[variant=many]',
    ]);
    expect(idsOf(selectCells(graph, ['variant=many']))).toHaveLength(4);
    kitchen.write('tiny', chain, { variants, matrix: { 'stages.train.with.budget': [1000, 2000] } });
    expect((await graphOf({ variant: 'many' })).variant).toBe('many');
  });

  it('refuses cells that compute the same: written in two ways, or of an axis that nothing depends on', async () => {
    kitchen.write('tiny', chain, { matrix: { 'stages.train.with': [{}, { weight: 1 }, { weight: 2 }] } });
    const message = () =>
      graphOf().then(
        () => 'none',
        (error: Error) => error.message,
      );
    expect(await message()).toMatchInlineSnapshot(`
      "PIPELINE_SAME_CELLS   tiny.pipeline.json:27:13  /matrix
        The cells with=@1 and with=@2 compute the same results: no stage depends on the settings that differ. Remove one of them."
    `);
    kitchen.write('tiny', { ...chain, corpus: { ...chain.corpus, seed: 5 } }, { matrix: { seed: [1, 2] } });
    expect(await message()).toMatchInlineSnapshot(`
      "PIPELINE_SAME_CELLS   tiny.pipeline.json:28:13  /matrix
        The cells seed=1 and seed=2 compute the same results: no stage depends on the settings that differ. Remove one of them."
    `);
  });

  it('names stages after a whole cell where their cells have no value in common', async () => {
    const params = {
      left: { type: 'string', default: '', description: 'Left' },
      right: { type: 'string', default: '', description: 'Right' },
    };
    kitchen.write('file-1', { corpus: { uses: 'source' } });
    kitchen.write(
      'tiny',
      {
        corpus: { uses: 'source', inputs: { files: './${params.left}${params.right}.json' } },
        other: { uses: 'source', inputs: { files: './${params.left}.pipeline.json' } },
      },
      {
        params,
        matrix: { 'params.left': ['file', 'file-1'], 'params.right': ['-1.pipeline', '.pipeline'] },
      },
    );
    kitchen.write('file-1-1', { corpus: { uses: 'source', with: { rows: 3 } } });
    kitchen.write('file', { corpus: { uses: 'source', with: { rows: 4 } } });
    expect(idsOf(await graphOf())).toEqual([
      'corpus[left=file,right=-1.pipeline]',
      'other[left=file]',
      'corpus[left=file,right=.pipeline]',
      'corpus[left=file-1,right=-1.pipeline]',
      'other[left=file-1]',
    ]);
  });

  it('shares stages of other pipelines', async () => {
    kitchen.write('base', chain);
    kitchen.write(
      'tiny',
      { train: { uses: 'train', inputs: { teacher: 'base#tokenize.train' } } },
      {
        matrix: { 'stages.train.with.weight': [0, 1] },
      },
    );
    expect(idsOf(await graphOf())).toEqual([
      'base#corpus',
      'base#vocabulary',
      'base#tokenize',
      'train[weight=0]',
      'train[weight=1]',
    ]);
  });

  it('gives stages the keys that they have without a matrix', async () => {
    kitchen.write('tiny', chain, { matrix });
    const memory = new Memory();
    const inMatrix = new Map((await runAll(await graphOf(), memory)).stages.map(({ id, key }) => [id, key]));
    const set = ['stages.corpus.with.rows=20', 'stages.train.with.weight=0'];
    const alone = await runAll(await kitchen.graph('tiny', { set }), memory);
    expect(
      alone.stages.map(
        ({ id, key }) => inMatrix.get(id === 'train' ? 'train[rows=20,weight=0]' : `${id}[rows=20]`) === key,
      ),
    ).toEqual([true, true, true, true]);
    expect(memory.byKey.size).toBe(10);
  });

  it('tells a problem of every cell once, and names the cells where only some have it', async () => {
    kitchen.write(
      'tiny',
      { ...chain, other: { uses: 'train', inputs: { teacher: 'nowhere.train' } } },
      {
        matrix: { 'stages.train.with.budget': [100, 1000], 'stages.train.with.weight': [0, 1] },
      },
    );
    const message = await graphOf().then(
      () => 'none',
      (error: Error) => error.message,
    );
    expect(message).toMatchInlineSnapshot(`
      "PLAN_OVER_BUDGET   tiny.pipeline.json:20:14  /stages/train
        The outputs of "train" would take about 500 bytes, but its budget is 100. Raise the budget or store less. In cell budget=100,weight=0 and 1 more.

      PIPELINE_UNKNOWN_STAGE   tiny.pipeline.json:29:20  /stages/other/inputs/teacher
        No stage of this pipeline is named "nowhere". Did you mean "other"? Known: corpus, vocabulary, tokenize, train, other."
    `);
  });
});

describe('selecting cells', () => {
  it('keeps the ids, and what the chosen cells need', async () => {
    kitchen.write('tiny', chain, { matrix, results: ['train.model'] });
    const graph = await graphOf();
    const one = selectCells(graph, ['rows=20,weight=1']);
    expect(idsOf(one)).toEqual([
      'corpus[rows=20]',
      'vocabulary[rows=20]',
      'tokenize[rows=20]',
      'train[rows=20,weight=1]',
    ]);
    expect(one.stages.map(({ cells }) => cells)).toEqual([undefined, undefined, undefined, undefined]);
    expect(one.results).toEqual([{ stage: 'train[rows=20,weight=1]', port: 'model' }]);
    expect(selectCells(graph, ['weight=1']).matrix?.cells.map(({ id }) => id)).toEqual([
      'rows=10,weight=1',
      'rows=20,weight=1',
    ]);
    expect(selectCells(graph, [])).toBe(graph);
  });

  it('takes an axis by its name or path, and a value by what it is, however it is written', async () => {
    const rates = [0.00001, 0.30000000000000004, 1e-7, 1e21, 0];
    const tags = ['1', 'a,b=c', 'null', { from: 1 }, [1, 2], 'true', ' '];
    const params = {
      rate: { type: 'number', default: 1, description: 'Rate' },
    };
    const axes = { 'params.rate': rates, 'stages.corpus.with.rows': [1, 2] };
    kitchen.write(
      'tiny',
      { ...chain, train: { ...chain.train, with: { weight: '${params.rate}' } } },
      { params, matrix: axes },
    );
    const matrix = {
      axes: [
        { path: 'params.rate', name: 'rate', isSeed: false },
        { path: 'stages.train.with.names.v1\\.0', name: 'names.v1_0', isSeed: false },
      ],
      cells: rates.flatMap((rate) =>
        tags.map((tag, at) => ({ id: `rate=${rate},names.v1_0=@${at + 1}`, values: { rate, 'names.v1_0': tag } })),
      ),
    };
    const found = (text: string) => findCells(text, matrix).map(({ values }) => Object.values(values));
    for (const text of ['1e-5', '0.00001', '1E-05', '10.0e-6'])
      for (const axis of ['rate', 'params.rate'])
        expect(found(`${axis}=${text}`), text).toEqual(tags.map((tag) => [0.00001, tag]));
    expect(found('rate=0.30000000000000004')).toHaveLength(tags.length);
    expect(found('rate=1000000000000000000000')).toHaveLength(tags.length);
    expect(found('rate=-0')).toHaveLength(tags.length);
    expect(() => found('rate=1e-999')).toThrow('has no cell');
    expect(() => found('rate=0.3')).toThrow('has no cell');
    expect(() => found('rate=')).toThrow('has no cell');
    for (const [text, tag] of [
      ['1', '1'],
      ['"1"', '1'],
      ['a,b=c', 'a,b=c'],
      ['null', 'null'],
      ['true', 'true'],
      ['{"from": 1}', { from: 1 }],
      ['[1,2]', [1, 2]],
      [' ', ' '],
      ['@2', 'a,b=c'],
    ] as const)
      for (const axis of ['names.v1_0', 'stages.train.with.names.v1\\.0'])
        expect(found(`${axis}=${text},rate=1e-7`)).toEqual([[1e-7, tag]]);
    const graph = await graphOf();
    expect(selectCells(graph, ['rate=1e-5,stages.corpus.with.rows=1.0']).matrix?.cells.map(({ id }) => id)).toEqual([
      'rate=0.00001,rows=1',
    ]);
    expect(() => selectCells(graph, ['rows=1e999'])).toThrow('has no cell');
  });

  it('refuses a cell that is not there, with the nearest', async () => {
    kitchen.write('tiny', chain, { matrix });
    const graph = await graphOf();
    expect(refusal(() => selectCells(graph, ['rows=20,weigth=1']))).toMatchInlineSnapshot(
      `"PLAN_UNKNOWN_CELL The matrix has no cell "rows=20,weigth=1". Did you mean "rows=20,weight=1"? Known: rows=10,weight=0, rows=10,weight=1, rows=20,weight=0, rows=20,weight=1."`,
    );
    kitchen.write('tiny', chain);
    const plain = await graphOf();
    expect(refusal(() => selectCells(plain, ['seed=1']))).toMatchInlineSnapshot(
      `"PLAN_NO_MATRIX The pipeline "tiny" has no matrix, so there are no cells to select."`,
    );
  });
});

describe('the plan of a matrix', () => {
  it('takes a stage by its id in the file in all cells', async () => {
    kitchen.write('tiny', chain, { matrix });
    const graph = await graphOf();
    const memory = new Memory();
    const plan = await planPipeline(graph, memory, { only: 'tokenize' });
    expect(plan.stages.map(({ id }) => id)).toEqual([
      'corpus[rows=10]',
      'vocabulary[rows=10]',
      'tokenize[rows=10]',
      'corpus[rows=20]',
      'vocabulary[rows=20]',
      'tokenize[rows=20]',
    ]);
    await runAll(graph, memory);
    const forced = await planPipeline(graph, memory, { from: 'train[rows=10,weight=1]' });
    expect(forced.stages.filter(({ isForced }) => isForced).map(({ id }) => id)).toEqual(['train[rows=10,weight=1]']);
    expect(forced.stages.find(({ isForced }) => isForced)?.cells).toEqual(['rows=10,weight=1']);
  });
});
