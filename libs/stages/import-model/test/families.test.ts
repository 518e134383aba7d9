import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEngine, type HostTensor } from '@retort/engine';
import { classify, encode, familyNamed, loadModel, type ModelFamily, parametersOf, tokenAxes } from '@retort/families';
import { registerExtensions } from '@retort/foundation/extensions';
import { programOf } from '@retort/plugin-kit';
import { createTestContext } from '@retort/plugin-kit/testing';
import { importModel } from '@retort/stage-import-model';
import { run } from '@retort/stage-import-model/run';
import { type EncodedRows, loadTokenizer } from '@retort/tokenizer';
import type { Tensor } from '@tensorflow/tfjs-core';
import { afterAll, describe, expect, it } from 'vitest';

// Small random models of each family, held to what transformers computes of them (libs/stages/import-model/test/fixtures/families.py).

type Config = Parameters<typeof run>[0]['config'];
const SETTINGS: Config = { head: 'huggingface', labelNames: {}, unusedEmbeddings: 'refuse', ignoreTensors: [] };
/** Two implementations in float32, on numbers near 1. */
const TOLERANCE = 1e-5;

const root = mkdtempSync(join(tmpdir(), 'retort-families-'));
afterAll(() => rmSync(root, { recursive: true }));

const fixture = (name: string) => join(import.meta.dirname, 'fixtures/families', name);

async function imported(folder: string, settings: Partial<Config> = {}) {
  const context = await createTestContext({
    config: { ...SETTINGS, ...settings },
    inputs: { model: { type: 'model', path: folder, label: 'theirs' } },
    outputs: { model: 'model', tokenizer: 'tokenizer' },
  });
  await run(context);
  return context.outputs['model']!.path;
}

interface Expected {
  readonly texts: string[];
  readonly pairs: [string, string][];
  readonly ids: number[][];
  readonly hiddenStates: number[][];
  readonly logits: number[];
  readonly pairLogits: number[];
}

/** All rows in one batch, as long as the longest. */
async function answers(folder: string, rows: EncodedRows) {
  const { config, values } = await loadModel(folder);
  const { padId } = await loadTokenizer(folder);
  const lengths = Array.from({ length: rows.rowCount }, (_, i) => rows.offsets[i + 1]! - rows.offsets[i]!);
  const shape = [rows.rowCount, Math.max(...lengths)] as const;
  const table = (at: (row: number, column: number) => number): HostTensor => ({
    shape,
    data: Int32Array.from({ length: shape[0] * shape[1] }, (_, i) => at(Math.floor(i / shape[1]), i % shape[1])),
  });
  const engine = await createEngine('cpu');
  const pass = engine.forward(
    (parameters, inputs) => {
      const { tokenIds, segmentIds, keyMask } = inputs as Record<'tokenIds' | 'segmentIds' | 'keyMask', Tensor>;
      const model = { config, parameters };
      const { hiddenStates } = encode(model, { tokenIds, segmentIds, keyMask });
      const named = hiddenStates.map((state, layer) => [`hidden${layer}`, state] as const);
      return { ...Object.fromEntries(named), logits: classify(model, hiddenStates.at(-1) as Tensor) };
    },
    parametersOf(values),
    { freeAxes: tokenAxes(config) },
  );
  const results = await pass.run({
    tokenIds: table((row, column) => (column < lengths[row]! ? rows.tokenIds[rows.offsets[row]! + column]! : padId)),
    segmentIds: table((row, column) => (column >= rows.firstSegmentLengths[row]! && column < lengths[row]! ? 1 : 0)),
    keyMask: table((row, column) => (column < lengths[row]! ? 1 : 0)),
  });
  await pass.dispose();
  return results;
}

function expectClose(got: ArrayLike<number>, expected: readonly number[], what: string) {
  const far = expected.map((value, i) => Math.abs(value - (got[i] as number)));
  expect(far.length, what).toBeGreaterThan(0);
  expect(Math.max(...far), what).toBeLessThan(TOLERANCE);
}

