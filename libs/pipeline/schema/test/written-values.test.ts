import { join } from 'node:path';
import { loadMatrix, readSettingPath, writeSettingPath } from '@retort/pipeline-schema';
import type { StageDefinition } from '@retort/plugin-kit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { registry } from './registry.ts';
import { tiny, useWorkspace } from './workspace.ts';

const workspace = useWorkspace();
const param = (type: string, value?: unknown) => ({
  type,
  description: 'A value',
  ...(value !== undefined && { default: value }),
});
const withTag = (tag: unknown, more: object = {}) => ({
  ...tiny,
  ...more,
  stages: { ...tiny.stages, student: { ...tiny.stages.student, with: { student: { layers: 2 }, tag } } },
});

describe('a parameter in a parameter', () => {
  const params = {
    text: param('path', '${params.root}/${params.name}.txt'),
    root: param('path', './data'),
    name: param('string', 'corpus-${params.rows}'),
    rows: param('integer', '${params.count}'),
    count: param('integer', 7),
  };
  const document = {
    name: 'tiny',
    params,
    stages: { corpus: { uses: 'source', inputs: { files: '${params.text}' }, with: { rows: '${params.rows}' } } },
    variants: { far: { 'params.root': '../${params.name}', 'params.name': 'x' } },
    matrix: { 'params.count': [1, 2], 'params.name': ['n${params.rows}', 'm'] },
  };

  it('has its value before it is put in, in whichever order they stand, and keeps its type', async () => {
    const pipeline = await workspace.load(workspace.write('tiny', document));
    const root = join(workspace.folder(), 'data');
    expect(pipeline.params).toEqual({ text: `${root}/corpus-7.txt`, root, name: 'corpus-7', rows: 7, count: 7 });
    expect(pipeline.stages.get('corpus')?.config).toEqual({ rows: 7 });
  });

  it('may stand in a variant, in --set, and in a file that extends', async () => {
    workspace.write('tiny', document);
    const files = async (options: object, name = 'tiny') =>
      (await workspace.load(name, options)).stages.get('corpus')?.inputs.files;
    const folder = workspace.folder();
    expect(await files({ variant: 'far' })).toMatchObject({ path: join(folder, '../x/x.txt') });
    const set = ['params.root=/${params.count}', 'params.count=9'];
    expect(await files({ set })).toMatchObject({ path: '/9/corpus-9.txt' });
    workspace.write('more', {
      name: 'more',
      extends: './tiny.pipeline.json',
      params: { root: { default: '/r/${params.count}' } },
    });
    expect(await files({}, 'more')).toMatchObject({ path: '/r/7/corpus-7.txt' });
  });

  it('may stand in the values of a matrix', async () => {
    workspace.write('tiny', document);
    const { cells } = await loadMatrix({ file: 'tiny.pipeline.json', registry, cwd: workspace.folder() });
    expect(cells.map(({ id, pipeline }) => [id, pipeline.params['name']])).toEqual([
      ['count=1,name=@1', 'n1'],
      ['count=1,name=m', 'm'],
      ['count=2,name=@1', 'n2'],
      ['count=2,name=m', 'm'],
    ]);
  });

  it('that needs itself is refused by name, and so are wrong values, each once', async () => {
    const names = {
      a: param('string', '${params.b}'),
      b: param('string', 'x${params.c}'),
      c: param('string', '${params.a}'),
    };
    workspace.write(
      'tiny',
      withTag('${params.a}', { params: { ...names, d: param('integer', '${params.e}'), e: param('string', 'e') } }),
    );
    expect(await workspace.problems('tiny', { set: ['params.e=${params.e}!'] })).toMatchInlineSnapshot(`
      "PIPELINE_PARAM_CYCLE   --set params.e=\${params.e}!
        Parameters depend on each other in a cycle: e -> e. Give one of them a value without \${params.…}.

      PIPELINE_PARAM_CYCLE   tiny.pipeline.json:24:18  /params/a/default
        Parameters depend on each other in a cycle: a -> b -> c -> a. Give one of them a value without \${params.…}."
    `);
    workspace.write(
      'tiny',
      withTag('${params.d}', { params: { d: param('integer', '${params.e}'), e: param('string', 'e') } }),
    );
    expect(await workspace.problems('tiny')).toMatchInlineSnapshot(`
      "PIPELINE_WRONG_TYPE   tiny.pipeline.json:24:18  /params/d/default
        The parameter "d" must be an integer, got "e". It comes from "\${params.e}"."
    `);
    workspace.write(
      'tiny',
      withTag('${params.d}', { params: { d: param('string', '${params.f}${params.e}'), e: param('string') } }),
    );
    expect(await workspace.problems('tiny')).toMatchInlineSnapshot(`
      "PIPELINE_UNKNOWN_PARAM   tiny.pipeline.json:24:18  /params/d/default
        No parameter is named "f". Did you mean "d"? Known: d, e.

      PIPELINE_PARAM_MISSING   tiny.pipeline.json:26:5  /params/e
        The parameter "e" has no value. A value. Add \`--set params.e=<string>\`."
    `);
  });

  it('does not fill the memory', async () => {
    const doubling = Array.from({ length: 60 }, (_, i) => [
      `p${i + 1}`,
      param('string', `\${params.p${i}}\${params.p${i}}`),
    ]);
    workspace.write(
      'tiny',
      withTag('${params.p60}', { params: { p0: param('string', 'xx'), ...Object.fromEntries(doubling) } }),
    );
    expect(await workspace.problems('tiny')).toMatch(
      /^PIPELINE_TOO_LARGE {3}tiny.pipeline.json:\d+:\d+ {2}\/params\/p\d+\/default\n.*$/,
    );
    const chain = Array.from({ length: 20_000 }, (_, i) => [`p${i + 1}`, param('string', `\${params.p${i}}`)]);
    workspace.write(
      'tiny',
      withTag('${params.p20000}', { params: { p0: param('string', 'xx'), ...Object.fromEntries(chain) } }),
    );
    expect((await workspace.load('tiny')).params['p20000']).toBe('xx');
  });

  it('is put into the seed and the results, never into names or "extends"', async () => {
    const more = {
      seed: '${params.n}',
      results: ['${params.out}.text'],
      params: { n: param('integer', 5), out: param('string', 'corpus') },
    };
    const pipeline = await workspace.load(workspace.write('tiny', { ...tiny, ...more }));
    expect([pipeline.seed, pipeline.results]).toEqual([5, [{ stage: 'corpus', port: 'text' }]]);
    workspace.write('tiny', { ...tiny, ...more, extends: '${params.out}.json' });
    expect(await workspace.problems('tiny')).toMatchInlineSnapshot(`
      "PIPELINE_BAD_VALUE   tiny.pipeline.json:35:14  /extends
        "extends" cannot contain parameters, because it is read before they have values: got "\${params.out}.json". Write the file's path."
    `);
    workspace.write('tiny', withTag({ '${params.out}': 1, 'a$${b}': 2 }, more));
    expect(await workspace.problems('tiny')).toMatchInlineSnapshot(`
      "PIPELINE_WRONG_TYPE   tiny.pipeline.json:16:16  /stages/student/with/tag
        Expected a string, got {"\${params.out}":1,"a\${b}":2} (object).

      PIPELINE_BAD_NAME   tiny.pipeline.json:17:11  /stages/student/with/tag/\${params.out}
        A parameter can be used in a value but not in a name, got "\${params.out}". To write the text "\${" itself, use "$\${"."
    `);
  });
});

