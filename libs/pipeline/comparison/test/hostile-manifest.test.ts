import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RetortError } from '@retort/foundation/diagnostics';
import { digestBytes } from '@retort/foundation/digest';
import {
  compareRuns,
  executionsOf,
  graphOfManifest,
  judgeStages,
  manifestOfCell,
  parseManifest,
  problemsOfManifest,
} from '@retort/pipeline-comparison';
import { findPathInput, openFileDigests } from '@retort/pipeline-graph';
import type { RunManifest } from '@retort/pipeline-runner';
import { defineStage } from '@retort/plugin-kit';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';

const TEXT = { type: 'text', description: 'It' } as const;

const reader = defineStage<{ source: { kind: string } }>()({
  kind: 'reader',
  version: 1,
  description: 'Reads a file or a text',
  configSchema: {
    type: 'object',
    additionalProperties: false,
    properties: {
      source: {
        type: 'object',
        additionalProperties: false,
        default: {},
        description: 'From where',
        properties: { kind: { enum: ['file'], default: 'file', description: 'How' } },
      },
    },
  },
  inputs: {
    file: { types: ['text'], description: 'The file', optional: true, path: { kind: 'file' } },
    text: { types: ['text'], description: 'Text', optional: true },
  },
  // As real stages do: looks into its settings without a doubt.
  outputs: ({ config }) => (config.source.kind.length > 0 ? { text: TEXT } : {}),
  usesEngine: false,
  usesSeed: false,
  module: '@retort/reader/run',
});

const digests = await openFileDigests();
const digest = digestBytes('x');

/** A manifest with everything in it that one may have. */
async function fullManifest(folder: string): Promise<unknown> {
  const path = join(folder, 'a.txt');
  writeFileSync(path, 'text');
  const found = await findPathInput(path, 'file', { digests });
  if ('code' in found) throw new Error(found.message);
  const described = {
    uses: 'reader',
    version: 1,
    module: reader.module,
    with: { source: { kind: 'file' } },
    seed: 1,
    run: { retries: 0, threads: 1 },
  };
  const keyDocument = {
    schemaVersion: 1,
    uses: 'reader',
    version: 1,
    code: { digest, packages: { ajv: '1' } },
    inputs: { file: digest },
    with: {},
    outputs: ['text'],
  };
  const settled = {
    uses: 'reader',
    status: 'ran',
    reason: 'never run',
    seconds: 1,
    key: digest,
    keyDocument,
    outputs: { text: { digest, bytes: 4, rows: 1 } },
    metrics: { loss: 0.5 },
    warnings: ['w'],
  };
  return {
    schemaVersion: 1,
    run: '20250101T000000000Z-00000000',
    status: 'done',
    startedAt: '2025-01-01T00:00:00.000Z',
    seconds: 2,
    selection: {},
    engine: 'cpu',
    jobs: 1,
    cores: 1,
    versions: { node: 'v20' },
    hardware: { processor: 'p', platform: 'l', logicalCores: 1, memoryBytes: 1 },
    code: { [digest]: { 'libs/a/src/b.ts': digest } },
    pipeline: {
      name: 'p',
      description: '',
      file: 'p',
      params: { data: folder },
      results: [{ stage: 'b', port: 'text' }],
      stages: [
        { ...described, id: 'a', inputs: { file: found.source } },
        { ...described, id: 'b', cells: ['seed=1'], inputs: { text: { kind: 'stage', stage: 'a', port: 'text' } } },
      ],
    },
    stages: [
      { ...settled, id: 'a' },
      { ...settled, id: 'b' },
    ],
    matrix: {
      axes: [{ name: 'seed', isSeed: true }],
      cells: [{ id: 'seed=1', values: { seed: 1 }, status: 'done', metrics: { loss: 1 } }],
      groups: [{ values: {}, metrics: { loss: { mean: 1, count: 1 } } }],
    },
  };
}

const ODD = [
  null,
  -1,
  1.5,
  1e300,
  '',
  'a',
  'b',
  '../../../..',
  '__proto__',
  'constructor',
  [],
  {},
  [null],
  { a: null },
  true,
];

/** The paths of all members, however deep. */
function pathsIn(value: unknown): string[][] {
  if (typeof value !== 'object' || value === null) return [[]];
  return [[], ...Object.entries(value).flatMap(([name, inner]) => pathsIn(inner).map((path) => [name, ...path]))];
}

