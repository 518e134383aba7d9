import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { findPathInput, openFileDigests, type PipelineGraph } from '@retort/pipeline-graph';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  combine,
  createTinyWorkspace,
  make,
  pipeline,
  runTiny,
  type TinyRun,
  type TinyWorkspace,
} from './tiny-pipeline.ts';

interface Scene extends TinyWorkspace {
  readonly data: string;
  readonly graph: (config: Readonly<Record<string, unknown>>) => Promise<PipelineGraph>;
  readonly textOf: (run: TinyRun) => string;
}

/** `data/a.txt` and `data/b.txt`, read as a glob; `other` holds files of the same names that are older. */
function createScene(): Scene {
  const tiny = createTinyWorkspace();
  onTestFinished(() => rmSync(tiny.path, { recursive: true, force: true }));
  for (const folder of ['other', 'data']) {
    mkdirSync(join(tiny.path, folder));
    for (const name of ['a', 'b']) writeFileSync(join(tiny.path, folder, `${name}.txt`), `${folder} ${name}`);
  }
  const data = join(tiny.path, 'data');
  return {
    ...tiny,
    data,
    graph: async (config) => {
      const found = await findPathInput(join(data, '*.txt'), 'files', { digests: await openFileDigests() });
      if ('code' in found) throw new Error(found.message);
      return pipeline(make('reader', { config, inputs: { left: found.source } }));
    },
    textOf: ({ manifest }) =>
      readFileSync(
        join(tiny.store.artifactPath(manifest.stages[0]?.outputs.text?.digest as string), 'text.txt'),
        'utf8',
      ),
  };
}

const TEXT = 'data a+data b';

/** What is done to the files, and undone. */
const CHANGES: Readonly<Record<string, (scene: Scene) => () => void>> = {
  'is written, and its time put back': ({ data }) => {
    const [file, { atime, mtime }] = [join(data, 'a.txt'), statSync(join(data, 'a.txt'))];
    writeFileSync(file, 'DATA a');
    utimesSync(file, atime, mtime);
    return () => writeFileSync(file, 'data a');
  },
  'is replaced by an older one': ({ data, path }) => {
    renameSync(join(data, 'a.txt'), join(path, 'kept'));
    renameSync(join(path, 'other/a.txt'), join(data, 'a.txt'));
    return () => renameSync(join(path, 'kept'), join(data, 'a.txt'));
  },
  'becomes a link to an older one': ({ data, path }) => {
    renameSync(join(data, 'a.txt'), join(path, 'kept'));
    symlinkSync('../other/a.txt', join(data, 'a.txt'));
    return () => renameSync(join(path, 'kept'), join(data, 'a.txt'));
  },
  'is in a folder that another takes the place of': ({ data, path }) => {
    renameSync(data, join(path, 'kept'));
    renameSync(join(path, 'other'), data);
    return () => {
      renameSync(data, join(path, 'other'));
      renameSync(join(path, 'kept'), data);
    };
  },
  'gets a neighbour': ({ data }) => {
    writeFileSync(join(data, 'c.txt'), 'new');
    return () => rmSync(join(data, 'c.txt'));
  },
  'goes away': ({ data, path }) => {
    renameSync(join(data, 'a.txt'), join(path, 'kept'));
    return () => renameSync(join(path, 'kept'), join(data, 'a.txt'));
  },
};

const changed = { code: 'INPUT_CHANGED', message: expect.stringContaining('changed while the pipeline was running') };

