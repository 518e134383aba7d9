import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type BertConfig,
  distilbert,
  type Head,
  loadModel,
  readSafetensors,
  saveModel,
  writeSafetensors,
} from '@retort/families';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { TINY, tinyValues } from './support/tiny-model.ts';

const root = mkdtempSync(join(tmpdir(), 'retort-model-'));
afterAll(() => rmSync(root, { recursive: true }));
const tokenizerFolder = join(root, 'tokenizer');
mkdirSync(tokenizerFolder);
writeFileSync(join(tokenizerFolder, 'vocab.txt'), '[PAD]\n[UNK]\n');
writeFileSync(join(tokenizerFolder, 'tokens.arrow'), 'not a part of a tokenizer');

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(root, 'model-'));
});

const save = (config: BertConfig, heads: readonly Head[]) =>
  saveModel({
    folder,
    config,
    heads,
    values: tinyValues(['maskedLanguageModel', 'classifier'], config),
    tokenizerFolder,
  });

const failure = (): Promise<Error & { code: string }> =>
  loadModel(folder).then(
    () => Promise.reject(new Error('the model was loaded')),
    (error) => Object.assign(error, { message: error.message.replaceAll(folder, 'model') }),
  );

describe('a model folder', () => {
  it.each<[string, BertConfig, readonly Head[]]>([
    ['a classifier', TINY, ['classifier']],
    ['a regression head', { ...TINY, task: { kind: 'regression' } }, ['classifier']],
    ['a masked-language-model head', { ...TINY, tokenizerDigest: 'abc' }, ['maskedLanguageModel']],
    ['both heads', TINY, ['maskedLanguageModel', 'classifier']],
    ['no head', { ...TINY, layerNormEpsilon: 1e-7, segmentTypes: 3 }, []],
  ])('with %s comes back as it was saved', async (_, config, heads) => {
    await save(config, heads);
    const model = await loadModel(folder);
    expect(model.config).toEqual(config);
    expect(model.heads).toEqual(heads);
    expect(model.values).toEqual(tinyValues(heads, config));
  });

  it('comes back from the layout of DistilBERT with the first segment in its positions', async () => {
    const [heads, config] = [
      ['maskedLanguageModel', 'classifier'] as const,
      { ...TINY, headKind: 'distilbert' as const },
    ];
    const values = tinyValues([...heads], config);
    await saveModel({ folder, config, heads, values, tokenizerFolder, family: distilbert });
    const stored = [...(await readSafetensors(join(folder, 'model.safetensors'))).keys()];
    expect(stored.filter((name) => !/^(distilbert\.|vocab_|pre_classifier|classifier)/.test(name))).toEqual([]);
    const model = await loadModel(folder);
    expect(model.config).toEqual(config);
    expect(model.heads).toEqual(heads);
    const ofOthers = ([name]: [string, unknown]) => !['embeddings.position', 'embeddings.segment'].includes(name);
    expect(new Map([...model.values].filter(ofOthers))).toEqual(new Map([...values].filter(ofOthers)));
    const [position, segment, folded] = [
      values.get('embeddings.position')!.values,
      values.get('embeddings.segment')!.values,
      model.values.get('embeddings.position')!.values,
    ];
    for (const [i, value] of folded.entries())
      expect(value).toBe(Math.fround(position[i]! + segment[i % config.hiddenSize]!));
  });

  it('has a config without labels when there are none', async () => {
    const { task: _, ...config } = TINY;
    await save(config, []);
    expect((await loadModel(folder)).config).toEqual(config);
  });

  it('holds the files of a tokenizer, and nothing else that lies beside them', async () => {
    await save(TINY, []);
    expect(readdirSync(folder).sort()).toEqual(['config.json', 'model.safetensors', 'vocab.txt']);
  });

  it('is the same bytes for the same model', async () => {
    await save(TINY, ['classifier']);
    const bytes = () => readdirSync(folder).map((name) => readFileSync(join(folder, name)));
    const before = bytes();
    await save(TINY, ['classifier']);
    expect(bytes()).toEqual(before);
  });

  it('takes the labels of a model that another tool has saved', async () => {
    await save(TINY, ['classifier']);
    const path = join(folder, 'config.json');
    const { retort: _, ...config } = JSON.parse(readFileSync(path, 'utf8'));
    writeFileSync(path, JSON.stringify(config));
    expect((await loadModel(folder)).config.task).toEqual({ kind: 'classes', labels: ['no', 'maybe', 'yes'] });
  });
});

describe('a folder that does not fit is refused', () => {
  it('with every tensor that is missing or has another shape', async () => {
    await save(TINY, ['classifier']);
    const path = join(folder, 'model.safetensors');
    const tensors = await readSafetensors(path);
    tensors.delete('bert.pooler.dense.bias');
    tensors.delete('bert.encoder.layer.1.attention.self.key.weight');
    tensors.set('bert.embeddings.LayerNorm.weight', { shape: [2, 4], values: new Float32Array(8) });
    await writeSafetensors(path, tensors);
    const error = await failure();
    expect(error.code).toBe('MODEL_TENSORS');
    expect(error.message).toMatchInlineSnapshot(
      `"model: Tensor bert.embeddings.LayerNorm.weight must be [8], got [2, 4]. Tensor bert.encoder.layer.1.attention.self.key.weight is missing. Tensor bert.pooler.dense.bias is missing."`,
    );
  });

  it('with every setting that is missing or not ours', async () => {
    await save(TINY, []);
    const path = join(folder, 'config.json');
    const { hidden_size: _, ...config } = JSON.parse(readFileSync(path, 'utf8'));
    writeFileSync(
      path,
      JSON.stringify({ ...config, num_hidden_layers: '2', hidden_act: 'gelu_new', model_type: 'gpt2' }),
    );
    const error = await failure();
    expect(error.code).toBe('MODEL_CONFIG');
    expect(error.message).toMatchInlineSnapshot(
      `"model/config.json: hidden_size must be a whole number from 1 to 8192, got nothing. num_hidden_layers must be a whole number from 1 to 96, got "2". model_type must be "bert", got "gpt2". hidden_act must be "gelu", got "gelu_new"."`,
    );
  });

  it("with DistilBERT's own name of a setting", async () => {
    const values = tinyValues([], TINY);
    await saveModel({ folder, config: TINY, heads: [], values, tokenizerFolder, family: distilbert });
    const path = join(folder, 'config.json');
    writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, 'utf8')), n_layers: '2' }));
    const { message } = await failure();
    expect(message).toBe('model/config.json: n_layers must be a whole number from 1 to 96, got "2".');
  });

  it.each(['', '{"vocab_size": ', 'null', '[]'])('with a config.json of %j', async (text) => {
    await save(TINY, []);
    writeFileSync(join(folder, 'config.json'), text);
    expect((await failure()).code).toBe('MODEL_CONFIG');
  });
});