/** With the member at a path another, or gone where that is undefined. */
function replaced(value: unknown, [name, ...rest]: readonly string[], other: unknown): unknown {
  if (name === undefined) return other;
  const copy = structuredClone(value) as Record<string, unknown>;
  const inner = replaced(copy[name], rest, other);
  if (inner === undefined && !Array.isArray(copy)) delete copy[name];
  else copy[name] = inner ?? null;
  return copy;
}

async function useAll(text: string, folder: string): Promise<void> {
  const manifest = parseManifest(text, 'run.json');
  compareRuns([
    { manifest, secondsOfWork: {} },
    { manifest, secondsOfWork: {} },
  ]);
  manifestOfCell(manifest, 'seed=1');
  await executionsOf(manifest).find({ id: 'a' } as never, {} as never, []);
  const registry = new Map([['reader', reader]]);
  const graph = await graphOfManifest(manifest, { registry, digests, cwd: folder });
  judgeStages({
    original: manifest,
    again: manifest,
    graph,
    measurementOf: () => undefined,
    tolerances: { metrics: { absolute: 0, relative: 0 }, weights: { absolute: 0, relative: 0 } } as never,
  });
}

test('a manifest that anybody may have changed, anywhere, is used or refused with one of our errors', {
  timeout: 120_000,
}, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'retort-hostile-manifest-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const plain = await fullManifest(folder);
  await useAll(JSON.stringify(plain), folder);
  const changes = fc.array(
    fc.tuple(fc.constantFrom(...pathsIn(plain)), fc.oneof(fc.constantFrom(undefined, ...ODD), fc.jsonValue())),
    { minLength: 1, maxLength: 3 },
  );
  let used = 0;
  const property = fc.asyncProperty(changes, async (all) => {
    const changed = all.reduce<unknown>((value, [path, other]) => {
      const isThere = pathsIn(value).some((each) => each.join('/') === path.join('/'));
      return isThere ? replaced(value, path, other) : value;
    }, plain);
    await useAll(JSON.stringify(changed) ?? '', folder).then(
      () => used++,
      (error: unknown) => {
        if (!(error instanceof RetortError)) throw error;
      },
    );
  });
  await fc.assert(property, { numRuns: 400, seed: 13 });
  expect(used).toBeGreaterThan(0);
});

test.each<[string, (manifest: RunManifest) => unknown]>([
  [
    'a stage that needs itself',
    ({ pipeline }) => Object.assign(pipeline.stages[1]?.inputs['text'] as object, { stage: 'b' }),
  ],
  [
    'a stage that needs none there is',
    ({ pipeline }) => Object.assign(pipeline.stages[1]?.inputs['text'] as object, { stage: 'z' }),
  ],
  [
    'an output that the stage has not',
    ({ pipeline }) => Object.assign(pipeline.stages[1]?.inputs['text'] as object, { port: 'z' }),
  ],
  [
    'an input that the stage has not',
    ({ pipeline }) =>
      Object.assign(pipeline.stages[1]?.inputs as object, { z: { kind: 'stage', stage: 'a', port: 'text' } }),
  ],
])('%s is refused before anything runs', async (_what, change) => {
  const folder = mkdtempSync(join(tmpdir(), 'retort-hostile-manifest-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const manifest = (await fullManifest(folder)) as RunManifest;
  change(manifest);
  await expect(useAll(JSON.stringify(manifest), folder)).rejects.toMatchObject({
    diagnostics: [{ code: 'REPRODUCE_INPUT_MISSING' }],
  });
});

test('a manifest with two stages of one name, or with depths of brackets, is refused', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'retort-hostile-manifest-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const plain = JSON.stringify(await fullManifest(folder));
  expect(() => parseManifest(plain.replaceAll('"id":"b"', '"id":"a"'), 'run.json')).toThrow('occurs twice');
  const deep = plain.replace('"params":{', `"params":{"x":${'['.repeat(5000)}${']'.repeat(5000)},`);
  expect(() => parseManifest(deep, 'run.json')).toThrow('nested deeper than 100 levels');
  expect(() => parseManifest('['.repeat(1 << 24), 'run.json')).toThrow('nested deeper than 100 levels');
  const { stages } = JSON.parse(plain) as RunManifest;
  const many = Array.from({ length: 100_000 }, (_, i) => ({ ...stages[0], id: `${i % 99_999}` }));
  const value = { ...(JSON.parse(plain) as RunManifest), stages: many };
  expect(problemsOfManifest(value)).toEqual([{ message: 'Stage "0" occurs twice.', path: ['stages'] }]);
});
