import { join } from 'node:path';
import { type LoadOptions, loadMatrix } from '@retort/pipeline-schema';
import { expect, it } from 'vitest';
import { registry } from './registry.ts';
import { tiny, useWorkspace } from './workspace.ts';

const workspace = useWorkspace();
const rows = { type: 'integer', default: 3, description: 'Rows' };

/** `tiny` needs `middle`, which needs `base`. */
function write(more: object = {}): void {
  workspace.write('base', {
    name: 'base',
    params: { rows },
    stages: { corpus: { uses: 'source', with: { rows: '${params.rows}' } }, unused: { uses: 'source' } },
    variants: { more: { 'params.rows': 99 } },
    matrix: { 'params.rows': [1, 2] },
  });
  workspace.write('middle', {
    name: 'middle',
    stages: { train: { uses: 'train', inputs: { text: 'base#corpus.text' }, with: { student: { layers: 1 } } } },
  });
  const student = { ...tiny.stages.student, inputs: { text: 'middle#train.student' } };
  workspace.write('tiny', { ...tiny, stages: { student }, params: { rows: { ...rows, default: 50 } }, ...more });
}
const cells = async (options: Partial<LoadOptions> = {}) => {
  const matrix = await loadMatrix({ file: 'tiny.pipeline.json', registry, cwd: workspace.folder(), ...options });
  return matrix.cells.map(({ id, pipeline: { imports } }) => {
    const base = imports.get('base')?.stages.get('corpus');
    const middle = imports.get('middle')?.stages.get('train')?.config as { tag: string } | undefined;
    return [id, (base?.config as { rows: number } | undefined)?.rows, base?.seed, middle?.tag];
  });
};

it('settings of pipelines that are referred to are set by --set, whatever lies between', async () => {
  write();
  expect(await cells()).toEqual([['', 3, 42, 'none']]);
  expect(await cells({ set: ['base#params.rows=7', 'base#seed=1', 'middle#stages.train.with.tag=12'] })).toEqual([
    ['', 7, 1, '12'],
  ]);
  expect(await cells({ set: ['base#stages.corpus.with.rows=8', 'base#params.rows=9'] })).toEqual([['', 8, 42, 'none']]);
});

it('by variants and as axes, in the order of all overrides, with the parameters of the file that says so', async () => {
  write({
    variants: { v: { 'base#params.rows': '${params.rows}', 'middle#stages.train.with.tag': 'a$${b}' } },
    matrix: { 'base#seed': [1, 2], 'middle#stages.train.with.tag': ['x', 'n${params.rows}'], 'tiny#params.rows': [50] },
  });
  expect(await cells({ variant: 'v', set: ['tiny#stages.student.with.tag=t'] })).toEqual([
    ['seed=1,tag=x,rows=50', 50, 1, 'x'],
    ['seed=1,tag=@2,rows=50', 50, 1, 'n50'],
    ['seed=2,tag=x,rows=50', 50, 2, 'x'],
    ['seed=2,tag=@2,rows=50', 50, 2, 'n50'],
  ]);
  const set = ['middle#stages.train.with.tag=s', 'base#seed=5', 'base#params.rows=4'];
  expect(await cells({ variant: 'v', set })).toEqual([['rows=50', 4, 5, 's']]);
});

it('text that looks like a parameter, or is one of the file that says so, is none of theirs', async () => {
  write({ variants: { v: { 'middle#stages.train.with.tag': 'a$${params.rows}$$$${' } } });
  expect(await cells({ variant: 'v' })).toMatchObject([['', 3, 42, 'a${params.rows}$$${']]);
  const set = ['middle#stages.train.with.tag=${params.rows}'];
  expect(await cells({ set })).toMatchObject([['', 3, 42, '50']]);
  const named = ['params.rows=6', 'base#params.rows=${params.rows}', 'middle#stages.train.with.tag=$${x}'];
  expect(await cells({ set: named })).toMatchObject([['', 6, 42, '${x}']]);
});

it('what only some cells need may be set for all', async () => {
  const input = 'stages.student.inputs.text';
  write();
  const own = { uses: 'source' };
  workspace.write('tiny', {
    ...tiny,
    stages: { own, student: { ...tiny.stages.student, inputs: { text: 'own.text' } } },
    variants: { more: { [input]: 'middle#train.student' } },
    matrix: { variant: ['base', 'more'] },
  });
  const set = ['base#params.rows=7'];
  const matrix = await loadMatrix({ file: 'tiny.pipeline.json', registry, cwd: workspace.folder(), set });
  expect(matrix.cells.map(({ pipeline }) => pipeline.imports.get('base')?.params)).toContainEqual({ rows: 7 });
  await expect(
    loadMatrix({ file: 'tiny.pipeline.json', registry, cwd: workspace.folder(), set: ['lonely#seed=1'] }),
  ).rejects.toThrow('no stage here depends on that pipeline');
});

it('paths of theirs count from the file that sets them', async () => {
  write({ variants: { own: { 'base#stages.corpus.inputs.files': './mine.txt' } } });
  const pipeline = await workspace.load('tiny', { variant: 'own' });
  const files = { kind: 'path', path: join(workspace.folder(), 'mine.txt'), text: './mine.txt' };
  expect(pipeline.imports.get('base')?.stages.get('corpus')?.inputs).toEqual({ files });
  const typed = await workspace.load('tiny', {
    set: ['base#stages.corpus.inputs.files=./b.txt'],
    cwd: workspace.folder(),
  });
  expect(typed.imports.get('base')?.stages.get('corpus')?.inputs).toMatchObject({ files: { text: './b.txt' } });
});

