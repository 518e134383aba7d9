import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type BertConfig,
  bert,
  initialValues,
  parameterName,
  parameterSpecs,
  writeSafetensors,
} from '@retort/families';
import { REGRESSION } from '@retort/foundation/task';

export const TOKENS = [
  '[PAD]',
  '[UNK]',
  '[CLS]',
  '[SEP]',
  '[MASK]',
  'the',
  'film',
  'is',
  'good',
  'bad',
  ...'0123456789',
];
const GEOMETRY = { layers: 2, hiddenSize: 24, heads: 2, intermediateSize: 32, maxPositions: 32 };

export interface ModelOptions extends Partial<typeof GEOMETRY> {
  /** Names of the classes; none for regression. A model without any has no head. */
  readonly labels?: readonly string[];
  /** Class of transformers. */
  readonly architecture?: string;
  readonly multiLabel?: boolean;
  readonly segmentTypes?: number;
  /** Rows of the embedding table beyond the vocabulary. */
  readonly unusedRows?: number;
  readonly config?: object;
}

/** A folder as HuggingFace writes it, with random weights. */
export async function writeModel(folder: string, options: ModelOptions = {}): Promise<void> {
  const { labels, architecture, multiLabel, segmentTypes = 2, unusedRows = 0, config: more, ...geometry } = options;
  const vocabularySize = TOKENS.length + unusedRows;
  const config: BertConfig = {
    ...GEOMETRY,
    ...geometry,
    vocabularySize,
    segmentTypes,
    layerNormEpsilon: 1e-12,
    ...(labels !== undefined && { task: labels.length === 0 ? REGRESSION : { kind: 'classes', labels } }),
  };
  const values = initialValues(parameterSpecs(config, labels === undefined ? ['pooler'] : ['classifier']), 1);
  await mkdir(folder, { recursive: true });
  await writeSafetensors(
    join(folder, 'model.safetensors'),
    new Map([...values].map(([name, tensor]) => [parameterName(bert, name), tensor])),
  );
  await writeFile(join(folder, 'vocab.txt'), `${TOKENS.join('\n')}\n`);
  const json = {
    architectures: [architecture ?? (labels === undefined ? 'BertModel' : 'BertForSequenceClassification')],
    model_type: 'bert',
    vocab_size: vocabularySize,
    hidden_size: config.hiddenSize,
    num_hidden_layers: config.layers,
    num_attention_heads: config.heads,
    intermediate_size: config.intermediateSize,
    hidden_act: 'gelu',
    max_position_embeddings: config.maxPositions,
    type_vocab_size: segmentTypes,
    layer_norm_eps: 1e-12,
    ...(labels !== undefined && {
      id2label: Object.fromEntries((labels.length === 0 ? ['LABEL_0'] : labels).entries()),
    }),
    ...(multiLabel && { problem_type: 'multi_label_classification' }),
    ...more,
  };
  await writeFile(join(folder, 'config.json'), JSON.stringify(json));
}