describe.each([
  ['copied', {}],
  ['watched', { mostCopiedBytes: 0 }],
])('a file of the user that is %s', (how, options) => {
  test.each(Object.keys(CHANGES))('and %s before the stage reads it gives no result', async (name) => {
    const scene = createScene();
    const graph = await scene.graph({ behaviour: 'read' });
    let undo = () => {};
    const run = await runTiny(scene, graph, {
      ...options,
      onEvent: ({ event }) => {
        if (event === 'stage-started') undo = CHANGES[name]?.(scene) as () => void;
      },
    });
    expect(run.manifest.stages[0]?.error).toMatchObject(changed);
    undo();
    const again = await runTiny(scene, await scene.graph({ behaviour: 'read' }), options);
    expect([again.statuses[0], scene.textOf(again)]).toEqual(['reader: ran', TEXT]);
  });

  test.each(Object.keys(CHANGES))('and %s while the stage runs is never read as it is then', async (name) => {
    const scene = createScene();
    const graph = await scene.graph({ behaviour: 'read' });
    const onEvent = ({ event }: { event: string }) => void (event === 'stage-log' && CHANGES[name]?.(scene));
    const run = await runTiny(scene, graph, { ...options, onEvent });
    if (how === 'watched') expect(run.manifest.stages[0]?.error).toMatchObject(changed);
    else expect(scene.textOf(run)).toBe(TEXT);
  });

  test('and is touched when the stage was killed, leaves no checkpoint of other bytes', async () => {
    const scene = createScene();
    const config = { behaviour: 'remember', marker: join(scene.path, 'marker') };
    const graph = await scene.graph(config);
    await runTiny(scene, graph, options);
    // Its own bytes, put back after others: whoever looks only now sees nothing.
    writeFileSync(join(scene.data, 'a.txt'), 'data a');
    const again = await runTiny(scene, await scene.graph(config), options);
    expect(scene.textOf(again)).toBe(how === 'watched' ? TEXT : `from a checkpoint: ${TEXT}`);
  });

  test('is resumed from a checkpoint', async () => {
    const scene = createScene();
    const config = { behaviour: 'remember', marker: join(scene.path, 'marker') };
    expect((await runTiny(scene, await scene.graph(config), options)).statuses).toEqual(['reader: failed']);
    const again = await runTiny(scene, await scene.graph(config), options);
    expect(scene.textOf(again)).toBe(`from a checkpoint: ${TEXT}`);
  });
});

test.each([
  ['copied', {}],
  ['watched', { mostCopiedBytes: 0 }],
])(
  'a list has its stages and paths in their order, two files of one name too, when they are %s',
  async (_, options) => {
    const scene = createScene();
    const digests = await openFileDigests();
    const fileIn = async (folder: string) => {
      const found = await findPathInput(join(scene.path, folder, 'a.txt'), 'files', { digests });
      if ('code' in found) throw new Error(found.message);
      return found.source;
    };
    const [other, data] = [await fileIn('other'), await fileIn('data')];
    const joined = combine('joined', { list: [other, 'made', data], left: 'made' });
    const { manifest } = await runTiny(scene, pipeline(make('made'), joined, combine('one', { list: data })), options);
    const texts = manifest.stages.slice(1).map(({ outputs }) => {
      const folder = scene.store.artifactPath(outputs.text?.digest as string);
      return readFileSync(join(folder, 'text.txt'), 'utf8');
    });
    expect(texts).toEqual(['list=other a,made 1,data a+left=made 1', 'list=data a']);
    expect(manifest.pipeline.stages[1]?.inputs['list']).toMatchObject([
      { kind: 'path' },
      { stage: 'made' },
      { kind: 'path' },
    ]);
  },
);

test('a copied file that is another only while it is read is read as it was planned', async () => {
  const scene = createScene();
  let undo = () => {};
  const onEvent = ({ event }: { event: string }) => {
    if (event !== 'stage-log') return;
    undo = CHANGES['is in a folder that another takes the place of']?.(scene) as () => void;
    void sleep(200).then(() => undo());
  };
  const run = await runTiny(scene, await scene.graph({ behaviour: 'read' }), { onEvent });
  expect(scene.textOf(run)).toBe(TEXT);
  await sleep(200);
});

test('a watched file that is another only while it is read gives no result, and no checkpoint', async () => {
  const scene = createScene();
  const onEvent = ({ event }: { event: string }) => {
    if (event !== 'stage-log') return;
    const undo = CHANGES['is written, and its time put back']?.(scene) as () => void;
    void sleep(150).then(undo);
  };
  const graph = await scene.graph({ behaviour: 'read', milliseconds: 50 });
  const run = await runTiny(scene, graph, { mostCopiedBytes: 0, onEvent });
  expect(run.manifest.stages[0]?.error).toMatchObject(changed);
  const checkpoints = readdirSync(join(scene.store.root, 'checkpoints'), { recursive: true, withFileTypes: true });
  expect(checkpoints.filter((entry) => entry.isFile())).toEqual([]);
  await sleep(200);
});

test('what a stage says of a copy is said of the file itself', async () => {
  const scene = createScene();
  const run = await runTiny(scene, await scene.graph({ behaviour: 'misread' }));
  const file = join(scene.data, 'a.txt');
  const { error, warnings, log } = run.manifest.stages[0] ?? {};
  expect(error).toMatchObject({ isInvalidInput: true, message: expect.stringContaining(file) });
  expect(run.events).toContainEqual(expect.objectContaining({ event: 'stage-log', message: `reading ${file}` }));
  expect(run.events).toContainEqual(expect.objectContaining({ event: 'stage-warning', message: `${file} is strange` }));
  expect(JSON.stringify([error, warnings])).not.toContain(scene.store.root.concat('/attempts'));
  expect(readFileSync(log as string, 'utf8')).not.toContain('attempts');
});
