import { homedir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { tiny, useWorkspace } from './workspace.ts';

const workspace = useWorkspace();
const student = async (options: Parameters<typeof workspace.load>[1], document: object = tiny) =>
  (await workspace.load(workspace.write('tiny', document), options)).stages.get('student');

describe('loadPipeline', () => {
  it('makes every default explicit, also inside unions and references', async () => {
    expect((await student({}))?.config).toEqual({
      student: { layers: 2, heads: 4 },
      loss: { attention: { weight: 1 }, hidden: { weight: 1 } },
      optimizer: { kind: 'adamw', learningRate: 0.001 },
      batchSize: 32,
      tag: 'none',
      mode: 'exact',
      shuffle: true,
      layers: [],
    });
  });

  it('gives a stage the seed of the pipeline unless it has its own', async () => {
    const pipeline = await workspace.load(
      workspace.write('tiny', { ...tiny, seed: 7, stages: { ...tiny.stages, corpus: { uses: 'source', seed: 9 } } }),
    );
    expect([...pipeline.stages.values()].map(({ seed }) => seed)).toEqual([9, 7]);
    expect(pipeline.stages.get('student')?.run).toMatchObject({ retries: 0 });
  });

  it('fills the defaults of a schedule that stands where a number could', async () => {
    const config = (await student({ set: ['stages.student.with.loss.attention.weight={"from":1,"to":0}'] }))?.config;
    expect(config).toMatchObject({ loss: { attention: { weight: { from: 1, to: 0, steps: 100 } } } });
  });

  it('survives names that objects have by themselves', async () => {
    const pipeline = await workspace.load(
      workspace.write('tiny', { name: 'tiny', stages: { constructor: { uses: 'source' } } }),
    );
    expect([...pipeline.stages.keys()]).toEqual(['constructor']);
    const text =
      '{"name": "tiny", "__proto__": {"polluted": 1}, "stages": {"a": {"uses": "source", "with": {"__proto__": 1}}}}';
    expect(await workspace.problems(workspace.write('tiny', text))).toMatchInlineSnapshot(`
      "PIPELINE_UNKNOWN_FIELD   tiny.pipeline.json:1:18  /__proto__
        No setting is named "__proto__" here. Known: $schema, name, extends, description, seed, params, stages, variants, matrix, results.

      PIPELINE_UNKNOWN_FIELD   tiny.pipeline.json:1:92  /stages/a/with/__proto__
        No setting is named "__proto__" here. Known: rows."
    `);
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });

  it('keeps member order and white space out of the result', async () => {
    const shuffled =
      '{"stages":{"student":{"with":{"student":{"layers":2}},"inputs":{"text":"corpus.text"},"uses":"train"},"corpus":{"uses":"source"}},"name":"tiny"}';
    expect((await student({}, JSON.parse(shuffled) as object))?.config).toEqual((await student({}))?.config);
  });
});

describe('overrides', () => {
  const variants = { quick: { 'stages.student.with.batchSize': 8, 'stages.student.with.loss.attention.weight': 0 } };

  it('applies file, then variant, then --set in order', async () => {
    const options = {
      variant: 'quick',
      set: ['stages.student.with.batchSize=4', 'stages.student.with.batchSize=2', 'seed=3'],
    };
    const stage = await student(options, { ...tiny, variants });
    expect(stage?.config).toMatchObject({ batchSize: 2, loss: { attention: { weight: 0 }, hidden: { weight: 1 } } });
    expect(stage?.seed).toBe(3);
  });

  it('keeps the rest of a default when one setting inside it is set', async () => {
    const stage = await student({
      set: ['stages.student.with.optimizer.learningRate=0.5', 'stages.student.run.threads=2', 'stages.student.seed=1'],
    });
    expect(stage).toMatchObject({
      seed: 1,
      run: { retries: 0, threads: 2 },
      config: { optimizer: { kind: 'adamw', learningRate: 0.5 } },
    });
  });

  it('reads a value as JSON where it parses, except where the setting is text', async () => {
    const config = (
      await student({
        set: [
          'stages.student.with.tag=12',
          'stages.student.with.mode=fast',
          'stages.student.with.shuffle=false',
          'stages.student.with.layers=[1,2]',
          'stages.student.with.layers.1=5',
        ],
      })
    )?.config;
    expect(config).toMatchObject({ tag: '12', mode: 'fast', shuffle: false, layers: [1, 5] });
  });

  it('sets an input to another reference, a path counting from the current folder', async () => {
    const stage = (
      await workspace.load(workspace.write('tiny', tiny), {
        set: ['stages.corpus.inputs.files=./a.txt'],
        cwd: workspace.folder(),
      })
    ).stages.get('corpus');
    expect(stage?.inputs).toEqual({
      files: { kind: 'path', path: join(workspace.folder(), 'a.txt'), text: './a.txt' },
    });
  });

  it('takes away what null is given to, and refuses where there is nothing', async () => {
    workspace.write('tiny', { ...tiny, variants: { bare: { 'stages.student.inputs.text': null } } });
    const inputs = async (options: object) => (await workspace.load('tiny', options)).stages.get('student')?.inputs;
    expect(await inputs({})).not.toEqual({});
    expect(await inputs({ variant: 'bare' })).toEqual({});
    expect(await inputs({ set: ['stages.student.inputs.text=null'] })).toEqual({});
    expect(
      await workspace.problems('tiny', { variant: 'bare', set: ['stages.student.inputs.text=null'] }),
    ).toMatchInlineSnapshot(`
      "PIPELINE_NOTHING_TO_REMOVE   --set stages.student.inputs.text=null
        null removes what the file has at a path, but there is nothing at "stages.student.inputs.text". Leave this out."
    `);
    const stage = (await workspace.load('tiny', { set: ['stages.student.with.tag=null'] })).stages.get('student');
    expect(stage?.config).toMatchObject({ tag: 'null' });
  });

  it('says that a wrong value came from the command line or a variant', async () => {
    workspace.write('tiny', { ...tiny, variants: { bad: { 'stages.student.with.batchSize': 'many' } } });
    expect(
      await workspace.problems('tiny', { variant: 'bad', set: ['stages.student.with.student.layers=0'] }),
    ).toMatchInlineSnapshot(`
      "PIPELINE_OUT_OF_RANGE   --set stages.student.with.student.layers=0
        Expected a number >= 1, got 0.

      PIPELINE_WRONG_TYPE   tiny.pipeline.json:21:7  /variants/bad/stages.student.with.batchSize
        Expected an integer, got "many" (string)."
    `);
  });

  it('refuses paths that lead nowhere, in any variant and in --set, with the nearest name', async () => {
    workspace.write('tiny', { ...tiny, variants: { typo: { 'stages.student.with.loss.atention.weight': 0 } } });
    const set = [
      'stages.studnet.with.batchSize=1',
      'stages.student.with.batchsize=1',
      'stage.x=1',
      'params.x=1',
      'batchSize',
      'stages.student.inputs.txt=a.b',
      'stages.student={}',
      'stages.student.with.__proto__.x=1',
      'stages.student.with.loss.attention.weight.form=1',
    ];
    expect(await workspace.problems('tiny', { set })).toMatchInlineSnapshot(`
      "PIPELINE_UNKNOWN_PATH   --set stages.studnet.with.batchSize=1
        There is nothing at "stages.studnet.with.batchSize". After "stages" a path cannot continue with "studnet". Did you mean "student"? Known: corpus, student.

      PIPELINE_UNKNOWN_PATH   --set stages.student.with.batchsize=1
        There is nothing at "stages.student.with.batchsize". After "stages.student.with" a path cannot continue with "batchsize". Did you mean "batchSize"? Known: student, loss, optimizer, batchSize, tag, mode, shuffle, layers.

      PIPELINE_UNKNOWN_PATH   --set stage.x=1
        There is nothing at "stage.x". A path cannot continue with "stage". Did you mean "stages"? Known: seed, params, stages.

      PIPELINE_UNKNOWN_PATH   --set params.x=1
        There is nothing at "params.x". "params" has no settings.

      PIPELINE_BAD_SET   --set batchSize
        Expected path=value, such as \`--set stages.student-train.with.batchSize=16\`.

      PIPELINE_UNKNOWN_PATH   --set stages.student.inputs.txt=a.b
        There is nothing at "stages.student.inputs.txt". After "stages.student.inputs" a path cannot continue with "txt". Did you mean "text"? Known: text.

      PIPELINE_UNKNOWN_PATH   --set stages.student={}
        "stages.student" cannot be set as a whole. Name one setting, such as "params.<name>" or "stages.<id>.with.<setting>".

      PIPELINE_UNKNOWN_PATH   --set stages.student.with.__proto__.x=1
        There is nothing at "stages.student.with.__proto__.x". After "stages.student.with" a path cannot continue with "__proto__". Known: student, loss, optimizer, batchSize, tag, mode, shuffle, layers.

      PIPELINE_UNKNOWN_PATH   --set stages.student.with.loss.attention.weight.form=1
        There is nothing at "stages.student.with.loss.attention.weight.form". After "stages.student.with.loss.attention.weight" a path cannot continue with "form". Did you mean "from"? Known: from, to, steps.

      PIPELINE_UNKNOWN_PATH   tiny.pipeline.json:21:7  /variants/typo/stages.student.with.loss.atention.weight
        There is nothing at "stages.student.with.loss.atention.weight". After "stages.student.with.loss" a path cannot continue with "atention". Did you mean "attention"? Known: attention, hidden."
    `);
  });

  it('refuses an unknown variant with the nearest name', async () => {
    workspace.write('tiny', { ...tiny, variants });
    expect(await workspace.problems('tiny', { variant: 'qiuck' })).toMatchInlineSnapshot(`
      "PIPELINE_UNKNOWN_VARIANT   tiny.pipeline.json:19:15  /variants
        No variant is named "qiuck". Did you mean "quick"? Known: quick."
    `);
  });
});

describe('parameters', () => {
  const params = {
    layers: { type: 'integer', default: 3, minimum: 1, maximum: 12, description: 'Layers of the student' },
    data: { type: 'path', default: 'data', description: 'Folder of the data' },
    word: { type: 'string', default: 'x', enum: ['x', 'y'], description: 'A word' },
  };
  const document = {
    name: 'tiny',
    params,
    stages: {
      corpus: { uses: 'source', inputs: { files: '${params.data}/train.txt' } },
      student: {
        uses: 'train',
        inputs: { text: 'corpus.text' },
        with: { student: { layers: '${params.layers}' }, tag: 'l${params.layers}-${params.word}' },
      },
    },
  };

  it('keep their type when they are the whole string, and are text inside one', async () => {
    expect((await student({}, document))?.config).toMatchObject({ student: { layers: 3 }, tag: 'l3-x' });
    expect((await student({ set: ['params.layers=5', 'params.word=y'] }, document))?.config).toMatchObject({
      student: { layers: 5 },
      tag: 'l5-y',
    });
  });

  it('of type path count from the file, or from the current folder when set on the command line', async () => {
    const files = async (set: string[], cwd: string) =>
      (
        await workspace.load(workspace.write('tiny', document), {
          set,
          cwd,
          file: join(workspace.folder(), 'tiny.pipeline.json'),
        })
      ).stages.get('corpus')?.inputs.files;
    expect(await files([], '/somewhere')).toMatchObject({ path: join(workspace.folder(), 'data/train.txt') });
    expect(await files(['params.data=../glue'], '/somewhere/else')).toMatchObject({
      path: '/somewhere/glue/train.txt',
    });
  });

  it.each([
    ['a parameter', 'params.data=~/glue', 'glue/train.txt'],
    ['an input', 'stages.corpus.inputs.files=~/a b/train.txt', 'a b/train.txt'],
    ['the home folder itself', 'params.data=~', 'train.txt'],
  ])('of %s begin in the home folder with ~/', async (_what, set, path) => {
    workspace.write('tiny', document);
    const { stages } = await workspace.load('tiny', { set: [set] });
    expect(stages.get('corpus')?.inputs.files).toMatchObject({ path: join(homedir(), path) });
  });

  it('begin there in a file too, unless ./ stands before it', async () => {
    const at = (path: string) => ({ ...document, params: { ...params, data: { ...params.data, default: path } } });
    for (const [path, folder] of [
      ['~/glue', join(homedir(), 'glue')],
      ['./~/glue', join(workspace.folder(), '~/glue')],
      ['~glue', join(workspace.folder(), '~glue')],
    ] as const) {
      workspace.write('tiny', at(path));
      const { stages } = await workspace.load('tiny');
      expect(stages.get('corpus')?.inputs.files).toMatchObject({ path: join(folder, 'train.txt') });
    }
  });

  it('are checked by their own type, and each problem is told once', async () => {
    workspace.write('tiny', document);
    expect(
      await workspace.problems('tiny', { set: ['params.layers=13', 'params.word=z', 'params.layer=1'] }),
    ).toMatchInlineSnapshot(`
      "PIPELINE_UNKNOWN_PATH   --set params.layer=1
        There is nothing at "params.layer". After "params" a path cannot continue with "layer". Did you mean "layers"? Known: layers, data, word.

      PIPELINE_OUT_OF_RANGE   --set params.layers=13
        The parameter "layers" must be <= 12, got 13.

      PIPELINE_NOT_A_CHOICE   --set params.word=z
        The parameter "word" must be one of "x", "y", got "z". Did you mean "x"?"
    `);
    expect(await workspace.problems('tiny', { set: ['params.layers=2.5', 'params.data='] })).toMatchInlineSnapshot(`
      "PIPELINE_WRONG_TYPE   --set params.layers=2.5
        The parameter "layers" must be an integer, got 2.5.

      PIPELINE_BAD_VALUE   --set params.data=
        The parameter "data" must be a path that is not empty, got ""."
    `);
  });

  it('without a value are named with what to type', async () => {
    workspace.write('tiny', {
      ...document,
      params: { ...params, data: { type: 'path', description: 'Folder with train.txt' } },
    });
    expect(await workspace.problems('tiny')).toMatchInlineSnapshot(`
      "PIPELINE_PARAM_MISSING   tiny.pipeline.json:11:5  /params/data
        The parameter "data" has no value. Folder with train.txt. Add \`--set params.data=<path>\`."
    `);
  });

  it('that are not declared are refused with the nearest name, and the value is not reported again', async () => {
    const stages = {
      ...document.stages,
      student: { uses: 'train', with: { student: { layers: '${params.layer}' }, tag: '${env.HOME}' } },
    };
    workspace.write('tiny', { ...document, stages });
    expect(await workspace.problems('tiny')).toMatchInlineSnapshot(`
      "PIPELINE_UNKNOWN_PARAM   tiny.pipeline.json:37:21  /stages/student/with/student/layers
        No parameter is named "layer". Did you mean "layers"? Known: layers, data, word.

      PIPELINE_UNKNOWN_PARAM   tiny.pipeline.json:39:16  /stages/student/with/tag
        Only \${params.<name>} can be used in a pipeline file, got \${env.HOME}. Known: layers, data, word. To write the text "\${" itself, use "$\${"."
    `);
  });
});

describe('references', () => {
  it('are stages, stages of other pipelines, or paths', async () => {
    workspace.write('base', { ...tiny, name: 'base' });
    workspace.write('middle', {
      name: 'middle',
      stages: { a: { uses: 'train', inputs: { text: 'base#corpus.text' }, with: { student: { layers: 1 } } } },
    });
    workspace.write('top', {
      name: 'top',
      stages: { b: { uses: 'train', inputs: { text: 'middle#a.student' }, with: { student: { layers: 1 } } } },
    });
    const top = await workspace.load('top');
    expect(top.stages.get('b')?.inputs).toEqual({
      text: { kind: 'pipeline', pipeline: 'middle', folder: workspace.folder(), stage: 'a', port: 'student' },
    });
    expect([...top.imports.keys()].sort()).toEqual(['base', 'middle']);
  });

  it('to the hub, to nothing, or to a pipeline that is not there are refused', async () => {
    workspace.write('base', { ...tiny, name: 'base' });
    const stages = {
      a: { uses: 'source', inputs: { files: 'hf:bert-base-uncased' } },
      b: { uses: 'source', inputs: { files: 'books' } },
      c: { uses: 'source', inputs: { files: 'bsae#corpus.text' } },
    };
    workspace.write('tiny', { name: 'tiny', stages, results: ['a.text'] });
    expect(await workspace.problems('tiny')).toMatchInlineSnapshot(`
      "PIPELINE_HUB_REFERENCE   tiny.pipeline.json:7:18  /stages/a/inputs/files
        "hf:bert-base-uncased" has no revision, so the model could change. Write "hf:bert-base-uncased@" followed by a tag, or by a commit of 40 digits. The model's page lists its commits under "Files".

      PIPELINE_BAD_REFERENCE   tiny.pipeline.json:13:18  /stages/b/inputs/files
        "books" is not an input. Expected "stage.output", "pipeline#stage.output", or a path, which contains "/" or starts with "." ("./books").

      PIPELINE_UNKNOWN_PIPELINE   tiny.pipeline.json:19:18  /stages/c/inputs/files
        There is no pipeline "bsae" in the folder of this file. Did you mean "base"? Known: base, tiny."
    `);
  });

  it('between pipelines may not go in a circle', async () => {
    const using = (name: string, other: string) =>
      workspace.write(name, { name, stages: { a: { uses: 'source', inputs: { files: `${other}#a.text` } } } });
    using('one', 'two');
    using('two', 'three');
    using('three', 'two');
    expect(await workspace.problems('one')).toMatchInlineSnapshot(`
      "PIPELINE_CYCLE   three.pipeline.json:7:18  /stages/a/inputs/files
        Pipelines refer to each other in a cycle: two -> three -> two."
    `);
  });

  it('report the problems of the other pipeline at its own place', async () => {
    workspace.write('base', {
      name: 'base',
      params: { n: { type: 'integer', description: 'Rows' } },
      stages: { corpus: { uses: 'source', with: { rows: '${params.n}' } } },
    });
    workspace.write('tiny', { name: 'tiny', stages: { a: { uses: 'source', inputs: { files: 'base#corpus.text' } } } });
    expect(await workspace.problems('tiny')).toMatchInlineSnapshot(`
      "PIPELINE_PARAM_MISSING   base.pipeline.json:4:5  /params/n
        The parameter "n" has no value. Rows. "tiny" uses this pipeline with its defaults, so give the parameter a "default" here or add \`--set base#params.n=<integer>\`."
    `);
  });
});
