import { existsSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { createEngine } from '@retort/engine';
import { bert, classify, encodeLayers, loadModel, parameterName } from '@retort/families';
import { headRefusal } from '@retort/families/foreign-model';
import { REGRESSION, type Task } from '@retort/foundation/task';
import { createTestContext } from '@retort/plugin-kit/testing';
import { importModel } from '@retort/stage-import-model';
import { run } from '@retort/stage-import-model/run';
import { loadTokenizer } from '@retort/tokenizer';
import { describe, expect, it } from 'vitest';
import {
  CONFIG,
  CONFIG_JSON,
  foreignFolder,
  foreignTensors,
  type StoredTensor,
  safetensors,
  TOKENS,
} from './foreign-model.ts';

type Config = Parameters<typeof run>[0]['config'];
const SETTINGS: Config = { head: 'huggingface', labelNames: {}, unusedEmbeddings: 'refuse', ignoreTensors: [] };

async function imported(folder: string, settings: Partial<Config> = {}) {
  const context = await createTestContext({
    config: { ...SETTINGS, ...settings },
    inputs: { model: { type: 'model', path: folder, label: 'theirs' } },
    outputs: { model: 'model', tokenizer: 'tokenizer' },
  });
  await run(context);
  return { model: await loadModel(context.outputs['model']!.path), context };
}

async function problemsOf(folder: string, settings: Partial<Config> = {}): Promise<string> {
  const config = { ...SETTINGS, ...settings };
  const planned = (await importModel.inputs['model']?.path?.inspect?.(folder, config))?.problems ?? [];
  const ran = await imported(folder, settings).then(
    () => '',
    (error: { diagnostics: { code: string }[] }) => error.diagnostics.map(({ code }) => code).join(),
  );
  expect(planned.map(({ code }) => code).join(), 'planning and running find the same').toBe(ran);
  return planned
    .map(({ code, message }) => `${code} ${message}`.replaceAll(`${folder}/`, '').replaceAll(folder, 'folder'))
    .join('\n');
}

/** Values by our names, from tensors by HuggingFace's. */
function expectSame(model: Awaited<ReturnType<typeof loadModel>>, tensors: ReadonlyMap<string, StoredTensor>) {
  expect(model.values.size).toBeGreaterThan(30);
  for (const [name, { values }] of model.values)
    expect(values, name).toEqual(tensors.get(parameterName(bert, name))?.values);
}

const renamed = (tensors: ReadonlyMap<string, StoredTensor>, rename: (name: string) => string) =>
  new Map([...tensors].map(([name, tensor]) => [rename(name), tensor]));

describe('a BERT is imported', () => {
  it('with its head, its labels and its tokenizer', async () => {
    const { model, context } = await imported(foreignFolder());
    expect(model.heads).toEqual(['classifier']);
    expect(model.config).toMatchObject({
      task: { kind: 'classes', labels: ['no', 'maybe', 'yes'] },
      headKind: 'huggingface',
      vocabularySize: 9,
    });
    expectSame(model, foreignTensors());
    const tokenizer = await loadTokenizer(context.outputs['tokenizer']!.path);
    expect(tokenizer.digest).toBe(model.config.tokenizerDigest);
    expect(readdirSync(context.outputs['model']!.path).sort()).toEqual([
      'config.json',
      'model.safetensors',
      'tokenizer.json',
      'tokenizer_config.json',
      'vocab.txt',
    ]);
  });

  it.each(['F16', 'BF16'] as const)('from %s, without loss', async (dtype) => {
    const folder = foreignFolder({ 'model.safetensors': safetensors(foreignTensors(), dtype) });
    expectSame((await imported(folder)).model, foreignTensors());
  });

  it('without the prefix, with old names, and with a head for masked words', async () => {
    const tensors = foreignTensors(['maskedLanguageModel', 'pooler']);
    const old = renamed(tensors, (name) =>
      name
        .replace(/^bert\./, '')
        .replace(/LayerNorm\.weight$/, 'LayerNorm.gamma')
        .replace(/LayerNorm\.bias$/, 'LayerNorm.beta'),
    );
    old.set('cls.predictions.decoder.weight', tensors.get('bert.embeddings.word_embeddings.weight') as StoredTensor);
    old.set('cls.seq_relationship.weight', { shape: [2, 8], values: new Float32Array(16) });
    const { model, context } = await imported(foreignFolder({ 'model.safetensors': safetensors(old) }), {
      head: 'none',
    });
    expect(model.heads).toEqual(['maskedLanguageModel', 'pooler']);
    expect(model.config.task).toBeUndefined();
    expectSame(model, tensors);
    expect(context.logs.join()).toContain('Left out: cls.seq_relationship.weight.');
  });

  it('from shards', async () => {
    const all = [...foreignTensors()];
    const parts = [all.slice(0, 10), all.slice(10)].map((part) => new Map(part));
    const map = parts.flatMap((part, i) => [...part.keys()].map((name) => [name, `part-${i}.safetensors`]));
    const folder = foreignFolder({
      'model.safetensors': undefined,
      'model.safetensors.index.json': JSON.stringify({ weight_map: Object.fromEntries(map) }),
      'part-0.safetensors': safetensors(parts[0]!),
      'part-1.safetensors': safetensors(parts[1]!),
    });
    expectSame((await imported(folder)).model, foreignTensors());
  });

  it('without its head when that is chosen', async () => {
    const { model, context } = await imported(foreignFolder(), { head: 'none' });
    expect(model.heads).toEqual([]);
    expect(context.logs.join()).toContain('classifier.weight');
  });

  it('with its classes renamed and in another order, the outputs with them', async () => {
    const { model } = await imported(foreignFolder(), {
      labelNames: { no: 'negative', yes: 'positive' },
      labelOrder: ['positive', 'negative', 'maybe'],
    });
    expect(model.config.task).toEqual({ kind: 'classes', labels: ['positive', 'negative', 'maybe'] });
    const before = foreignTensors().get('classifier.bias')!.values;
    expect([...model.values.get('classifier.bias')!.values]).toEqual([before[2], before[0], before[1]]);
    const weight = foreignTensors().get('classifier.weight')!.values;
    expect([...model.values.get('classifier.weight')!.values.subarray(0, 8)]).toEqual([...weight.subarray(16)]);
  });

  it('with a head that may give several classes at once', async () => {
    const config = JSON.stringify({ ...CONFIG_JSON, problem_type: 'multi_label_classification' });
    const { model } = await imported(foreignFolder({ 'config.json': config }));
    expect(model.config).toMatchObject({ task: { kind: 'multi-label', labels: ['no', 'maybe', 'yes'] } });
  });

  it('with fewer rows of embeddings than it came with, when they are to be dropped', async () => {
    const folder = foreignFolder({ 'vocab.txt': TOKENS.slice(0, 7).join('\n') });
    const { model } = await imported(folder, { unusedEmbeddings: 'drop' });
    expect(model.values.get('embeddings.word')?.shape).toEqual([7, 8]);
    expect(await problemsOf(folder)).toMatchInlineSnapshot(
      `"IMPORT_VOCABULARY folder: The vocabulary has 7 tokens, but the embedding table has 9 rows. If the last 2 rows are only padding, set "unusedEmbeddings" to "drop". Otherwise the tokenizer belongs to another model."`,
    );
  });
});

describe('a DistilBERT', () => {
  const config = {
    model_type: 'distilbert',
    vocab_size: 9,
    dim: 8,
    n_layers: 2,
    n_heads: 2,
    hidden_dim: 12,
    activation: 'gelu',
    max_position_embeddings: 10,
  };
  const names: [RegExp, string][] = [
    [/^bert\.encoder\.layer/, 'distilbert.transformer.layer'],
    [/^bert\.embeddings/, 'distilbert.embeddings'],
    [/attention\.self\.query/, 'attention.q_lin'],
    [/attention\.self\.key/, 'attention.k_lin'],
    [/attention\.self\.value/, 'attention.v_lin'],
    [/attention\.output\.dense/, 'attention.out_lin'],
    [/attention\.output\.LayerNorm/, 'sa_layer_norm'],
    [/(layer\.\d+)\.output\.dense/, '$1.ffn.lin2'],
    [/(layer\.\d+)\.output\.LayerNorm/, '$1.output_layer_norm'],
    [/intermediate\.dense/, 'ffn.lin1'],
    [/^bert\.pooler\.dense/, 'pre_classifier'],
  ];

  it('becomes a BERT without segments, with a head of its own kind', async () => {
    const tensors = renamed(foreignTensors(), (name) =>
      names.reduce((text, [from, to]) => text.replace(from, to), name),
    );
    tensors.delete('distilbert.embeddings.token_type_embeddings.weight');
    const folder = foreignFolder({
      'config.json': JSON.stringify({ ...config, id2label: CONFIG_JSON.id2label }),
      'model.safetensors': safetensors(tensors),
    });
    const { model } = await imported(folder);
    expect(model.config).toMatchObject({ headKind: 'distilbert', layers: 2, intermediateSize: 12 });
    expect(model.values.get('embeddings.segment')?.values).toEqual(new Float32Array(16));
    const { 'embeddings.segment': _, ...others } = Object.fromEntries(model.values);
    expectSame({ ...model, values: new Map(Object.entries(others)) }, foreignTensors());
  });

  it('is not taken for a BERT when its config says that it is one', async () => {
    const tensors = renamed(foreignTensors(), (name) => name.replace('bert.', 'distilbert.'));
    const folder = foreignFolder({ 'model.safetensors': safetensors(tensors) });
    expect(await problemsOf(folder)).toMatchInlineSnapshot(
      `"MODEL_TENSORS folder: config.json describes a bert, but names of tensors begin with "distilbert.". Check that the files belong together."`,
    );
  });
});

describe('a head of another task', () => {
  const withConfig = (more: object) => foreignFolder({ 'config.json': JSON.stringify({ ...CONFIG_JSON, ...more }) });

  it.each([
    'BertForTokenClassification',
    'BertForQuestionAnswering',
    'BertForMultipleChoice',
    'BertForMaskedLM',
    'BertForPreTraining',
    'BertForNextSentencePrediction',
    'BertLMHeadModel',
    'BertModel',
    'BertForEverything',
  ])('%s is not taken for a classifier of whole texts; its encoder can be', async (architecture) => {
    const folder = withConfig({ architectures: [architecture] });
    for (const head of ['huggingface', 'reference'] as const) {
      expect(await problemsOf(folder, { head })).toContain(
        `"head" is "${head}", but according to config.json its head is ${architecture}`,
      );
      expect(await headRefusal(folder, head)).toMatch(new RegExp(`^its head is ${architecture}, which `));
    }
    expect(await problemsOf(folder, { head: 'none' })).toBe('');
    expect(await headRefusal(folder, 'none')).toBeUndefined();
  });

  it('is refused with what it is and what to do', async () => {
    expect(await problemsOf(withConfig({ architectures: ['BertForTokenClassification'] }))).toMatchInlineSnapshot(
      `"IMPORT_OTHER_HEAD config.json: "head" is "huggingface", but according to config.json its head is BertForTokenClassification, which classifies each word. Set "head" to "none" and fine-tune the model, or use a model with such a head."`,
    );
  });

  it.each<[string, object]>([
    ['nothing', {}],
    ['null', { architectures: null }],
    ['the right class', { architectures: ['BertForSequenceClassification'] }],
    ['an empty list', { architectures: [] }],
    ['code for its tokenizer alone', { auto_map: { AutoTokenizer: ['code.Tokenizer', null] } }],
  ])('is not suspected where the config says %s', async (_, more) => {
    expect(await problemsOf(withConfig(more))).toBe('');
    expect(await headRefusal(withConfig(more), 'huggingface')).toBeUndefined();
  });

  it("leaves out a question answerer's output", async () => {
    const tensors = new Map([
      ...foreignTensors([]),
      ['qa_outputs.weight', { shape: [2, 8], values: new Float32Array(16) }],
    ]);
    const folder = foreignFolder({
      'config.json': JSON.stringify({ ...CONFIG_JSON, architectures: ['BertForQuestionAnswering'] }),
      'model.safetensors': safetensors(tensors),
    });
    const { context } = await imported(folder, { head: 'none' });
    expect(context.logs.join()).toContain('Left out: qa_outputs.weight.');
  });

  it.each<[string, object]>([
    ['a class of another model', { architectures: ['RobertaForSequenceClassification'] }],
    ['a class of its own', { architectures: ['JinaBertForMaskedLM'] }],
    ['code that comes with it', { auto_map: { AutoModel: 'modeling.Bert' } }],
    ['no list of classes', { architectures: 'BertModel' }],
  ])('does not matter where the model is none that Retort computes: %s', async (_, more) => {
    expect(await problemsOf(withConfig(more), { head: 'none' })).toMatchSnapshot();
  });

  it('is one that Retort trained as another kind', async () => {
    const retort = { labels: ['no', 'maybe', 'yes'], headKind: 'reference' };
    expect(await problemsOf(withConfig({ retort }))).toContain('Retort trained its head as reference');
    expect(await problemsOf(withConfig({ retort }), { head: 'reference' })).toBe('');
    expect(await headRefusal(withConfig({ retort: { labels: [] } }), 'reference')).toBe(
      'Retort trained its head as huggingface',
    );
  });
});

describe('weights that were saved inside of something', () => {
  it.each(['module.', '_orig_mod.', 'model.', 'module._orig_mod.model.', '0.auto_model.', 'bert.'])(
    'come without %s, with the same values',
    async (prefix) => {
      const folder = foreignFolder({
        'model.safetensors': safetensors(renamed(foreignTensors(), (name) => prefix + name)),
      });
      expect(await problemsOf(folder)).toBe('');
      const { model, context } = await imported(folder);
      expectSame(model, foreignTensors());
      expect(context.logs.join()).toContain(`The prefix "${prefix}" of all tensor names was removed.`);
    },
  );

  it('come without it where the encoder has no prefix of its own', async () => {
    const bare = renamed(foreignTensors([]), (name) => name.replace('bert.', 'module.'));
    const { model } = await imported(foreignFolder({ 'model.safetensors': safetensors(bare) }), { head: 'none' });
    expectSame(model, foreignTensors([]));
  });

  it('are refused in one message where others stand beside them', async () => {
    const around = renamed(foreignTensors([]), (name) => `text.${name}`);
    for (const name of ['image.a', 'image.b', 'head.c', 'head.d'])
      around.set(name, { shape: [1], values: new Float32Array(1) });
    expect(
      await problemsOf(foreignFolder({ 'model.safetensors': safetensors(around) }), { head: 'none' }),
    ).toMatchInlineSnapshot(
      `"MODEL_TENSORS folder: The names of the encoder's tensors begin with "text.", but others do not (image.a, image.b, head.c and 1 more), as in a part of another model. Save the bert alone with its save_pretrained, or add the others to "ignoreTensors"."`,
    );
  });

  it('are not taken for a BERT where they are those of another kind', async () => {
    const wrapped = renamed(foreignTensors(), (name) => name.replace('bert.', 'module.roberta.'));
    expect(await problemsOf(foreignFolder({ 'model.safetensors': safetensors(wrapped) }))).toContain(
      'begin with "roberta."',
    );
  });
});

describe('a folder without readable weights says what it holds', () => {
  const POINTER = `version https://git-lfs.github.com/spec/v1\noid sha256:${'0'.repeat(64)}\nsize 440473133\n`;
  const NOTHING = { 'model.safetensors': undefined };

  it.each([
    'model.safetensors',
    'config.json',
    'vocab.txt',
    'tokenizer.json',
    'tokenizer_config.json',
    'model.safetensors.index.json',
  ])('a Git LFS pointer in place of %s', async (name) => {
    const found = await problemsOf(foreignFolder({ [name]: POINTER }));
    expect(found.split('\n')).toHaveLength(1);
    expect(found).toContain(`${name}: `);
    expect(found).toMatch(/This is a Git LFS pointer, not the file of 420\.1 MiB\. Run "git lfs install" and/i);
  });

  it.each(['pytorch_model.bin', 'pytorch_model-00001-of-00002.bin', 'tf_model.h5', 'flax_model.msgpack', 'last.ckpt'])(
    'a Git LFS pointer in place of %s, which is fetched before it can be converted',
    async (name) => {
      const found = await problemsOf(foreignFolder({ ...NOTHING, [name]: POINTER }));
      expect(found).toMatch(/^INPUT_GIT_LFS .*: This is a Git LFS pointer, .* "git lfs pull" in its folder/);
      expect(found.split('\n')).toHaveLength(1);
    },
  );

  it.each(['model.safetensors', 'config.json', 'vocab.txt'])('a git-annex pointer in place of %s', async (name) => {
    const found = await problemsOf(foreignFolder({ [name]: '/annex/objects/SHA256E-s440473133--0123.bin\n' }));
    expect(found).toMatch(/this is a git-annex pointer, not the file of 420\.1 MiB\. Run "git annex get"/i);
  });

  it.each([
    ['../.git/annex/objects/Xx/9Z/SHA256E-s2048--01/SHA256E-s2048--01', 'Run "git annex get"'],
    ['../../blobs/0123', 'The weights are a link to a file that does not exist.'],
  ])('a link to %s in place of model.safetensors', async (target, expected) => {
    const folder = foreignFolder(NOTHING);
    symlinkSync(target, join(folder, 'model.safetensors'));
    const found = await importModel.inputs['model']?.path?.inspect?.(folder, SETTINGS);
    expect(found?.problems).toEqual([expect.objectContaining({ message: expect.stringContaining(expected) })]);
  });

  it.each<[string, string | Buffer, string]>([
    ['a refusal', 'Invalid username or password.', 'got text that starts with "Invalid username or password."'],
    [
      'an answer',
      '{"error":"Repository not found"}',
      'got text that starts with "{\\"error\\":\\"Repository not found\\"}"',
    ],
    ['a few letters', '404', 'got text that starts with "404"'],
    ['a long text', 'é'.repeat(9999), 'got text that starts with "éééé'],
    ['nothing', '', 'the file has 0 bytes, expected at least 8.'],
    ['zeros', Buffer.alloc(7), 'the file has 7 bytes, expected at least 8.'],
    ['a file that was cut off', safetensors(foreignTensors()).subarray(0, 100), 'the file has 100. It is truncated. '],
    [
      'other bytes',
      Buffer.from('ff00ff00ff00ff0001', 'hex'),
      'the file has 9. It starts with the bytes ff00ff00ff00ff0001, so it is not a safetensors file.',
    ],
  ])('%s in place of model.safetensors', async (_, content, expected) => {
    const found = await problemsOf(foreignFolder({ 'model.safetensors': content }));
    expect(found).toContain(expected);
    expect(found.split('\n')).toHaveLength(1);
  });

  it('but pointers that nobody reads do no harm', async () => {
    expect(await problemsOf(foreignFolder({ 'pytorch_model.bin': POINTER, 'tf_model.h5': POINTER }))).toBe('');
  });

  it.each([
    'tf_model.h5',
    'bert_model.ckpt.index',
    'model.ckpt-1000.data-00000-of-00001',
    'flax_model.msgpack',
    'pytorch_model-00001-of-00002.bin',
    'adapter_model.safetensors',
    'model-00001-of-00002.safetensors',
    'bert-finetuned.safetensors',
    'last.ckpt',
    'saved_model.pb',
    'model-Q4_0.gguf',
    'model.onnx',
  ])('%s', async (name) => {
    expect(await problemsOf(foreignFolder({ ...NOTHING, [name]: 'bytes' }))).toMatchSnapshot();
  });

  it("Google's own files, each with its next step", async () => {
    const files = { 'bert_config.json': '{}', 'bert_model.ckpt.index': '', 'config.json': undefined, ...NOTHING };
    expect(await problemsOf(foreignFolder(files))).toMatchSnapshot();
  });

  it.each<[string, string | Buffer]>([
    ['a PyTorch file', 'PK\x03\x04\x00\x00\x08\x08'],
    ['a pickle', Buffer.from([0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46])],
    ['HDF5', Buffer.from('\x89HDF\r\n\x1a\n', 'latin1')],
    ['GGUF', 'GGUF\x03\x00\x00\x01'],
    ['a web page', '<!DOCTYPE html><html>'],
  ])('%s under the name model.safetensors', async (_, content) => {
    expect(await problemsOf(foreignFolder({ 'model.safetensors': content }))).toMatchSnapshot();
  });
});

it('a vocabulary with capitals that is lower-cased gives a warning while planning', async () => {
  const folder = foreignFolder({ 'vocab.txt': TOKENS.join('\n').replace('good', 'Good').replace('film', 'Film') });
  const inspect = importModel.inputs['model']?.path?.inspect;
  expect((await inspect?.(folder, SETTINGS))?.warnings).toEqual([
    expect.stringMatching(/^2 of 9 tokens can never occur/),
  ]);
  expect((await inspect?.(foreignFolder(), SETTINGS))?.warnings).toEqual([]);
});

describe('a head that config.json does not name is a guess', () => {
  const warningsOf = async (members: object, head: Config['head']) => {
    const folder = foreignFolder({ 'config.json': JSON.stringify({ ...CONFIG_JSON, ...members }) });
    return (await importModel.inputs['model']?.path?.inspect?.(folder, { ...SETTINGS, head }))?.warnings;
  };

  it.each([undefined, null, []])('as with architectures of %j', async (architectures) => {
    const guess = [expect.stringMatching(/assumed to be a BertForSequenceClassification\. .* "head" to "none"/)];
    expect(await warningsOf({ architectures }, 'huggingface')).toEqual(guess);
    expect(await warningsOf({ architectures }, 'reference')).toEqual(guess);
    expect(await warningsOf({ architectures }, 'none')).toEqual([]);
    const own = { labels: ['no', 'maybe', 'yes'], headKind: 'huggingface' };
    expect(await warningsOf({ architectures, retort: own }, 'huggingface')).toEqual([]);
  });

  it('which running says as planning does', async () => {
    const { architectures: _, ...config } = CONFIG_JSON;
    const { context } = await imported(foreignFolder({ 'config.json': JSON.stringify(config) }));
    expect(context.warnings).toEqual([expect.stringContaining('is assumed')]);
  });
});

describe('scores that a cross-encoder puts through a function', () => {
  const SIGMOID = 'torch.nn.modules.activation.Sigmoid';
  const newer = { sentence_transformers: { activation_fn: SIGMOID } };
  const identity = { sentence_transformers: { activation_fn: 'torch.nn.modules.linear.Identity' } };

  it.each<[string, object, readonly string[], Config['head'], boolean]>([
    ['of a newer file', newer, [], 'huggingface', true],
    ['of an older file', { sbert_ce_default_activation_function: SIGMOID }, [], 'huggingface', true],
    ['that changes nothing', identity, [], 'huggingface', false],
    ['without a head', newer, [], 'none', false],
    ['that are classes', newer, ['no', 'maybe', 'yes'], 'huggingface', false],
    ['that is none', { sentence_transformers: null }, [], 'huggingface', false],
  ])('%s', async (_, members, labels, head, isSaid) => {
    const json = { ...CONFIG_JSON, id2label: { ...(labels.length === 0 ? ['LABEL_0'] : labels) }, ...members };
    const task: Task = labels.length === 0 ? REGRESSION : { kind: 'classes', labels };
    const tensors = safetensors(foreignTensors(['classifier'], { ...CONFIG, task }));
    const folder = foreignFolder({ 'config.json': JSON.stringify(json), 'model.safetensors': tensors });
    const found = await importModel.inputs['model']?.path?.inspect?.(folder, { ...SETTINGS, head });
    expect(found?.problems).toEqual([]);
    expect(found?.warnings).toEqual(
      isSaid ? [expect.stringContaining(`"${SIGMOID}" turns the model's outputs into scores`)] : [],
    );
  });
});

describe('what cannot be imported is refused, all at once, before anything is loaded', () => {
  const without = (...gone: string[]) => new Map([...foreignTensors()].filter(([name]) => !gone.includes(name)));

  it.each<[string, Record<string, string | Buffer | undefined>]>([
    ['ALBERT', { 'config.json': JSON.stringify({ ...CONFIG_JSON, model_type: 'albert' }) }],
    ['a type of model that nobody knows', { 'config.json': JSON.stringify({ ...CONFIG_JSON, model_type: 'gpt2' }) }],
    [
      'relative positions',
      { 'config.json': JSON.stringify({ ...CONFIG_JSON, position_embedding_type: 'relative_key' }) },
    ],
    ['no config', { 'config.json': undefined }],
    ['a config that is not JSON', { 'config.json': '{' }],
    ['no weights', { 'model.safetensors': undefined }],
    ['no tokenizer', { 'vocab.txt': undefined }],
    ['a vocabulary of another model', { 'vocab.txt': [...TOKENS, 'more', 'words'].join('\n') }],
    ['half a file', { 'model.safetensors': safetensors(foreignTensors()).subarray(0, 3000) }],
    [
      'tensors that are missing, unknown and of another shape',
      {
        'model.safetensors': safetensors(
          new Map([
            ...without('bert.pooler.dense.bias', 'bert.encoder.layer.1.attention.self.key.weight'),
            ['bert.embeddings.LayerNorm.weight', { shape: [2, 4], values: new Float32Array(8) }],
            ['bert.encoder.layer.2.output.dense.bias', { shape: [8], values: new Float32Array(8) }],
            ['surprise', { shape: [1], values: new Float32Array(1) }],
          ]),
        ),
      },
    ],
    [
      'a head for other classes',
      { 'config.json': JSON.stringify({ ...CONFIG_JSON, id2label: { 0: 'no', 1: 'yes' } }) },
    ],
    ['no head', { 'model.safetensors': safetensors(foreignTensors([])) }],
    [
      'a parameter under its old and its new name',
      {
        'model.safetensors': safetensors(
          new Map([
            ...foreignTensors(),
            ['bert.embeddings.LayerNorm.gamma', { shape: [8], values: new Float32Array(8) }],
          ]),
        ),
      },
    ],
    [
      'an index that leads out of the folder',
      {
        'model.safetensors': undefined,
        'model.safetensors.index.json': '{"weight_map": {"a": "../secret.safetensors"}}',
      },
    ],
    [
      'a shard that is not there',
      { 'model.safetensors': undefined, 'model.safetensors.index.json': '{"weight_map": {"a": "one.safetensors"}}' },
    ],
  ])('%s', async (_, files) => {
    expect(await problemsOf(foreignFolder(files))).toMatchSnapshot();
  });

  it('weights that can run code, with the command that converts them', async () => {
    const folder = foreignFolder({ 'model.safetensors': undefined, 'pytorch_model.bin': 'pickle' });
    expect(await problemsOf(folder)).toMatchInlineSnapshot(`
      "IMPORT_NEEDS_CONVERSION pytorch_model.bin: The weights are in pytorch_model.bin, a format that can run code when it is read. Convert them in that folder (pip install torch safetensors):
      python3 -c "import glob, torch; from safetensors.torch import save_file; save_file({k: v.clone().contiguous() for f in glob.glob('pytorch_model*.bin') for k, v in torch.load(f, map_location='cpu', weights_only=True).items()}, 'model.safetensors', metadata={'format': 'pt'})""
    `);
  });

  it('an unknown tensor passes when it is named, and only then', async () => {
    const tensors = new Map([...foreignTensors(), ['surprise', { shape: [1], values: new Float32Array(1) }]]);
    const folder = foreignFolder({ 'model.safetensors': safetensors(tensors) });
    expect(await problemsOf(folder)).toMatchInlineSnapshot(
      `"MODEL_TENSORS folder: Tensor surprise is not part of a bert. If it can be left out, add it to "ignoreTensors"."`,
    );
    expect((await imported(folder, { ignoreTensors: ['surprise'] })).model.heads).toEqual(['classifier']);
    expect(await problemsOf(folder, { ignoreTensors: ['surprise', 'suprise'] })).toMatchInlineSnapshot(
      `"MODEL_TENSORS folder: "ignoreTensors" names suprise, which the model does not have."`,
    );
  });

  it('scores of words that are not tied, and values that are not finite', async () => {
    const tensors = foreignTensors(['maskedLanguageModel']);
    tensors.set('cls.predictions.decoder.weight', { shape: [9, 8], values: new Float32Array(72) });
    const untied = foreignFolder({ 'model.safetensors': safetensors(tensors) });
    await expect(imported(untied, { head: 'none' })).rejects.toMatchObject({ code: 'IMPORT_NOT_TIED' });
    const nan = foreignTensors();
    nan.get('classifier.bias')!.values[1] = Number.NaN;
    const folder = foreignFolder({ 'model.safetensors': safetensors(nan) });
    await expect(imported(folder)).rejects.toMatchObject({
      code: 'MODEL_NOT_FINITE',
      message: expect.stringContaining('classifier.bias'),
    });
  });

  it('classes that the model does not have', () => {
    const problems = (settings: Partial<Config>, labels: string[]) =>
      importModel
        .check?.({
          config: { ...SETTINGS, ...settings },
          inputs: { model: { task: { kind: 'classes', labels } } },
          engine: 'cpu',
        })
        .map(({ code, path, message }) => `${code} ${path.join('/')} ${message}`);
    expect(
      problems({ labelNames: { LABEL_O: 'no' }, labelOrder: ['no', 'yse'] }, ['LABEL_0', 'yes']),
    ).toMatchInlineSnapshot(`
      [
        "IMPORT_UNKNOWN_LABEL with/labelNames/LABEL_O The model has no class "LABEL_O". Did you mean "LABEL_0"? Known: LABEL_0, yes.",
        "IMPORT_UNKNOWN_LABEL with/labelOrder/0 There is no class "no". Known: LABEL_0, yes.",
        "IMPORT_UNKNOWN_LABEL with/labelOrder/1 There is no class "yse". Did you mean "yes"? Known: LABEL_0, yes.",
        "IMPORT_LABELS_LEFT_OUT with/labelOrder "labelOrder" leaves out "LABEL_0", "yes". Name every class once.",
      ]
    `);
    expect(problems({ labelNames: { a: 'b' } }, ['a', 'b'])).toMatchInlineSnapshot(`
      [
        "IMPORT_LABEL_TWICE with/labelNames Two classes would have the name "b". Give each a different name.",
      ]
    `);
    expect(problems({ labelOrder: ['a'] }, [])).toMatchInlineSnapshot(`
      [
        "IMPORT_UNKNOWN_LABEL with/labelOrder/0 The model has no classes (regression).",
      ]
    `);
  });

  it('classes that are wrong leave nothing to be said of the model, least of all that it has no classifier', () => {
    const task: Task = { kind: 'classes', labels: ['no', 'yes'] };
    const model = { architecture: CONFIG, task, vocabularySize: 9 };
    const described = (labelOrder: string[]) =>
      importModel.describe?.({ config: { ...SETTINGS, labelOrder }, inputs: { model }, engine: 'cpu' })['model'];
    expect(described(['yes', 'no'])).toEqual({ ...model, task: { ...task, labels: ['yes', 'no'] } });
    expect(described(['yes'])).toEqual({ vocabularySize: 9 });
  });
});

const GOLDEN = join(import.meta.dirname, '../../../../../shared/data/golden/bert-tiny-sst2');
const VOCABULARY = join(import.meta.dirname, '../../../../../shared/data/bert-base-uncased/vocab.txt');
const present = existsSync(GOLDEN) && existsSync(VOCABULARY);

describe.skipIf(!present)(
  `the real BERT-tiny${present ? '' : ' (skipped: ../shared/data/golden/bert-tiny-sst2 is not there)'}`,
  () => {
    it('gives its published logits after it was imported, and others with the reference head', async () => {
      const golden = JSON.parse(readFileSync(join(GOLDEN, 'golden.json'), 'utf8'));
      const vocabulary = readFileSync(VOCABULARY);
      const folder = foreignFolder({
        'vocab.txt': vocabulary,
        'config.json': JSON.stringify({
          ...CONFIG_JSON,
          vocab_size: 30522,
          hidden_size: 128,
          intermediate_size: 512,
          max_position_embeddings: 32,
          id2label: undefined,
        }),
        'encoder.safetensors': readFileSync(join(GOLDEN, 'encoder.safetensors')),
        'model.safetensors': undefined,
        'model.safetensors.index.json': JSON.stringify({ weight_map: shardMap(join(GOLDEN, 'encoder.safetensors')) }),
        'embeddings.safetensors': safetensors(embeddings()),
      });
      const logitsWith = async (head: 'huggingface' | 'reference') => {
        const { model } = await imported(folder, { head, labelNames: { LABEL_0: 'negative', LABEL_1: 'positive' } });
        expect(model.config.task).toEqual({ kind: 'classes', labels: ['negative', 'positive'] });
        const { config } = model;
        const pass = (await createEngine('cpu')).forward(
          (parameters, { embedded, keyMask }) => {
            const { hiddenStates } = encodeLayers({ config, parameters }, embedded as never, keyMask as never);
            return { logits: classify({ config, parameters }, hiddenStates.at(-1) as never) };
          },
          [...model.values].map(([name, tensor]) => ({ name, ...tensor })),
        );
        const { logits } = await pass.run({
          embedded: { data: Float32Array.from(golden.input_embeddings.flat()), shape: [1, 21, 128] },
          keyMask: { data: new Int32Array(21).fill(1), shape: [1, 21] },
        });
        return [...(logits?.data ?? [])];
      };
      const [negative, positive] = await logitsWith('huggingface');
      expect(negative).toBeCloseTo(-2.46224709, 5);
      expect(positive).toBeCloseTo(2.3702271, 5);
      expect(Math.abs((await logitsWith('reference'))[0]! - negative!)).toBeGreaterThan(0.1);
    });
  },
);

/** The published file has no tables; these stand in for them. */
function embeddings(): Map<string, StoredTensor> {
  const table = (rows: number) => ({ shape: [rows, 128], values: new Float32Array(rows * 128).fill(0.5) });
  return new Map([
    ['bert.embeddings.word_embeddings.weight', table(30522)],
    ['bert.embeddings.position_embeddings.weight', table(32)],
    ['bert.embeddings.token_type_embeddings.weight', table(2)],
    ['bert.embeddings.LayerNorm.weight', { shape: [128], values: new Float32Array(128).fill(1) }],
    ['bert.embeddings.LayerNorm.bias', { shape: [128], values: new Float32Array(128) }],
  ]);
}

function shardMap(encoder: string): Record<string, string> {
  const bytes = readFileSync(encoder);
  const header = JSON.parse(bytes.subarray(8, 8 + Number(bytes.readBigUInt64LE())).toString('utf8'));
  const names = Object.keys(header).filter((name) => name !== '__metadata__');
  return Object.fromEntries([
    ...names.map((name) => [name, 'encoder.safetensors']),
    ...[...embeddings().keys()].filter((name) => !names.includes(name)).map((name) => [name, 'embeddings.safetensors']),
  ]);
}
