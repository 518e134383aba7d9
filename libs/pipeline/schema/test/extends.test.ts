import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { listPipelines } from '@retort/pipeline-schema';
import { describe, expect, it } from 'vitest';
import { tiny, useWorkspace } from './workspace.ts';

const workspace = useWorkspace();

/** A file anywhere below the workspace. */
function writeAt(path: string, content: object): void {
  mkdirSync(dirname(join(workspace.folder(), path)), { recursive: true });
  writeFileSync(join(workspace.folder(), path), JSON.stringify(content, undefined, 2));
}

const base = {
  ...tiny,
  name: 'base',
  description: 'The base.',
  seed: 7,
  params: { layers: { type: 'integer', default: 2, minimum: 1, description: 'Layers' } },
  stages: {
    corpus: { uses: 'source', with: { rows: 5 } },
    student: {
      uses: 'train',
      inputs: { text: 'corpus.text' },
      seed: 3,
      with: {
        student: { layers: '${params.layers}', heads: 8 },
        loss: { attention: { weight: 0.5 } },
        optimizer: { kind: 'sgd', momentum: 0.9 },
        layers: [1, 2, 3],
      },
    },
  },
  variants: { quick: { 'stages.student.with.batchSize': 4 } },
  results: ['student.student'],
};
const extending = (more: object) => ({ name: 'tiny', extends: './base.pipeline.json', ...more });