describe.each(['roberta', 'xlm-roberta', 'electra'])('a model of the family %s', (name) => {
  const expected = JSON.parse(readFileSync(join(fixture(name), 'expected.json'), 'utf8')) as Expected;

  it('gives the ids, hidden states and logits of transformers', async () => {
    const folder = await imported(fixture(name));
    const tokenizer = await loadTokenizer(folder);
    const single = await tokenizer.encodeBatch(expected.texts, { maxSequenceLength: 40 });
    const pairs = await tokenizer.encodeBatch(expected.pairs, { maxSequenceLength: 40 });
    const idsOf = ({ tokenIds, offsets, rowCount }: EncodedRows) =>
      Array.from({ length: rowCount }, (_, i) => [...tokenIds.subarray(offsets[i], offsets[i + 1])]);
    expect([...idsOf(single), ...idsOf(pairs)]).toEqual(expected.ids);
    const results = await answers(folder, single);
    // Of the first row's own tokens.
    for (const [layer, state] of expected.hiddenStates.entries())
      expectClose(results[`hidden${layer}`]!.data, state, `hidden state ${layer}`);
    expectClose(results['logits']!.data, expected.logits, 'logits');
    expectClose((await answers(folder, pairs))['logits']!.data, expected.pairLogits, 'logits of pairs');
  });

  it('is written as its own family, and comes back from there the same', async () => {
    const folder = await imported(fixture(name));
    expect(JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8'))).toMatchObject({ model_type: name });
    const [first, again] = [await loadModel(folder), await loadModel(await imported(folder))];
    expect(first.config.family).toBe(name);
    expect(again.config).toEqual(first.config);
    expect(again.values).toEqual(first.values);
    const digest = async (path: string) => (await loadTokenizer(path)).digest;
    expect(await digest(folder)).toBe(await digest(fixture(name)));
    expect(first.config.tokenizerDigest).toBe(await digest(folder));
  });

  it('comes without its head, which a later fine-tuning makes anew', async () => {
    const model = await loadModel(await imported(fixture(name), { head: 'none' }));
    expect(model.heads).toEqual([]);
    expect(model.config.task).toBeUndefined();
  });

  it('has facts that planning finds without a tensor library', async () => {
    const found = await importModel.inputs['model']?.path?.inspect?.(fixture(name), SETTINGS);
    expect(found).toMatchObject({ problems: [], warnings: [] });
    expect(found?.facts).toMatchObject({
      family: name,
      task: { kind: 'classes', labels: ['bad', 'good', 'neither'] },
      architecture: { maxPositions: 40 },
      ...(name === 'electra'
        ? { segmentTypes: 2, embeddingSize: 6, headKind: 'electra' }
        : { segmentTypes: 1, pairsInOneSegment: true, tokenizerKind: name === 'roberta' ? 'BPE' : 'Unigram' }),
    });
  });
});

/** A fixture with a changed `config.json`. */
function changed(name: string, change: object): string {
  const folder = mkdtempSync(join(root, 'changed-'));
  cpSync(fixture(name), folder, { recursive: true });
  const config = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8'));
  writeFileSync(join(folder, 'config.json'), JSON.stringify({ ...config, ...change }));
  return folder;
}

it.each<[string, string, object, string]>([
  ['positions that none is left of', 'roberta', { max_position_embeddings: 2 }, 'max_position_embeddings must be more'],
  ['a padding token that is none', 'roberta', { pad_token_id: -1 }, 'pad_token_id must be a whole number'],
  ['relative positions', 'roberta', { position_embedding_type: 'relative_key' }, 'must be "absolute"'],
  ['a decoder', 'roberta', { is_decoder: true }, 'is_decoder must be false'],
  ['cross-attention', 'xlm-roberta', { add_cross_attention: true }, 'add_cross_attention must be false'],
  ['embeddings without a width', 'electra', { embedding_size: 0 }, 'embedding_size must be a whole number'],
  [
    'embeddings of another width',
    'electra',
    { embedding_size: 5 },
    'electra.embeddings.word_embeddings.weight must be',
  ],
  ['another activation', 'electra', { hidden_act: 'gelu_new' }, 'hidden_act must be "gelu"'],
  ['a class of another family', 'electra', { architectures: ['BertModel'] }, 'but the model_type is electra'],
  ['weights of another family', 'roberta', { model_type: 'electra', architectures: null }, 'begin with "roberta."'],
])('%s are refused', async (_, name, change, message) => {
  const found = await importModel.inputs['model']?.path?.inspect?.(changed(name, change), SETTINGS);
  expect(found?.problems.map((problem) => problem.message).join('\n')).toContain(message);
  await expect(imported(changed(name, change))).rejects.toThrow();
});

it('a plug-in brings a family, which every stage that reads models then has in its program', async () => {
  const takeOut = registerExtensions({ modelFamilies: [MINE] }, './mine');
  try {
    const theirs = changed('roberta', { model_type: 'mine', architectures: ['MineForSequenceClassification'] });
    const folder = await imported(theirs);
    expect((await loadModel(folder)).config.family).toBe('mine');
    expect(JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8'))).toMatchObject({ model_type: 'mine' });
    expect(programOf(importModel, SETTINGS).split('\n')).toContain('./mine');
    expect(programOf({ ...importModel, inputs: {} }, SETTINGS).split('\n')).not.toContain('./mine');
  } finally {
    takeOut();
  }
  await expect(imported(changed('roberta', { model_type: 'mine' }))).rejects.toThrow('The model_type is "mine"');
});

const MINE: ModelFamily = { ...(familyNamed('roberta') as ModelFamily), name: 'mine', className: 'Mine' };
