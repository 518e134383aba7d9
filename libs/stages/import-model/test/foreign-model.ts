import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BertConfig, bert, type Head, parameterName, parameterSpecs } from '@retort/families';
import { RandomStream, streamKey } from '@retort/foundation/random';

export const CONFIG: BertConfig = {
  layers: 2,
  hiddenSize: 8,
  heads: 2,
  intermediateSize: 12,
  vocabularySize: 9,
  maxPositions: 10,
  segmentTypes: 2,
  layerNormEpsilon: 1e-12,
  task: { kind: 'classes', labels: ['no', 'maybe', 'yes'] },
};

export const TOKENS = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', 'good', 'bad', 'film', '##s'];

export const CONFIG_JSON = {
  architectures: ['BertForSequenceClassification'],
  model_type: 'bert',
  vocab_size: 9,
  hidden_size: 8,
  num_hidden_layers: 2,
  num_attention_heads: 2,
  intermediate_size: 12,
  hidden_act: 'gelu',
  max_position_embeddings: 10,
  type_vocab_size: 2,
  layer_norm_eps: 1e-12,
  id2label: { 0: 'no', 1: 'maybe', 2: 'yes' },
};

export interface StoredTensor {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** The tensors of a BERT under HuggingFace's names, each with values of its own. */
export function foreignTensors(heads: readonly Head[] = ['classifier'], config = CONFIG): Map<string, StoredTensor> {
  return new Map(
    parameterSpecs(config, heads).map(({ name, shape }) => {
      const random = new RandomStream(streamKey(3, name));
      const size = shape.reduce((a, b) => a * b, 1);
      // Quarters: exact in every float format.
      const values = Float32Array.from({ length: size }, () => Math.round(random.truncatedNormal() * 4) / 4);
      return [parameterName(bert, name), { shape, values }];
    }),
  );
}

/** Sixteen bits of float32 that fit: quarters below 4 lose nothing. */
const BITS: Readonly<Record<'F16' | 'BF16', (value: number) => number>> = {
  BF16: (value) => new Uint32Array(Float32Array.of(value).buffer)[0]! >>> 16,
  F16: (value) => {
    if (value === 0) return Object.is(value, -0) ? 0x8000 : 0;
    const exponent = Math.floor(Math.log2(Math.abs(value)));
    const fraction = Math.abs(value) / 2 ** exponent - 1;
    return (value < 0 ? 0x8000 : 0) | ((exponent + 15) << 10) | (fraction * 1024);
  },
};

export function safetensors(tensors: ReadonlyMap<string, StoredTensor>, dtype: 'F32' | 'F16' | 'BF16' = 'F32'): Buffer {
  let offset = 0;
  const header: Record<string, unknown> = {};
  const parts: Uint8Array[] = [];
  for (const [name, { shape, values }] of tensors) {
    const bytes =
      dtype === 'F32'
        ? new Uint8Array(values.slice().buffer)
        : new Uint8Array(Uint16Array.from(values, BITS[dtype]).buffer);
    header[name] = { dtype, shape, data_offsets: [offset, offset + bytes.length] };
    offset += bytes.length;
    parts.push(bytes);
  }
  const text = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([length, text, ...parts]);
}

/** A foreign model's folder; a file that is `undefined` is left out. */
export function foreignFolder(files: Readonly<Record<string, string | Buffer | undefined>> = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'retort-foreign-'));
  const all = {
    'config.json': JSON.stringify(CONFIG_JSON),
    'model.safetensors': safetensors(foreignTensors()),
    'vocab.txt': `${TOKENS.join('\n')}\n`,
    ...files,
  };
  for (const [name, content] of Object.entries(all))
    if (content !== undefined) writeFileSync(join(folder, name), content);
  return folder;
}