describe('extends', () => {
  it('takes everything but the name from the other file', async () => {
    workspace.write('base', base);
    workspace.write('tiny', extending({}));
    const [own, other] = [await workspace.load('tiny'), await workspace.load('base')];
    expect(own).toMatchObject({ name: 'tiny', description: 'The base.', seed: 7, results: other.results });
    expect([...own.stages].map(([id, { config }]) => [id, config])).toEqual(
      [...other.stages].map(([id, { config }]) => [id, config]),
    );
  });

  it('merges objects, replaces lists and values, and takes away with null', async () => {
    workspace.write('base', base);
    workspace.write(
      'tiny',
      extending({
        params: { layers: { default: 4 } },
        stages: {
          student: { seed: null, with: { student: { heads: null }, loss: { hidden: { weight: 0 } }, layers: [9] } },
          second: { uses: 'source' },
        },
        variants: { quick: { 'stages.student.with.tag': 'x' }, slow: { seed: 1 } },
        results: ['second.text'],
      }),
    );
    const pipeline = await workspace.load('tiny', { variant: 'quick' });
    expect([...pipeline.stages.keys()]).toEqual(['corpus', 'student', 'second']);
    expect(pipeline.stages.get('student')).toMatchObject({
      seed: 7,
      config: {
        student: { layers: 4, heads: 4 },
        loss: { attention: { weight: 0.5 }, hidden: { weight: 0 } },
        optimizer: { kind: 'sgd', momentum: 0.9 },
        layers: [9],
        batchSize: 4,
        tag: 'x',
      },
    });
    expect(pipeline.results).toEqual([{ stage: 'second', port: 'text' }]);
  });

  it('replaces settings of another kind and a stage of another use as a whole', async () => {
    workspace.write('base', base);
    const stages = {
      corpus: { uses: 'train', inputs: { text: 'other.text' }, with: { student: { layers: 1 } } },
      student: { with: { optimizer: { kind: 'adamw' } } },
      other: { uses: 'source' },
    };
    workspace.write('tiny', extending({ stages }));
    const pipeline = await workspace.load('tiny');
    expect(pipeline.stages.get('student')?.config).toMatchObject({ optimizer: { kind: 'adamw', learningRate: 0.001 } });
    expect(pipeline.stages.get('corpus')?.config).not.toHaveProperty('rows');
  });

  it('removes a stage, and what still refers to it is told in the file that does', async () => {
    workspace.write('base', { ...base, variants: { more: { 'stages.corpus.with.rows': 50 } } });
    workspace.write('tiny', extending({ stages: { corpus: null, text: { uses: 'source' } } }));
    expect(await workspace.problems('tiny')).toMatchInlineSnapshot(`
      "PIPELINE_UNKNOWN_PATH   base.pipeline.json:50:7  /variants/more/stages.corpus.with.rows
        There is nothing at "stages.corpus.with.rows". After "stages" a path cannot continue with "corpus". Known: student, text."
    `);
    const more = { stages: { corpus: null, student: { inputs: { text: 'text.text' } }, text: { uses: 'source' } } };
    workspace.write('tiny', extending({ ...more, variants: null }));
    expect([...(await workspace.load('tiny')).stages.keys()]).toEqual(['student', 'text']);
  });

  it('may add a variant that takes something away', async () => {
    workspace.write('base', base);
    const bare = { 'stages.student.inputs.text': null, 'stages.student.with.optimizer': null };
    workspace.write('tiny', extending({ variants: { bare } }));
    const stage = (await workspace.load('tiny', { variant: 'bare' })).stages.get('student');
    expect(stage).toMatchObject({ inputs: {}, config: { optimizer: { kind: 'adamw' } } });
  });

  it('goes through several files, each of which may lie elsewhere', async () => {
    writeAt('shared/far.pipeline.json', { ...base, name: 'far' });
    writeAt('shared/near.pipeline.json', { name: 'near', extends: 'far.pipeline.json', seed: 8 });
    workspace.write('tiny', { name: 'tiny', extends: './shared/near.pipeline.json' });
    expect((await workspace.load('tiny')).seed).toBe(8);
  });

  it('counts paths and references from the file that they are written in', async () => {
    const stages = {
      corpus: { uses: 'source', inputs: { files: './a.txt' } },
      second: { uses: 'source', inputs: { files: '${params.data}/b.txt' } },
      third: { uses: 'source', inputs: { files: 'other#corpus.text' } },
      fourth: { uses: 'source', inputs: { files: 'far#corpus.text' } },
    };
    const params = { data: { type: 'path', default: 'data', description: 'Data' } };
    const variants = { moved: { 'params.data': 'moved' } };
    writeAt('shared/far.pipeline.json', { name: 'far', params, stages, variants });
    writeAt('shared/other.pipeline.json', { name: 'other', stages: { corpus: { uses: 'source' } } });
    workspace.write('tiny', {
      name: 'tiny',
      extends: './shared/far.pipeline.json',
      stages: { fifth: { uses: 'source', inputs: { files: './c.txt' } } },
    });
    const shared = join(workspace.folder(), 'shared');
    const inputs = async (options = {}) =>
      [...(await workspace.load('tiny', options)).stages.values()].map((stage) => stage.inputs.files);
    expect(await inputs()).toMatchObject([
      { path: join(shared, 'a.txt') },
      { path: join(shared, 'data/b.txt') },
      { kind: 'pipeline', pipeline: 'other', folder: shared },
      { kind: 'stage', stage: 'corpus', port: 'text' },
      { path: join(workspace.folder(), 'c.txt') },
    ]);
    expect((await inputs({ variant: 'moved' }))[1]).toMatchObject({ path: join(shared, 'moved/b.txt') });
    expect(
      (await inputs({ set: ['params.data=here'], cwd: '/', file: join(workspace.folder(), 'tiny.pipeline.json') }))[1],
    ).toMatchObject({ path: '/here/b.txt' });
  });

  it('reports each problem in the file that it was written in', async () => {
    workspace.write('base', {
      ...base,
      stages: { ...base.stages, corpus: { uses: 'source', with: { rows: 0, colour: 1 } } },
    });
    workspace.write(
      'tiny',
      extending({
        params: { layers: { default: 0 } },
        stages: { student: { with: { batchSize: 0, tag: null }, run: null }, gone: null },
      }),
    );
    expect(await workspace.problems('tiny')).toMatchInlineSnapshot(`
      "PIPELINE_OUT_OF_RANGE   tiny.pipeline.json:6:18  /params/layers/default
        The parameter "layers" must be >= 1, got 0.

      PIPELINE_OUT_OF_RANGE   tiny.pipeline.json:12:22  /stages/student/with/batchSize
        Expected a number >= 1, got 0.

      PIPELINE_NOTHING_TO_REMOVE   tiny.pipeline.json:13:16  /stages/student/with/tag
        null removes what the extended file has, but that file has no "/stages/student/with/tag". Remove this member.

      PIPELINE_NOTHING_TO_REMOVE   tiny.pipeline.json:15:14  /stages/student/run
        null removes what the extended file has, but that file has no "/stages/student/run". Remove this member.

      PIPELINE_NOTHING_TO_REMOVE   tiny.pipeline.json:17:13  /stages/gone
        null removes what the extended file has, but that file has no "/stages/gone". Remove this member.

      PIPELINE_OUT_OF_RANGE   base.pipeline.json:7:17  /stages/corpus/with/rows
        Expected a number >= 1, got 0.

      PIPELINE_UNKNOWN_FIELD   base.pipeline.json:8:9  /stages/corpus/with/colour
        No setting is named "colour" here. Known: rows."
    `);
  });

  it('refuses a file that is not there, circles, chains without end, and what is no pipeline', async () => {
    const refusals: string[] = [];
    const refuse = async (content: object) =>
      refusals.push(await workspace.problems(workspace.write('tiny', { name: 'tiny', ...content })));
    workspace.write('base', base);
    await refuse({ extends: './bse.pipeline.json' });
    await refuse({ extends: 3 });
    workspace.write('one', { name: 'one', extends: './two.pipeline.json' });
    workspace.write('two', { name: 'two', extends: './one.pipeline.json' });
    await refuse({ extends: './one.pipeline.json' });
    await refuse({ extends: './tiny.pipeline.json' });
    for (let i = 0; i < 9; i++) workspace.write(`c${i}`, { name: `c${i}`, extends: `./c${i + 1}.pipeline.json` });
    await refuse({ extends: './c0.pipeline.json' });
    workspace.write('list', '[1]');
    await refuse({ extends: './list.pipeline.json', stages: tiny.stages });
    workspace.write('broken', '{ "name": }');
    await refuse({ extends: './broken.pipeline.json' });
    await refuse({ extends: '.', stages: tiny.stages });
    expect(refusals.join('\n\n').replaceAll(workspace.folder(), '<folder>')).toMatchInlineSnapshot(`
      "PIPELINE_EXTENDS_NOT_FOUND   tiny.pipeline.json:3:14  /extends
        There is no file "./bse.pipeline.json" to extend. The path is relative to the folder of this file. Did you mean "base.pipeline.json"? Known: base.pipeline.json, tiny.pipeline.json.

      PIPELINE_MISSING_FIELD   tiny.pipeline.json:1:1
        The setting "stages" is missing. Stages by id, in kebab-case. Their order in the file does not matter: \`inputs\` say what comes first.

      PIPELINE_WRONG_TYPE   tiny.pipeline.json:3:14  /extends
        Expected a string, got 3 (number).

      PIPELINE_EXTENDS_CYCLE   two.pipeline.json:3:14  /extends
        Pipelines extend each other in a cycle: one.pipeline.json -> two.pipeline.json -> one.pipeline.json. Remove one of these "extends".

      PIPELINE_EXTENDS_CYCLE   tiny.pipeline.json:3:14  /extends
        Pipelines extend each other in a cycle: tiny.pipeline.json -> tiny.pipeline.json. Remove one of these "extends".

      PIPELINE_EXTENDS_TOO_DEEP   c6.pipeline.json:3:14  /extends
        More than 8 files extend each other. Let this one extend nothing, or merge some of them.

      PIPELINE_WRONG_TYPE   list.pipeline.json:1:1
        Expected a pipeline file to extend, which is an object, got [1] (list).

      PIPELINE_SYNTAX   broken.pipeline.json:1:11
        Expected a value, got \`}\`. JSON has no comma after the last value of a list.

      PIPELINE_EXTENDS_NOT_FOUND   tiny.pipeline.json:3:14  /extends
        There is no file "." to extend. The path is relative to the folder of this file."
    `);
  });

  it('needs a name of its own', async () => {
    workspace.write('base', base);
    workspace.write('tiny', { extends: './base.pipeline.json' });
    expect(await workspace.problems('tiny')).toMatchInlineSnapshot(`
      "PIPELINE_MISSING_FIELD   tiny.pipeline.json:1:1
        The setting "name" is missing. Name in kebab-case. Must equal the file's name without \`.pipeline.json\`."
    `);
  });

  it('is known to lists', async () => {
    workspace.write('base', base);
    workspace.write('tiny', extending({ variants: { slow: { seed: 1 } } }));
    const listed = (await listPipelines(workspace.folder())).find(({ name }) => name === 'tiny');
    expect(listed).toMatchObject({ description: 'The base.', variants: ['quick', 'slow'] });
    expect(listed).not.toHaveProperty('problem');
  });

  it('survives names that objects have by themselves', async () => {
    workspace.write(
      'base',
      `{"name": "base", "stages": {"a": {"uses": "source", "with": {"__proto__": {"rows": 1}}}}}`,
    );
    workspace.write(
      'tiny',
      `{"name": "tiny", "extends": "./base.pipeline.json", "__proto__": {"polluted": 1}, "stages": {"a": {"with": {"__proto__": {"rows": null}}}, "constructor": null}}`,
    );
    expect(await workspace.problems('tiny')).toMatchInlineSnapshot(`
      "PIPELINE_UNKNOWN_FIELD   tiny.pipeline.json:1:53  /__proto__
        No setting is named "__proto__" here. Known: $schema, name, extends, description, seed, params, stages, variants, matrix, results.

      PIPELINE_UNKNOWN_FIELD   tiny.pipeline.json:1:109  /stages/a/with/__proto__
        No setting is named "__proto__" here. Known: rows.

      PIPELINE_NOTHING_TO_REMOVE   tiny.pipeline.json:1:155  /stages/constructor
        null removes what the extended file has, but that file has no "/stages/constructor". Remove this member."
    `);
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });
});
