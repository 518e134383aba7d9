import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InvalidInputError } from '@retort/foundation/diagnostics';
import { buildGraph } from '@retort/pipeline-graph';
import { loadPipeline } from '@retort/pipeline-schema';
import { GLUE_TASKS } from '@retort/tables/glue';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { registry } from '../../src/registry.ts';

const file = join(import.meta.dirname, '../../../../pipelines/glue.pipeline.json');
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'retort-glue-'));
  await mkdir(join(folder, 'task'));
  await mkdir(join(folder, 'vocabulary'));
  await writeFile(join(folder, 'task/train.tsv'), 'sentence\tlabel\n');
  await writeFile(join(folder, 'corpus.txt'), 'One sentence.\n');
  await writeFile(join(folder, 'vocabulary/vocab.txt'), '[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\n');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function problems(variant: string | undefined, ...set: string[]): Promise<string[]> {
  const paths = ['data=./task', 'vocabulary=./vocabulary', 'corpus=./corpus.txt'].map((path) => `params.${path}`);
  try {
    const pipeline = await loadPipeline({ file, registry, variant, set: [...paths, ...set], cwd: folder });
    await buildGraph(pipeline, { engine: 'onnx' });
    return [];
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error;
    return error.diagnostics.map(({ code }) => code);
  }
}

test.each(GLUE_TASKS.filter((task) => task !== 'stsb'))('the pipeline glue is right for %s', async (task) => {
  expect(await problems(undefined, `params.task=${task}`)).toEqual([]);
});

test('of STS-B it needs the variant, since a number has no classes', async () => {
  expect(await problems('stsb')).toEqual([]);
  expect(await problems(undefined, 'params.task=stsb')).toEqual(['LOSS_KIND_NEEDS_CLASSES']);
});

test('a task that is none is refused', async () => {
  expect(await problems(undefined, 'params.task=squad')).not.toEqual([]);
});