describe('text that looks like a parameter', () => {
  it.each([
    ['$${params.x}', '${params.x}'],
    ['a$${', 'a${'],
    ['$$${params.n}', '$${params.n}'],
    ['$5 {} $', '$5 {} $'],
    ['$${${params.n}}', '${7}'],
  ])('%s is %s', async (written, read) => {
    workspace.write('tiny', withTag(written, { params: { n: param('integer', 7) } }));
    expect((await workspace.load('tiny')).stages.get('student')?.config).toMatchObject({ tag: read });
  });

  it('is not looked at again once it was put in', async () => {
    workspace.write('tiny', withTag('${params.a}', { params: { a: param('string', '$${params.a}') } }));
    expect((await workspace.load('tiny')).stages.get('student')?.config).toMatchObject({ tag: '${params.a}' });
  });

  it('without its end is refused', async () => {
    workspace.write('tiny', withTag('a ${params.n', { params: { n: param('integer', 7) } }));
    expect(await workspace.problems('tiny')).toMatchInlineSnapshot(`
      "PIPELINE_UNKNOWN_PARAM   tiny.pipeline.json:16:16  /stages/student/with/tag
        "\${params.n" has no "}" at its end. To write the text "\${" itself, use "$\${"."
    `);
  });
});

describe('a path to a setting', () => {
  it('can be written for any names, and is read as them again', () => {
    const name = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.string({ unit: fc.constantFrom(...'.\\=#[]"/ @,${}ab1') }),
    );
    const parts = fc
      .tuple(fc.constantFrom('params', 'stages'), fc.array(name))
      .map(([first, more]) => [first, ...more]);
    fc.assert(
      fc.property(parts, fc.option(fc.constantFrom('other', 'a-b'), { nil: undefined }), (names, pipeline) => {
        const path = { parts: names, ...(pipeline !== undefined && { pipeline }) };
        expect(readSettingPath(writeSettingPath(path))).toEqual(path);
      }),
    );
  });

  const student = 'stages.student.with';
  /** `train` with a setting whose names are free. */
  const train = registry.get('train') as StageDefinition;
  const names = { type: 'object', default: {}, additionalProperties: { type: 'string' }, description: 'Words.' };
  const { properties } = train.configSchema as { properties: object };
  const named = {
    ...train,
    configSchema: { ...train.configSchema, $id: 'named', properties: { ...properties, names } },
  };
  const open = { registry: new Map([...registry, ['train', named]]) };
  const config = async (options: object, variants: object = {}) => {
    workspace.write('tiny', { ...withTag('t'), variants });
    const { stages } = await workspace.load('tiny', { ...open, ...options });
    return stages.get('student')?.config as { names: Record<string, string> };
  };

  it.each([
    ['v1\\.0', 'v1.0'],
    ['a\\=b', 'a=b'],
    ['a\\\\b', 'a\\b'],
    ['c#', 'c#'],
    ['[1]', '[1]'],
    ['x/y~z', 'x/y~z'],
    ['"q" \'s\'', '"q" \'s\''],
    ['__proto__', '__proto__'],
    ['constructor', 'constructor'],
    ['two words\\ ', 'two words '],
  ])('%s reaches the name %s, from a variant and from --set', async (written, name) => {
    const path = `${student}.names.${written}`;
    expect(Object.entries((await config({ set: [`${path}=new`] })).names)).toEqual([[name, 'new']]);
    const chosen = await config({ variant: 'v' }, { v: { [path]: 'new' } });
    expect(Object.entries(chosen.names)).toEqual([[name, 'new']]);
  });

  it('says how a dot in a name is written, as the place of the path writes it', async () => {
    workspace.write('tiny', {
      ...withTag('t'),
      variants: { v: { [`${student}.names.v1.0`]: 'x', [`${student}.ta\\g`]: 'x' } },
    });
    const set = [`${student}.names.v1.0=x`, `${student}.ta\\g=x`, `${student}.names.=x`];
    expect(await workspace.problems('tiny', { ...open, set })).toMatchInlineSnapshot(`
      "PIPELINE_UNKNOWN_PATH   --set stages.student.with.names.v1.0=x
        There is nothing at "stages.student.with.names.v1.0". "stages.student.with.names.v1" has no settings. Write a dot within a name as "\\.": "stages.student.with.names.v1\\.0".

      PIPELINE_UNKNOWN_PATH   --set stages.student.with.ta\\g=x
        There is nothing at "stages.student.with.ta\\g". A backslash stands before a sign that is part of a name, as in "v1\\.0"; itself it is written "\\\\".

      PIPELINE_UNKNOWN_PATH   --set stages.student.with.names.=x
        There is nothing at "stages.student.with.names.". A path has a name before and behind each of its dots.

      PIPELINE_UNKNOWN_PATH   tiny.pipeline.json:22:7  /variants/v/stages.student.with.names.v1.0
        There is nothing at "stages.student.with.names.v1.0". "stages.student.with.names.v1" has no settings. Write a dot within a name as "\\\\.": "stages.student.with.names.v1\\\\.0".

      PIPELINE_UNKNOWN_PATH   tiny.pipeline.json:23:7  /variants/v/stages.student.with.ta\\g
        There is nothing at "stages.student.with.ta\\\\g". A backslash stands before a sign that is part of a name, as in "v1\\\\.0"; itself it is written "\\\\\\\\"."
    `);
  });
});

