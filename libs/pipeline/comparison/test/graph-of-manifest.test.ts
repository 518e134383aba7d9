import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { graphOfManifest, parseManifest } from '@retort/pipeline-comparison';
import { findPathInput, openFileDigests } from '@retort/pipeline-graph';
import type { RunManifest } from '@retort/pipeline-runner';
import { defineStage } from '@retort/plugin-kit';
import { beforeEach, expect, onTestFinished, test } from 'vitest';

const reader = defineStage<{ count: number }>()({
  kind: 'reader',
  version: 1,
  description: 'Reads a file',
  configSchema: {
    type: 'object',
    additionalProperties: false,
    'x-renamed': { often: 'count' },
    properties: { count: { type: 'integer', minimum: 1, default: 1, description: 'How often' } },
  },
  inputs: { file: { types: ['text'], description: 'The file', path: { kind: 'file' } } },
  outputs: () => ({ text: { type: 'text', description: 'It' } }),
  usesEngine: false,
  usesSeed: false,
  module: '@retort/reader/run',
});

let folder: string;
const digests = await openFileDigests();

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'retort-manifest-'));
  const made = folder;
  onTestFinished(() => rmSync(made, { recursive: true }));
  mkdirSync(join(folder, 'data'));
  for (const name of ['a', 'b']) writeFileSync(join(folder, 'data', `${name}.txt`), `text ${name}`);
});

async function manifest(): Promise<RunManifest> {
  const stages = await Promise.all(
    ['a', 'b'].map(async (id) => {
      const found = await findPathInput(join(folder, 'data', `${id}.txt`), 'file', { digests });
      if ('code' in found) throw new Error(found.message);
      return {
        id,
        uses: 'reader',
        version: 1,
        module: reader.module,
        with: {},
        seed: 1,
        run: { retries: 0 },
        inputs: { file: found.source },
      };
    }),
  );
  return {
    schemaVersion: 1,
    run: 'r',
    status: 'done',
    startedAt: 'then',
    engine: 'cpu',
    jobs: 1,
    cores: 1,
    versions: {},
    hardware: { processor: 'p', platform: 'l', logicalCores: 1, memoryBytes: 1 },
    pipeline: { name: 'p', description: '', file: 'p', params: { data: join(folder, 'data') }, stages },
    stages: stages.map(({ id }) => ({ id, uses: 'reader', status: 'ran', outputs: {}, seconds: 1, reason: '' })),
  } as unknown as RunManifest;
}

const joiner = defineStage()({
  ...reader,
  kind: 'joiner',
  inputs: { texts: { types: ['text'], description: 'What is joined', list: true } },
});

const graphOf = (from: RunManifest, set: readonly string[] = []) =>
  graphOfManifest(from, {
    registry: new Map([reader, joiner].map((stage) => [stage.kind, stage])),
    digests,
    set,
    cwd: folder,
  });

test('every finished stage is there, with this version’s defaults', async () => {
  const done = await manifest();
  const half = { ...done, stages: [done.stages[0], { ...done.stages[1], status: 'failed' }] } as RunManifest;
  const { stages } = await graphOf(half);
  expect(stages.map(({ id, config }) => [id, config])).toEqual([['a', { count: 1 }]]);
});

test('a parameter that is a folder stands for every path below it', async () => {
  const done = await manifest();
  mkdirSync(join(folder, 'moved'));
  for (const name of ['a', 'b']) writeFileSync(join(folder, 'moved', `${name}.txt`), `text ${name}`);
  rmSync(join(folder, 'data'), { recursive: true });
  const { stages } = await graphOf(done, ['params.data=./moved']);
  expect(stages.map(({ inputs }) => (inputs['file'] as { path: string }).path)).toEqual(
    ['a', 'b'].map((name) => join(folder, 'moved', `${name}.txt`)),
  );
});

test('every input that changed or is gone is named at once', async () => {
  const done = await manifest();
  writeFileSync(join(folder, 'data/a.txt'), 'other');
  rmSync(join(folder, 'data/b.txt'));
  await expect(graphOf(done)).rejects.toMatchObject({
    diagnostics: [{ code: 'REPRODUCE_INPUT_CHANGED' }, { code: 'REPRODUCE_INPUT_MISSING' }],
  });
});

test('a stage that is not known, and a setting that is refused, are named', async () => {
  const done = structuredClone(await manifest()) as unknown as {
    pipeline: { stages: { uses: string; with: unknown }[] };
  };
  Object.assign(done.pipeline.stages[0] as object, { uses: 'raeder' });
  Object.assign(done.pipeline.stages[1] as object, { with: { count: 0 } });
  await expect(graphOf(done as unknown as RunManifest)).rejects.toMatchObject({
    diagnostics: [
      { code: 'REPRODUCE_UNKNOWN_STAGE', message: expect.stringContaining('Did you mean "reader"?') },
      { message: expect.stringContaining('refuses the settings that stage "b" ran with') },
    ],
  });
});

const text = (stage: string) => ({ kind: 'stage', stage, port: 'text' });

test.each([
  ['a list', { texts: [text('a'), text('b')] }],
  ['numbered inputs, as versions had them whose inputs took no lists', { texts2: text('b'), texts: text('a') }],
])('an input that takes a list has it from %s', async (_, inputs) => {
  const done = await manifest();
  const joined = { ...done.pipeline.stages[0], id: 'c', uses: 'joiner', inputs };
  const from = {
    ...done,
    pipeline: { ...done.pipeline, stages: [...done.pipeline.stages, joined] },
    stages: [...done.stages, { ...done.stages[0], id: 'c', uses: 'joiner' }],
  };
  const { stages } = await graphOf(parseManifest(JSON.stringify(from), 'run.json'));
  expect(stages[2]?.inputs).toEqual({ texts: [text('a'), text('b')] });
  const twice = structuredClone(from);
  Object.assign(twice.pipeline.stages[0] as object, { inputs: { file: [text('b'), text('b')] } });
  await expect(graphOf(twice as never)).rejects.toThrow('The input "file" of stage "a" should be an output');
});

test('settings have the names that they have now', async () => {
  const done = await manifest();
  Object.assign(done.pipeline.stages[0] as object, { with: { often: 3 } });
  const { stages } = await graphOf(done);
  expect(stages[0]?.config).toEqual({ count: 3 });
});

test('only paths may be given anew', async () => {
  await expect(graphOf(await manifest(), ['stages.a.with.count=2'])).rejects.toMatchObject({ code: 'REPRODUCE_SET' });
});

test('a manifest is checked before it is believed', async () => {
  const text = JSON.stringify(await manifest());
  expect(parseManifest(text, 'run.json')).toEqual(JSON.parse(text));
  for (const [from, to] of [
    ['"schemaVersion":1', '"schemaVersion":9'],
    ['"kind":"path"', '"kind":"hole"'],
    ['"status":"ran"', '"status":"flew"'],
    ['{"schemaVersion"', '["schemaVersion"'],
  ] as const)
    expect(() => parseManifest(text.replace(from, to), 'run.json')).toThrow('MANIFEST_INVALID');
});

test('a model of the hub cannot lead out of its cache', async () => {
  const from = structuredClone(await manifest());
  Object.assign(from.pipeline.stages[0]?.inputs['file'] as object, {
    hub: { repository: '../../../..', commit: 'main' },
  });
  expect(() => parseManifest(JSON.stringify(from), 'run.json')).toThrow(
    '/pipeline/stages/0/inputs/file/hub/repository',
  );
});
