import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BertConfig, initialValues, parameterSpecs, saveModel } from '@retort/families';
import { InvalidInputError } from '@retort/foundation/diagnostics';
import { buildGraph, buildMatrixGraph, type PipelineGraph } from '@retort/pipeline-graph';
import { loadMatrix, loadPipeline } from '@retort/pipeline-schema';
import { saveTokenizer } from '@retort/tokenizer/vocabulary';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { registry } from '../../src/registry.ts';

const shipped = join(import.meta.dirname, '../../../../pipelines');

/** A teacher with as many layers and heads as BERT-base, and next to no width. */
const TEACHER: BertConfig = {
  layers: 12,
  hiddenSize: 24,
  heads: 12,
  intermediateSize: 24,
  vocabularySize: 6,
  maxPositions: 128,
  segmentTypes: 2,
  layerNormEpsilon: 1e-12,
};

let paths: readonly string[];
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'retort-paper-'));
  await mkdir(join(folder, 'bert'));
  const normalizer = { lowercase: true, cleanText: true, handleChineseChars: true };
  const tokens = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', 'a'];
  await saveTokenizer({ tokens, normalizer, maxCharactersPerWord: 100 }, join(folder, 'bert'));
  await bring('bert', TEACHER);
  await writeFile(join(folder, 'corpus.txt'), 'A sentence. Another one.\n\nMore.\n');
  await mkdir(join(folder, 'SST-2'));
  for (const name of ['train', 'dev'])
    await writeFile(join(folder, 'SST-2', `${name}.tsv`), 'sentence\tlabel\na fine film \t1\na dull film \t0\n');
  paths = ['bert=bert', 'corpus=corpus.txt', 'data=SST-2'].map((each) => `params.${each}`);
});

async function bring(name: string, config: BertConfig): Promise<void> {
  const heads = ['maskedLanguageModel'] as const;
  const values = initialValues(parameterSpecs(config, heads), 1);
  await mkdir(join(folder, name), { recursive: true });
  await saveModel({ folder: join(folder, name), config, heads, values, tokenizerFolder: join(folder, 'bert') });
}

async function graphOf(pipeline: string, variant?: string, ...set: string[]): Promise<PipelineGraph> {
  const file = join(shipped, `${pipeline}.pipeline.json`);
  const loaded = await loadPipeline({ file, registry, variant, set: [...paths, ...set], cwd: folder });
  return buildGraph(loaded, { engine: 'onnx' });
}

describe.each([
  ['tinybert-4l-312', 312, 4],
  ['tinybert-6l-768', 768, 6],
])('%s', (name, hiddenSize, layers) => {
  test.each([undefined, 'official'])('is right as it is, variant %s', async (variant) => {
    const { stages } = await graphOf(name, variant);
    const student = stages.find(({ id }) => id === 'student-predictions');
    expect(student?.facts['student']?.architecture).toMatchObject({ hiddenSize, layers, heads: 12 });
    expect(student?.facts['student']?.headKind).toBe(variant === 'official' ? 'reference' : undefined);
    expect(stages.at(-1)?.id).toBe('export');
  });

  test('knows all the teacher’s sizes from its folder, and refuses one that does not fit', async () => {
    await bring('short', { ...TEACHER, layers: 2 });
    const error = await graphOf(name, undefined, 'params.bert=short').catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(InvalidInputError);
    expect((error as InvalidInputError).diagnostics.map(({ code }) => code)).toContain('LAYER_MAPPING_TOO_DEEP');
  });

  test('plans for a teacher of the hub that was never downloaded', async () => {
    vi.stubEnv('HF_HUB_OFFLINE', '1');
    const { stages } = await graphOf(name, undefined, `params.bert=hf:someone/never@${'a'.repeat(40)}`);
    vi.unstubAllEnvs();
    expect(stages.find(({ id }) => id === 'bert')?.inputs['model']).toMatchObject({
      hub: { repository: 'someone/never', commit: 'a'.repeat(40) },
    });
  });
});

test('tinybert-4l-312-glue has a cell for each task, with one general student for all', async () => {
  const names = ['CoLA', 'SST-2', 'MRPC', 'STS-B', 'QQP', 'MNLI', 'QNLI', 'RTE', 'WNLI'];
  for (const name of names) {
    await mkdir(join(folder, 'glue', name), { recursive: true });
    await writeFile(join(folder, 'glue', name, 'train.tsv'), 'only planned\n');
  }
  const file = join(shipped, 'tinybert-4l-312-glue.pipeline.json');
  const set = ['params.bert=bert', 'params.corpus=corpus.txt', 'params.glue=glue'];
  const loaded = await loadMatrix({ file, registry, set, cwd: folder });
  const { stages, matrix } = await buildMatrixGraph(loaded, { engine: 'onnx' });
  expect(matrix?.cells).toHaveLength(names.length);
  const count = (uses: string) => stages.filter(({ definition }) => definition.kind === uses).length;
  expect([count('import-model'), count('task-data'), count('student-train')]).toEqual([1, 9, 1 + 2 * 9]);
  const presets = stages.flatMap(({ config }) => (config as { source?: { preset?: string } }).source?.preset ?? []);
  expect(presets).toEqual(['cola', 'sst2', 'mrpc', 'stsb', 'qqp', 'mnli', 'qnli', 'rte', 'wnli']);
});