describe('a number', () => {
  it.each([
    ['1e999', /at most 1.7976931348623157e308, got 1e999\.$/],
    ['-1e999', /at least -1.7976931348623157e308, got -1e999\.$/],
    ['1e-999', /too close to 0 .* read as 0\./],
    ['1.23456789e-320', /too close to 0 .* read as 1.2347e-320\./],
    ['9007199254740993', /more digits .* read as 9007199254740992\./],
    ['9007199254740993.0', /read as 9007199254740992\./],
    ['123456789012345678901234567890', /read as 1.2345678901234568e\+29\./],
  ])('%s is told as it was written, at its place', async (literal, message) => {
    const text = JSON.stringify(withTag('t')).replace('"layers":2', `"layers":${literal}`);
    workspace.write('tiny', text);
    const [place, told] = (await workspace.problems('tiny')).split('\n');
    expect(place).toBe(
      `PIPELINE_INEXACT_NUMBER   tiny.pipeline.json:1:${text.indexOf(literal) + 1}  /stages/student/with/student/layers`,
    );
    expect(told).toMatch(message);
    workspace.write('tiny', withTag('t', { params: { n: param('number', 1), word: param('string', 'w') } }));
    for (const path of ['stages.student.with.student.layers', 'params.n']) {
      const given = `${path}=${literal}`;
      const [typedPlace, typed] = (await workspace.problems('tiny', { set: [given] })).split('\n');
      expect(typedPlace).toBe(`PIPELINE_INEXACT_NUMBER   --set ${given}`);
      expect(typed).toMatch(message);
    }
    const set = [`params.word=${literal}`, `stages.student.with.tag=${literal}`];
    const pipeline = await workspace.load('tiny', { set });
    expect([
      pipeline.params['word'],
      (pipeline.stages.get('student')?.config as { tag: string } | undefined)?.tag,
    ]).toEqual([literal, literal]);
  });

  it.each(['NaN', 'Infinity', '+1', '.5', '0x10', '1_000', '01'])('%s is no number', async (text) => {
    workspace.write('tiny', withTag('t', { params: { n: param('number', 1) } }));
    expect(await workspace.problems('tiny', { set: [`params.n=${text}`] })).toContain(
      `must be a number, got "${text}"`,
    );
  });

  it('that is read is the one that was written, or the nearest to a fraction', async () => {
    const literals = [
      '0',
      '-0',
      '0.0e5',
      '1.0',
      '1e2',
      '0.1',
      '0.10000000000000001',
      '0.30000000000000004',
      '9007199254740991',
      '9007199254740994',
      '1e22',
      '1e300',
      '5e-324',
      '1.7976931348623157e308',
    ];
    workspace.write('tiny', withTag('t', { params: { n: param('number', 1) } }));
    for (const literal of literals) {
      const { params } = await workspace.load('tiny', { set: [`params.n=${literal}`] });
      expect(params['n']).toBe(Number(literal));
    }
    await fc.assert(
      fc.asyncProperty(fc.double({ noNaN: true, noDefaultInfinity: true }), async (value) => {
        const { params } = await workspace.load('tiny', { set: [`params.n=${value}`] });
        expect(params['n']).toBe(Object.is(value, -0) ? 0 : value);
      }),
      { numRuns: 50 },
    );
  });
});
