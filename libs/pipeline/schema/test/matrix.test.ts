import { InvalidInputError } from '@retort/foundation/diagnostics';
import { type LoadOptions, loadMatrix } from '@retort/pipeline-schema';
import { describe, expect, it } from 'vitest';
import { registry } from './registry.ts';
import { tiny, useWorkspace } from './workspace.ts';

const workspace = useWorkspace();

const load = (content: object, options: Partial<LoadOptions> = {}) =>
  loadMatrix({
    file: `${workspace.write('tiny', { ...tiny, ...content })}.pipeline.json`,
    registry,
    cwd: workspace.folder(),
    ...options,
  });
const problems = (content: object, options?: Partial<LoadOptions>) =>
  load(content, options).then(
    () => 'none',
    (error: unknown) => {
      if (error instanceof InvalidInputError) return error.message;
      throw error;
    },
  );
const student = 'stages.student.with';

describe('a matrix', () => {
  it('is the product of its lists, the first axis slowest', async () => {
    const { axes, cells } = await load({ matrix: { seed: [1, 2], [`${student}.loss.attention.weight`]: [0, 1] } });
    expect(cells.map(({ id }) => id)).toEqual([
      'seed=1,attention.weight=0',
      'seed=1,attention.weight=1',
      'seed=2,attention.weight=0',
      'seed=2,attention.weight=1',
    ]);
    expect(axes.map(({ name, isSeed }) => [name, isSeed])).toEqual([
      ['seed', true],
      ['attention.weight', false],
    ]);
    expect(cells[2]?.values).toEqual({ seed: 2, 'attention.weight': 0 });
    expect(cells[2]?.pipeline.stages.get('student')).toMatchObject({
      seed: 2,
      config: { loss: { attention: { weight: 0 } } },
    });
  });

  it('is one cell without a name where there is none, and left aside where another pipeline refers to it', async () => {
    expect((await load({})).cells.map(({ id }) => id)).toEqual(['']);
    workspace.write('top', { name: 'top', stages: { a: { uses: 'source', inputs: { files: 'tiny#corpus.text' } } } });
    await load({ seed: 5, matrix: { seed: [1, 2] } });
    const top = await workspace.load('top');
    expect(top.imports.get('tiny')?.stages.get('corpus')?.seed).toBe(5);
  });

  it('comes after the variant and before --set', async () => {
    const path = `${student}.batchSize`;
    const content = { variants: { small: { [path]: 2, [`${student}.tag`]: 'v' } }, matrix: { [path]: [4, 8] } };
    const configs = async (set: string[]) =>
      (await load(content, { variant: 'small', set })).cells.map(({ id, pipeline }) => [
        id,
        pipeline.stages.get('student')?.config,
      ]);
    expect(await configs([])).toMatchObject([
      ['batchSize=4', { batchSize: 4, tag: 'v' }],
      ['batchSize=8', { batchSize: 8, tag: 'v' }],
    ]);
    expect(await configs([`${path}=16`])).toMatchObject([['', { batchSize: 16, tag: 'v' }]]);
    expect(await configs([`${student}.tag=s`])).toMatchObject([
      ['batchSize=4', { tag: 's' }],
      ['batchSize=8', { tag: 's' }],
    ]);
  });

  it('gives axes the shortest names that tell them apart, and values their position where they are no short words', async () => {
    const params = {
      seed: { type: 'integer', default: 1, description: 'Seed' },
      taskSeed: { type: 'integer', default: 1, description: 'Seed' },
    };
    const { axes, cells } = await load({
      params,
      matrix: {
        seed: [1],
        'params.seed': [1],
        'params.taskSeed': [1],
        'stages.corpus.seed': [1],
        [`${student}.loss.attention.weight`]: [{ from: 0, to: 1 }, 1],
        [`${student}.loss.hidden.weight`]: [1],
        [`${student}.tag`]: ['one two', 'a,b=c', 'ok'],
        [`${student}.layers`]: [[1, 2]],
        [`${student}.mode`]: ['fast'],
      },
    });
    expect(axes.map(({ name, isSeed }) => `${name}${isSeed ? ' (seed)' : ''}`)).toEqual([
      'seed (seed)',
      'params.seed (seed)',
      'taskSeed (seed)',
      'corpus.seed (seed)',
      'attention.weight',
      'hidden.weight',
      'tag',
      'layers',
      'mode',
    ]);
    expect(cells[0]?.id).toBe(
      'seed=1,params.seed=1,taskSeed=1,corpus.seed=1,attention.weight=@1,hidden.weight=1,tag=@1,layers=@1,mode=fast',
    );
    expect(cells.at(-1)?.parts.slice(4, 7)).toEqual(['attention.weight=1', 'hidden.weight=1', 'tag=ok']);
  });

  it('sets parameters, also those that have no value otherwise', async () => {
    const params = { data: { type: 'path', description: 'Data' } };
    const stages = { corpus: { uses: 'source', inputs: { files: '${params.data}/a.txt' } } };
    const { cells } = await load({ params, stages, matrix: { 'params.data': ['x', 'y'] } });
    expect(cells.map(({ pipeline }) => pipeline.params['data'])).toEqual(
      ['x', 'y'].map((name) => `${workspace.folder()}/${name}`),
    );
  });

  it('has wrong values told at their place, each once', async () => {
    expect(
      await problems({
        matrix: {
          seed: [1, -1],
          [`${student}.batchSize`]: [1, 'x'],
          [`${student}.bachSize`]: [1, 2],
        },
      }),
    ).toMatchInlineSnapshot(`
      "PIPELINE_OUT_OF_RANGE   tiny.pipeline.json:22:7  /matrix/seed/1
        Expected a number >= 0, got -1.

      PIPELINE_WRONG_TYPE   tiny.pipeline.json:26:7  /matrix/stages.student.with.batchSize/1
        Expected an integer, got "x" (string).

      PIPELINE_UNKNOWN_PATH   tiny.pipeline.json:28:5  /matrix/stages.student.with.bachSize
        There is nothing at "stages.student.with.bachSize". After "stages.student.with" a path cannot continue with "bachSize". Did you mean "batchSize"? Known: student, loss, optimizer, batchSize, tag, mode, shuffle, layers."
    `);
  });

  it('refuses a stage as a whole', async () => {
    expect(await problems({ matrix: { 'stages.student': [{}] } })).toMatchInlineSnapshot(`
      "PIPELINE_UNKNOWN_PATH   tiny.pipeline.json:20:5  /matrix/stages.student
        "stages.student" cannot be set as a whole. Name one setting, such as "params.<name>" or "stages.<id>.with.<setting>"."
    `);
  });

  it('refuses what is no matrix: empty lists, single values, values twice', async () => {
    expect(
      await problems({ matrix: { seed: [], 'params.x': 3, [`${student}.tag`]: ['a', 'a'] } }),
    ).toMatchInlineSnapshot(`
      "PIPELINE_BAD_VALUE   tiny.pipeline.json:20:13  /matrix/seed
        Expected at least 1 in the list, got [].

      PIPELINE_UNKNOWN_PATH   tiny.pipeline.json:21:5  /matrix/params.x
        There is nothing at "params.x". "params" has no settings.

      PIPELINE_WRONG_TYPE   tiny.pipeline.json:21:17  /matrix/params.x
        Expected a list, got 3 (number).

      PIPELINE_BAD_MATRIX   tiny.pipeline.json:24:7  /matrix/stages.student.with.tag/1
        "stages.student.with.tag" has the value "a" twice. Remove one of them."
    `);
    expect(await problems({ matrix: [1] })).toMatchInlineSnapshot(`
      "PIPELINE_WRONG_TYPE   tiny.pipeline.json:19:13  /matrix
        Expected an object, got [1] (list)."
    `);
  });

  it('refuses axes that undo each other, and settings that decide no result', async () => {
    expect(
      await problems({
        matrix: {
          [`${student}.loss`]: [{}],
          [`${student}.loss.hidden.weight`]: [0, 1],
          'stages.student.run.threads': [1, 2],
        },
      }),
    ).toMatchInlineSnapshot(`
      "PIPELINE_BAD_MATRIX   tiny.pipeline.json:23:5  /matrix/stages.student.with.loss.hidden.weight
        "stages.student.with.loss.hidden.weight" is inside "stages.student.with.loss", whose values would override it. Vary only one of them.

      PIPELINE_BAD_MATRIX   tiny.pipeline.json:27:5  /matrix/stages.student.run.threads
        "stages.student.run.threads" affects no result, so all cells would be the same. Give it a single value."
    `);
  });

  it('refuses too many axes before it looks at any', async () => {
    const axes = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`params.p${i}`, [1]]));
    const params = (count: number) =>
      Object.fromEntries(
        Array.from({ length: count }, (_, i) => [`p${i}`, { type: 'integer', default: 0, description: 'One' }]),
      );
    expect(await problems({ params: params(64), matrix: axes(64) })).toBe('none');
    expect(await problems({ params: params(20_000), matrix: axes(20_000) })).toMatch(
      /^PIPELINE_MATRIX_TOO_LARGE .* \/matrix\n {2}The matrix has 20000 axes, but at most 64 are allowed\. Set anything with a single value in "params" or "stages"\.$/,
    );
  });

  it('refuses too many cells before it looks at any', async () => {
    const many = Array.from({ length: 1000 }, (_, i) => i);
    expect(
      await problems({ matrix: { seed: many, [`${student}.batchSize`]: many, [`${student}.tag`]: ['a', 'b'] } }),
    ).toMatchInlineSnapshot(`
      "PIPELINE_MATRIX_TOO_LARGE   tiny.pipeline.json:19:13  /matrix
        The matrix has 1000 x 1000 x 2 = 2000000 cells, but at most 256 can run together. Shorten a list, or fix an axis with --set."
    `);
  });

  it('may be changed by a file that extends its own, axis by axis', async () => {
    workspace.write('base', { ...tiny, name: 'base', matrix: { seed: [1, 2, 3], [`${student}.tag`]: ['a', 'b'] } });
    const { cells } = await load({ extends: './base.pipeline.json', matrix: { seed: [9], [`${student}.tag`]: null } });
    expect(cells.map(({ id }) => id)).toEqual(['seed=9']);
  });
});

