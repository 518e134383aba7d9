import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type BertConfig, bert, parameterName, parameterSpecs, writeSafetensors } from '@retort/families';
import { type Attempt, DONE, ESCAPE, type Expected, RUN, retort, type Where, writePipeline } from './attempt.ts';
import { createVictim, type Victim } from './victim.ts';

const CONFIG: BertConfig = {
  layers: 1,
  hiddenSize: 4,
  heads: 1,
  intermediateSize: 8,
  vocabularySize: 6,
  maxPositions: 8,
  segmentTypes: 2,
  layerNormEpsilon: 1e-12,
  task: { kind: 'classes', labels: ['no', 'yes'] },
};

const FOREIGN_CONFIG = {
  model_type: 'bert',
  vocab_size: 6,
  hidden_size: 4,
  num_hidden_layers: 1,
  num_attention_heads: 1,
  intermediate_size: 8,
  hidden_act: 'gelu',
  max_position_embeddings: 8,
  type_vocab_size: 2,
  layer_norm_eps: 1e-12,
  id2label: { 0: 'no', 1: 'yes' } as Record<number, string>,
};

const WEIGHTS = 'model.safetensors';
const INDEX = 'model.safetensors.index.json';

/** A model folder from the internet. */
export const MODEL_ATTEMPTS: readonly Attempt[] = [
  model('a model whose configuration is a link to a device', { exitCode: 2, text: 'INPUT_NOT_PLAIN' }, (folder) =>
    replace(join(folder, 'config.json'), '/dev/zero'),
  ),
  model('a model folder with a link to itself', { exitCode: 2, text: 'INPUT_NOT_PLAIN' }, (folder) =>
    symlink('.', join(folder, 'loop')),
  ),
  model('a model folder with a link to a folder outside', { exitCode: 2, text: 'INPUT_NOT_PLAIN' }, (folder, victim) =>
    symlink(victim.path, join(folder, 'more')),
  ),
  model('a model whose shards lie outside', { exitCode: 2, text: 'IMPORT_INDEX' }, async (folder, victim) => {
    const map = { a: '../victim/secret.txt', b: victim.file, c: `${ESCAPE}.safetensors`, d: '..' };
    await writeFile(join(folder, INDEX), JSON.stringify({ weight_map: map }));
  }),
  model(
    'a model whose shard is a link to what is no model',
    { exitCode: 2, text: 'SAFETENSORS_INVALID' },
    (folder, victim) => replace(join(folder, WEIGHTS), victim.file),
  ),
  model('a model with terminal escapes in its labels', DONE, async (folder) => {
    const config = { ...FOREIGN_CONFIG, id2label: { 0: `no${ESCAPE}`, 1: `yes\n${ESCAPE}` } };
    await writeFile(join(folder, 'config.json'), JSON.stringify(config));
  }),
  model('a model with terminal escapes in its kind', { exitCode: 2, text: 'IMPORT_' }, async (folder) => {
    const config = { ...FOREIGN_CONFIG, model_type: `bert${ESCAPE}`, hidden_act: `gelu\n${ESCAPE}` };
    await writeFile(join(folder, 'config.json'), JSON.stringify(config));
  }),
  ...(['num_hidden_layers', 'vocab_size', 'max_position_embeddings', 'num_labels', 'type_vocab_size'] as const).map(
    (member) =>
      model(`a model with a billion in ${member}`, { exitCode: 2, text: `${member} must be` }, async (folder) => {
        const { id2label: _, ...config } = FOREIGN_CONFIG;
        await writeFile(join(folder, 'config.json'), JSON.stringify({ ...config, [member]: 1e9 }));
      }),
  ),
  model('a model with 300 MB of brackets in its config.json', { exitCode: 2, text: 'MODEL_CONFIG' }, (folder) =>
    writeFile(join(folder, 'config.json'), Buffer.alloc(300_000_000, '[')),
  ),
  model('a model with brackets in its tokenizer.json', { exitCode: 2, text: 'nested deeper' }, (folder) =>
    writeFile(join(folder, 'tokenizer.json'), Buffer.alloc(60 << 20, '[')),
  ),
  model('a model with millions of empty lists in its tokenizer.json', { exitCode: 2, text: 'values' }, (folder) =>
    writeFile(join(folder, 'tokenizer.json'), `[${'[],'.repeat(15_000_000)}[]]`),
  ),
  model(
    'a model with a header of 600,000 empty tensors',
    { exitCode: 2, text: 'SAFETENSORS_INVALID' },
    async (folder) => {
      const names = Array.from(
        { length: 600_000 },
        (_, i) => `"${i}":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}`,
      );
      await writeFile(join(folder, WEIGHTS), withHeader(`{${names.join()}}`));
    },
  ),
  model('a model with a header of 40,000 empty tensors', { exitCode: 2, text: 'do not fit either' }, async (folder) => {
    const names = Array.from({ length: 40_000 }, (_, i) => `"${i}":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}`);
    await writeFile(join(folder, WEIGHTS), withHeader(`{${names.join()}}`));
  }),
  model(
    'a model with a classifier of a billion rows without values',
    { exitCode: 2, text: 'MODEL_TENSORS' },
    async (folder) => {
      const { id2label: _, ...config } = FOREIGN_CONFIG;
      await writeFile(join(folder, 'config.json'), JSON.stringify(config));
      const entry = { dtype: 'F32', shape: [1e9, 0], data_offsets: [0, 0] };
      await writeFile(join(folder, WEIGHTS), withHeader(JSON.stringify({ 'classifier.weight': entry })));
    },
  ),
  model(
    'a tokenizer with a pattern that takes for ever',
    { exitCode: 2, text: 'it could run forever' },
    async (folder) => {
      const pattern = { type: 'Split', pattern: { Regex: '(a+)+$' }, behavior: 'Isolated', invert: false };
      await writeFile(join(folder, 'tokenizer.json'), JSON.stringify({ pre_tokenizer: pattern }));
    },
  ),
  model('a model with terminal escapes in the names of files', DONE, async (folder) => {
    await writeFile(join(folder, `a\n${ESCAPE}`), '');
  }),
  model('a model with terminal escapes in its words', { exitCode: 2, text: 'VOCABULARY' }, async (folder) => {
    await writeFile(join(folder, 'vocab.txt'), `[PAD]\n[UNK]\n[CLS]\n[SEP]\n${ESCAPE}\n${ESCAPE}\n`);
  }),
];

