import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspectForeignModel } from '@retort/families/foreign-model';
import { expect, it } from 'vitest';

const CONFIG = {
  model_type: 'bert',
  vocab_size: 9,
  hidden_size: 8,
  num_hidden_layers: 2,
  num_attention_heads: 2,
  intermediate_size: 12,
  max_position_embeddings: 10,
};
const DISTILBERT = {
  model_type: 'distilbert',
  vocab_size: 9,
  dim: 8,
  n_layers: 2,
  n_heads: 2,
  hidden_dim: 12,
  max_position_embeddings: 10,
};

const folder = mkdtempSync(join(tmpdir(), 'retort-config-'));

async function problems(change: string | object, of: object = CONFIG): Promise<string[]> {
  const text = typeof change === 'string' ? change : JSON.stringify({ ...of, ...change });
  writeFileSync(join(folder, 'config.json'), text);
  const found = await inspectForeignModel(folder, { head: 'none', ignoredTensors: [] });
  return 'config' in found
    ? expect.fail('there are no weights')
    : found.flatMap(({ code, message }) => (code === 'MODEL_CONFIG' ? [message] : []));
}

const NOT_SIZES = [0, -1, 1.5, 1e9, 2 ** 60, '8', null, [], {}, true];

it.each([
  'vocab_size',
  'hidden_size',
  'num_hidden_layers',
  'num_attention_heads',
  'intermediate_size',
  'max_position_embeddings',
  'type_vocab_size',
  'num_labels',
])('%s is a size within bounds', async (member) => {
  for (const value of NOT_SIZES) {
    if (member === 'num_labels' && value === null) continue;
    const found = await problems({ [member]: value });
    expect(found.join('\n'), JSON.stringify(value)).toContain(`${member} must be a whole number from 1 to `);
    expect(found.join('\n')).toContain(`, got ${JSON.stringify(value)}.`);
  }
  for (const text of ['1e999', '-1e999', 'NaN']) {
    const given = JSON.stringify({ ...CONFIG, [member]: 0 }).replace(`"${member}":0`, `"${member}":${text}`);
    expect((await problems(given)).join()).toMatch(new RegExp(`${member} must be|It is not JSON`));
  }
});

it.each<[string, unknown[], unknown[]]>([
  ['layer_norm_eps', [1e-12, 1e-5, 0.1], [-1, 0, 1e-50, 1, '1e-12', null, 1e300]],
  ['initializer_range', [0, 0.02, 1], [-0.02, '0.02', null]],
  ['hidden_dropout_prob', [0, 0.1, 0.99, null], [-0.1, 1, 2, '0.1']],
  ['attention_probs_dropout_prob', [0.1], [1]],
  ['classifier_dropout', [null, 0.3], [1.5]],
  ['hidden_act', ['gelu'], ['relu', 'gelu_new', null, 1]],
  ['position_embedding_type', ['absolute'], ['relative_key', 'relative_key_query', 'alibi', null]],
  ['is_decoder', [false, null], [true, 1]],
  ['add_cross_attention', [false], [true]],
  ['is_encoder_decoder', [false], [true]],
  ['chunk_size_feed_forward', [0, 64], [-1, 0.5, '64']],
  ['pruned_heads', [{}, null], [{ 0: [1] }]],
  ['quantization_config', [null], [{ quant_method: 'bitsandbytes' }]],
  ['problem_type', [null, 'regression', 'multi_label_classification'], ['ranking', 3]],
  ['id2label', [null, { 0: 'a', 1: 'b' }], [{ 1: 'a' }, ['a', 'b'], { 0: 1 }, { 0: 'a', 1: 'a' }, 'a']],
  ['retort', [{}, { labels: ['a'], headKind: 'reference' }], [null, 5, { labels: 5 }, { headKind: 'other' }]],
])('%s', async (member, right, wrong) => {
  for (const value of right) expect(await problems({ [member]: value }), JSON.stringify(value)).toEqual([]);
  for (const value of wrong) {
    const found = await problems({ [member]: value });
    expect(found, JSON.stringify(value)).toHaveLength(1);
    expect(found[0]).toContain(member);
  }
});

it('members that must agree', async () => {
  expect(await problems({ hidden_size: 9 })).toEqual(['hidden_size 9 is not divisible by 2 heads.']);
  const names = { id2label: { 0: 'a', 1: 'b' } };
  expect(await problems({ ...names, num_labels: 3 })).toEqual(['num_labels is 3, but id2label names 2 classes.']);
  expect(await problems({ ...names, label2id: { a: 1, b: 0 } })).toEqual([
    'id2label calls the class 0 "a", but label2id gives that name to another class. Make both agree.',
  ]);
  expect(await problems({ ...names, label2id: { a: 0, b: 1 } })).toEqual([]);
  expect(await problems({ ...names, retort: { labels: ['b', 'a'] } })).toEqual([
    'id2label and retort.labels, which Retort wrote, name different classes. Make both agree, or remove "retort".',
  ]);
});

it("a DistilBERT's members have its own names", async () => {
  const found = await problems(
    { n_layers: 1e9, n_heads: -1, dim: 0.5, activation: 'relu', seq_classif_dropout: 2 },
    DISTILBERT,
  );
  expect(found.map((message) => message.split(' ')[0])).toEqual([
    'dim',
    'n_layers',
    'n_heads',
    'activation',
    'seq_classif_dropout',
  ]);
  expect(await problems({}, DISTILBERT)).toEqual([]);
});

it('a million classes and endless nesting are refused before anything is built from them', async () => {
  const startedAt = performance.now();
  const many = JSON.stringify({
    ...CONFIG,
    id2label: Object.fromEntries(Array.from({ length: 300_000 }, (_, i) => [i, 'x'])),
  });
  expect(await problems(many)).toEqual(['The JSON contains more than 250000 values.']);
  expect(await problems('['.repeat(1 << 22))).toEqual(['The JSON is nested deeper than 10 levels.']);
  expect(await problems(' '.repeat((16 << 20) + 1))).toEqual([
    'This file has 16.0 MiB, but at most 16.0 MiB are allowed.',
  ]);
  expect(performance.now() - startedAt).toBeLessThan(5000);
});