describe('an axis of variants', () => {
  const variants = {
    'no-attention': { [`${student}.loss.attention.weight`]: 0 },
    small: { [`${student}.batchSize`]: 2, [`${student}.tag`]: 'small' },
  };

  it('has the file as it is and variants of it, under every other axis and --set', async () => {
    const { axes, cells } = await load(
      { variants, matrix: { variant: ['base', 'no-attention', 'small'], seed: [1, 2] } },
      { set: [`${student}.tag=set`] },
    );
    expect(cells.map(({ id }) => id)).toEqual([
      'variant=base,seed=1',
      'variant=base,seed=2',
      'variant=no-attention,seed=1',
      'variant=no-attention,seed=2',
      'variant=small,seed=1',
      'variant=small,seed=2',
    ]);
    expect(axes.map(({ path, isSeed }) => [path, isSeed])).toEqual([
      ['variant', false],
      ['seed', true],
    ]);
    const studentOf = (at: number) => cells[at]?.pipeline.stages.get('student');
    const file = await load({});
    expect(studentOf(0)?.config).toEqual({
      ...(file.cells[0]?.pipeline.stages.get('student')?.config as object),
      tag: 'set',
    });
    expect(studentOf(3)).toMatchObject({ seed: 2, config: { loss: { attention: { weight: 0 } }, tag: 'set' } });
    expect(studentOf(4)).toMatchObject({ seed: 1, config: { batchSize: 2, tag: 'set' } });
    expect(cells.map(({ pipeline }) => pipeline.variant)).toEqual([
      undefined,
      undefined,
      'no-attention',
      'no-attention',
      'small',
      'small',
    ]);
  });

  it('calls cells by the whole name of a variant, and a parameter of that name by more', async () => {
    const long = 'a-variant-with-a-name-that-is-long';
    const { cells } = await load({
      params: { variant: { type: 'integer', default: 1, description: 'Another one' } },
      variants: { [long]: { seed: 3 } },
      matrix: { variant: [long], 'params.variant': [1] },
    });
    expect(cells.map(({ id }) => id)).toEqual([`variant=${long},params.variant=1`]);
  });

  it('takes variants and their paths from a file that is extended', async () => {
    workspace.write('base', { ...tiny, name: 'base', variants });
    const { cells } = await load({ extends: './base.pipeline.json', matrix: { variant: ['small', 'base'] } });
    expect(cells.map(({ pipeline }) => pipeline.stages.get('student')?.config)).toMatchObject([
      { batchSize: 2 },
      { batchSize: 32 },
    ]);
  });

  it('has unknown names told at their place, with the nearest', async () => {
    expect(
      await problems({ variants, matrix: { variant: ['base', 'no-atention', 3], seed: [1] } }),
    ).toMatchInlineSnapshot(`
      "PIPELINE_UNKNOWN_VARIANT   tiny.pipeline.json:31:7  /matrix/variant/1
        No variant is named "no-atention". Did you mean "no-attention"? Known: base, no-attention, small.

      PIPELINE_WRONG_TYPE   tiny.pipeline.json:32:7  /matrix/variant/2
        Expected a string, got 3 (number)."
    `);
    expect(await problems({ matrix: { variant: ['bse'] } })).toMatchInlineSnapshot(`
      "PIPELINE_UNKNOWN_VARIANT   tiny.pipeline.json:21:7  /matrix/variant/0
        No variant is named "bse". Did you mean "base"? Known: base."
    `);
  });

  it('refuses a variant that is called base, and one that another axis undoes', async () => {
    expect(
      await problems({
        variants: { ...variants, base: { seed: 4 } },
        matrix: { variant: ['base', 'small', 'small'], [`${student}.batchSize`]: [4, 8] },
      }),
    ).toMatchInlineSnapshot(`
      "PIPELINE_BAD_MATRIX   tiny.pipeline.json:33:7  /matrix/variant/0
        On this axis "base" means the file without a variant, but a variant has that name too. Rename the variant.

      PIPELINE_BAD_MATRIX   tiny.pipeline.json:34:7  /matrix/variant/1
        The variant "small" sets "stages.student.with.batchSize", which the axis "stages.student.with.batchSize" overrides in every cell. Remove one of them.

      PIPELINE_BAD_MATRIX   tiny.pipeline.json:35:7  /matrix/variant/2
        "variant" has the value "small" twice. Remove one of them.

      PIPELINE_BAD_MATRIX   tiny.pipeline.json:35:7  /matrix/variant/2
        The variant "small" sets "stages.student.with.batchSize", which the axis "stages.student.with.batchSize" overrides in every cell. Remove one of them."
    `);
  });

  it('refuses one more variant for all cells, and says how to choose its cells', async () => {
    const content = { variants, matrix: { variant: ['base', 'small'] } };
    expect(await problems(content, { variant: 'small' })).toMatchInlineSnapshot(`
      "PIPELINE_VARIANT_IS_AXIS   tiny.pipeline.json:29:5  /matrix/variant
        The matrix has an axis of variants, so the variant "small" cannot be chosen for all of it. To run only its cells: --only-cell variant=small"
    `);
    expect(await problems(content, { variant: 'no-attention' })).toMatchInlineSnapshot(`
      "PIPELINE_VARIANT_IS_AXIS   tiny.pipeline.json:29:5  /matrix/variant
        The matrix has an axis of variants, so the variant "no-attention" cannot be chosen for all of it. Add it to the axis, or leave it out."
    `);
    expect(await problems(content, { set: ['variant=small'] })).toMatchInlineSnapshot(`
      "PIPELINE_UNKNOWN_PATH   --set variant=small
        There is nothing at "variant". A variant is chosen by --variant, or as cells of the matrix by --only-cell variant=<name>."
    `);
  });

  it('is left aside where another pipeline refers to this one', async () => {
    workspace.write('top', { name: 'top', stages: { a: { uses: 'source', inputs: { files: 'tiny#corpus.text' } } } });
    await load({ variants, matrix: { variant: ['small'] } });
    const top = await workspace.load('top');
    expect(top.imports.get('tiny')?.stages.get('student')?.config).toMatchObject({ batchSize: 32 });
  });
});