it('a reference to the pipeline that sets something closes a circle', async () => {
  write({ variants: { loop: { 'base#stages.corpus.inputs.files': 'tiny#student.student' } } });
  expect(await workspace.problems('tiny', { variant: 'loop' })).toMatchInlineSnapshot(`
    "PIPELINE_CYCLE   tiny.pipeline.json:25:7  /variants/loop/base#stages.corpus.inputs.files
      Pipelines refer to each other in a cycle: tiny -> middle -> base -> tiny."
  `);
});

it('what is wrong is refused at its place: names, values, pipelines that nobody needs', async () => {
  write({
    variants: { typo: { 'base#stages.corpsu.with.rows': 1, 'bsae#seed': 1 } },
    matrix: { 'middle#stages.train.with.batchSize': [1, 'x'], 'middle#stages.train.with.tga': ['a', 'b'] },
  });
  workspace.write('lonely', { ...tiny, name: 'lonely' });
  const set = [
    'base#stages.corpus.with.rows=0',
    'base#params.row=1',
    'base#stages.corpus=1',
    'base#params.rows=9007199254740993',
    'lonely#seed=1',
    'stages.base#corpus.with.rows=1',
    'base#=1',
  ];
  const wrong = await loadMatrix({ file: 'tiny.pipeline.json', registry, cwd: workspace.folder(), set }).then(
    () => 'none',
    (error: Error) => error.message,
  );
  expect(wrong).toMatchInlineSnapshot(`
    "PIPELINE_UNKNOWN_PATH   --set stages.base#corpus.with.rows=1
      There is nothing at "stages.base#corpus.with.rows". A setting of a stage of another pipeline is "base#stages.corpus.with.<setting>".

    PIPELINE_UNKNOWN_PATH   --set base#params.row=1
      There is nothing at "base#params.row". After "params" a path cannot continue with "row". Did you mean "rows"? Known: rows.

    PIPELINE_UNKNOWN_PATH   --set base#stages.corpus=1
      "base#stages.corpus" cannot be set as a whole. Name one setting, such as "params.<name>" or "stages.<id>.with.<setting>".

    PIPELINE_UNKNOWN_PATH   --set base#=1
      There is nothing at "base#". A path has a name before and behind each of its dots.

    PIPELINE_INEXACT_NUMBER   --set base#params.rows=9007199254740993
      9007199254740993 has more digits than a number of 64 bits holds, and would be read as 9007199254740992. Write that value, or put an identifier in double quotes.

    PIPELINE_OUT_OF_RANGE   --set base#stages.corpus.with.rows=0
      Expected a number >= 1, got 0.

    PIPELINE_UNKNOWN_PATH   --set lonely#seed=1
      "lonely#seed" is a setting of the pipeline "lonely", but no stage here depends on that pipeline. Known: middle, base.

    PIPELINE_UNKNOWN_PATH   tiny.pipeline.json:25:7  /variants/typo/base#stages.corpsu.with.rows
      There is nothing at "base#stages.corpsu.with.rows". After "stages" a path cannot continue with "corpsu". Did you mean "corpus"? Known: corpus, unused.

    PIPELINE_UNKNOWN_PATH   tiny.pipeline.json:26:7  /variants/typo/bsae#seed
      "bsae#seed" is a setting of the pipeline "bsae", but no stage here depends on that pipeline. Did you mean "base"? Known: middle, base.

    PIPELINE_WRONG_TYPE   tiny.pipeline.json:32:7  /matrix/middle#stages.train.with.batchSize/1
      Expected an integer, got "x" (string).

    PIPELINE_UNKNOWN_PATH   tiny.pipeline.json:34:5  /matrix/middle#stages.train.with.tga
      There is nothing at "middle#stages.train.with.tga". After "stages.train.with" a path cannot continue with "tga". Did you mean "tag"? Known: student, loss, optimizer, batchSize, tag, mode, shuffle, layers."
  `);
});

it('a stage of another pipeline is named with its pipeline, wherever its path was written without', async () => {
  write({ variants: { v: { 'stages.train.with.tag': 'a' } } });
  const set = ['stages.corpus.with.rows=1', 'middle#stages.unused.with.x\\.y=1', 'stages.corpse.seed=1'];
  const wrong = await loadMatrix({ file: 'tiny.pipeline.json', registry, cwd: workspace.folder(), set }).catch(
    (error: Error) => error.message,
  );
  expect(wrong).toMatchInlineSnapshot(`
    "PIPELINE_UNKNOWN_PATH   --set stages.corpus.with.rows=1
      There is nothing at "stages.corpus.with.rows". "corpus" is a stage of another pipeline. Write "base#stages.corpus.with.rows".

    PIPELINE_UNKNOWN_PATH   --set stages.corpse.seed=1
      There is nothing at "stages.corpse.seed". After "stages" a path cannot continue with "corpse". Known: student.

    PIPELINE_UNKNOWN_PATH   --set middle#stages.unused.with.x\\.y=1
      There is nothing at "middle#stages.unused.with.x\\.y". "unused" is a stage of another pipeline. Write "base#stages.unused.with.x\\.y".

    PIPELINE_UNKNOWN_PATH   tiny.pipeline.json:25:7  /variants/v/stages.train.with.tag
      There is nothing at "stages.train.with.tag". "train" is a stage of another pipeline. Write "middle#stages.train.with.tag"."
  `);
});