function model(name: string, expected: Expected, change: (folder: string, victim: Victim) => Promise<void>): Attempt {
  return {
    name,
    run: async (where) => {
      const victim = await createVictim(where.folder);
      await change(await createModel(where), victim);
      const stages = { teacher: { uses: 'import-model', inputs: { model: './model' }, with: { head: 'huggingface' } } };
      await writePipeline(where, stages);
      if (expected.exitCode === 0)
        await retort(['plan', './hostile.pipeline.json'], where, { exitCode: 0, text: 'teacher' });
      await retort(RUN, where, expected);
      if (expected.exitCode === 0) await retort(['show'], where, { exitCode: 0, text: 'teacher' });
      await victim.check();
      return expected.text;
    },
  };
}

/** A model that can be imported. */
export async function createModel({ folder }: Where): Promise<string> {
  const path = join(folder, 'model');
  await mkdir(path);
  const tensors = parameterSpecs(CONFIG, ['classifier']).map(({ name, shape }) => {
    const values = new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(0.5);
    return [parameterName(bert, name), { shape, values }] as const;
  });
  await writeSafetensors(join(path, WEIGHTS), new Map(tensors));
  await writeFile(join(path, 'config.json'), JSON.stringify(FOREIGN_CONFIG));
  await writeFile(join(path, 'vocab.txt'), ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', 'good', ''].join('\n'));
  return path;
}

/** A safetensors file without values. */
export function withHeader(text: string): Buffer {
  const header = Buffer.from(text);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([length, header]);
}

async function replace(path: string, target: string): Promise<void> {
  await rm(path);
  await symlink(target, path);
}
